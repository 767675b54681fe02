#include "report/accesses.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "host/wrapped.h"
#include "oracle/report_text.h"
#include "oracle/sanitizer_report.h"
#include "oracle/stack_frame.h"
#include "report/picture.h"
#include "report/runtime_map.h"
#include "report/words.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kFramesShown = 6;

unsigned number_at(std::string_view text) {
  unsigned number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// "runtime/chan/transfer.cc:57:48" somewhere in the line.
void find_place(std::string_view line, ReportedFrame& frame) {
  std::size_t at = line.rfind("runtime/");
  std::size_t skip = sizeof("runtime/") - 1;
  if (at == std::string_view::npos) {
    at = line.rfind("fuzzers/interp/");
    skip = 0;
  }
  if (at == std::string_view::npos) return;
  line.remove_prefix(at + skip);
  const std::size_t end = std::min(line.find_first_of(": "), line.size());
  frame.file = line.substr(0, end);
  if (end < line.size() && line[end] == ':') frame.line = number_at(line.substr(end + 1));
}

/// The frames that a reader needs: the runtime's own, down to where a machine runs its goroutine.
bool add_frame(std::string_view line, ReportedAccess& access) {
  ReportedFrame frame;
  frame.function = function_of_frame(line);
  find_place(line, frame);
  for (const std::string_view end : {"run_goroutine", "scanner_main", "execute", "run_machine"}) {
    if (frame.function == end) return false;
  }
  const bool is_platform = frame.file.starts_with("platform/") || frame.file.starts_with("base/");
  if (!frame.file.empty() && !is_platform) access.frames.push_back(frame);
  return true;
}

/// "  Previous write of size 8 at 0x7b by thread T2:" is "write of 8 bytes".
void read_heading(std::string_view heading, ReportedAccess& access) {
  std::string text(trimmed(heading));
  access.is_previous = text.starts_with("Previous ");
  if (access.is_previous) text.erase(0, sizeof("Previous ") - 1);
  const std::size_t size = text.find(" of size ");
  if (size == std::string::npos) {
    // "freed by thread T0 here:" is "freed here".
    const std::size_t by = text.find(" by thread T");
    if (by != std::string::npos) text.erase(by, text.find(' ', by + 11) - by);
    access.what = stable_words(text);
    return;
  }
  std::string verb = text.substr(0, size);
  for (char& c : verb) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  access.what = verb + " of " + plural(number_at(text.substr(size + 9)), "byte");
}

/// The sanitizer's thread number in "... by thread T2", -1 for none.
int sanitizer_thread(std::string_view heading) {
  const std::size_t at = heading.find(" thread T");
  return at == std::string_view::npos ? -1 : static_cast<int>(number_at(heading.substr(at + 9)));
}

/// "Thread T2 'virtual thread 1'" says which lane the sanitizer's T2 is.
int virtual_thread(const std::vector<std::string_view>& lines, int number) {
  const std::string name = "Thread T" + std::to_string(number) + " 'virtual thread ";
  for (const std::string_view line : lines) {
    const std::size_t at = line.find(name);
    if (at != std::string_view::npos) {
      return static_cast<int>(number_at(line.substr(at + name.size())));
    }
  }
  return -1;
}

/// The thread's last step at a site that one of the access's functions names, innermost first.
std::uint32_t find_step(const ReportedAccess& access, const Trace& trace) {
  const std::uint32_t first = first_step_number(trace);
  for (const ReportedFrame& frame : access.frames) {
    const std::string function = frame.function.substr(frame.function.rfind(':') + 1);
    for (std::size_t i = trace.last_steps.size(); i-- > 0;) {
      const Step& step = trace.last_steps[i];
      if (step.thread != access.thread || !is_in(step.site, frame.file, function, frame.line))
        continue;
      return first + static_cast<std::uint32_t>(i);
    }
  }
  return 0;
}

/// On whose behalf the step was: its own goroutine, else whose stack the scanner is at.
GoroutineId on_behalf(const Trace& trace, std::uint32_t number) {
  GoroutineId result = kNoGoroutine;
  Picture picture;
  walk(
      trace,
      [&](const Step& step, std::uint32_t at) {
        if (at != number) return;
        result = step.goroutine;
        const ThreadPicture& thread = picture.threads[step.thread];
        if (result == kNoGoroutine) result = thread.copies;
        if (result == kNoGoroutine) result = thread.suspends;
      },
      [&](const Event& event) { picture.apply(event); });
  return result;
}

bool is_of_interest(std::string_view heading) {
  return !starts_with_any(heading, {"  Thread T", "  Mutex ", "  Location ", "Thread T"});
}

/// The function, and its place beside it or below.
std::string say_frame(const ReportedFrame& frame) {
  constexpr std::size_t kPlaceColumn = 36;
  const std::string place = frame.file + (frame.line != 0 ? ":" + std::to_string(frame.line) : "");
  std::string line = "      " + frame.function;
  std::string text;
  const std::size_t column = std::max(line.size() + 1, kPlaceColumn);
  if (column + place.size() > kPageWidth) {
    text = wrapped_text(line + "\n", 8);
    line.clear();
  }
  line.resize(line.empty() ? 8 : column, ' ');
  return text + wrapped_text(line + place + "\n", 8);
}

}  // namespace

std::vector<ReportedAccess> accesses(std::string_view log, const Trace& trace) {
  const std::string text = plain_text(log);
  const std::vector<std::string_view> lines = split_lines(text);
  std::vector<ReportedAccess> result;
  std::string_view heading;
  bool is_open = false;  // frames are still taken
  for (const std::string_view line : lines) {
    if (is_summary(line)) break;
    const std::optional<StackFrame> frame = read_frame(line);
    if (!frame) {
      if (line.find_first_not_of(" ^") != std::string_view::npos) heading = line;
      continue;
    }
    if (frame->number == 0) {  // other lines may stand between frames
      is_open = is_of_interest(heading);
      if (!is_open) continue;
      ReportedAccess& access = result.emplace_back();
      read_heading(heading, access);
      access.thread = virtual_thread(lines, sanitizer_thread(heading));
    }
    CHECK(!is_open || !result.empty(), "a frame belongs to a stack that has begun");
    if (is_open) is_open = add_frame(line, result.back());
  }
  for (std::size_t i = 0; i < result.size(); ++i) {
    ReportedAccess& access = result[i];
    if (i == 0 && !trace.last_steps.empty()) {  // it died in the middle of its last step
      access.thread = trace.last_steps.back().thread;
      access.step = trace.steps;
    } else if (access.thread >= 0) {
      access.step = find_step(access, trace);
    }
    if (access.step != 0) access.goroutine = on_behalf(trace, access.step);
  }
  return result;
}

std::string say_accesses(const std::vector<ReportedAccess>& accesses, const Names& names) {
  std::string text;
  for (const ReportedAccess& access : accesses) {
    std::string line = "  " + access.what;
    if (access.is_previous) line = "  earlier " + access.what;
    if (access.thread >= 0) {
      const auto thread = static_cast<ThreadId>(access.thread);
      line += " by " + Names::thread(thread) + " (" + std::string(names.role(thread)) + ")";
      if (access.goroutine != kNoGoroutine) {
        line += names.is_scanner(thread)
                    ? ", at work on " + names.goroutine(access.goroutine) + "'s stack"
                    : ", running " + names.goroutine(access.goroutine);
      }
    }
    if (access.step != 0) line += ", step " + std::to_string(access.step);
    text += wrapped_text(line + "\n", 6);
    std::size_t count = 0;
    for (const ReportedFrame& frame : access.frames) {
      if (++count > kFramesShown) break;
      text += say_frame(frame);
    }
    if (access.frames.empty()) text += "      (no frame of the runtime)\n";
  }
  return text;
}

}  // namespace concertina::fuzzers
