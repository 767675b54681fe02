#include "oracle/sanitizer_report.h"

#include <algorithm>

#include "oracle/report_header.h"
#include "oracle/report_text.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kFunctionsInKind = 2;
constexpr std::string_view kUnknownFunction = "unknown function";

/// A heading of a stack that is not the report's own: of whose memory, of which thread.
bool is_about_others(std::string_view heading) {
  heading = trimmed(heading);
  return starts_with_any(
             heading, {"Thread T", "Location is", "Address 0x", "freed by", "allocated by",
                       "previously allocated by", "Uninitialized value was", "As if synchronized",
                       "Memory was marked"}) ||
         (heading.starts_with("Mutex M") && heading.ends_with(" created at:")) ||
         heading.find(" is located ") != std::string_view::npos;
}

/// The sanitizer's word for a stack that it does not know.
bool is_lost_stack(std::string_view line) {
  line = trimmed(line);
  return line == "<empty stack>" || line.starts_with("[failed to restore the stack");
}

/// An operator that passes on, as a pointer's "->" does, says nothing between two functions.
bool only_passes_on(std::string_view function) {
  return ends_with_any(function, {"::operator->", "::operator*", "::operator()"});
}

/// Takes the lines of one report, one by one.
class StackReader {
 public:
  void take(std::string_view line) {
    if (std::optional<StackFrame> frame = read_frame(line)) {
      take_frame(std::move(*frame));
    } else if (is_lost_stack(line)) {
      open();
    } else if (is_access(line) || is_about_others(line)) {
      open_access();
      heading_ = line;
    }
  }

  std::vector<ReportedStack> finish() {
    open_access();
    return std::move(stacks_);
  }

 private:
  void take_frame(StackFrame frame) {
    if (frame.number == 0) open();
    // A frame that does not continue the stack is another program's line, or of a stack that lacks
    // its beginning.
    if (frame.number != number_ || stacks_.empty()) return;
    ++number_;
    stacks_.back().frames.push_back(std::move(frame));
  }

  /// An access without frames is a stack all the same.
  void open_access() {
    if (is_access(heading_)) open();
  }

  void open() {
    stacks_.push_back({heading_, {}});
    heading_ = "";
    number_ = 0;
  }

  std::vector<ReportedStack> stacks_;
  std::string_view heading_;  // of the next stack
  unsigned number_ = 0;       // of the next frame
};

/// Takes the lines of a whole log.
class ReportReader {
 public:
  void take(std::size_t number, std::string_view line) {
    std::optional<SanitizerReport> header = read_header(line);
    const bool is_end = is_summary(line);
    // A signal that another thread meets, or the report's own summary, is no report beside a whole
    // one.
    if (header && header->is_remainder && has_whole_) header.reset();
    if (header || is_end) close();
    if (header) {
      header->line = number;
      has_whole_ |= !header->is_remainder;
      reports_.push_back(std::move(*header));
      is_open_ = !is_end;
    } else if (is_open_) {
      stacks_.take(line);
    }
  }

  std::vector<SanitizerReport> finish() {
    close();
    return std::move(reports_);
  }

 private:
  void close() {
    if (is_open_) reports_.back().stacks = stacks_.finish();
    stacks_ = {};
    is_open_ = false;
  }

  std::vector<SanitizerReport> reports_;
  StackReader stacks_;
  bool is_open_ = false;    // the last report has not ended
  bool has_whole_ = false;  // one that is no remainder
};

}  // namespace

std::string ReportedStack::top_functions() const {
  std::string result;
  unsigned count = 0;
  for (const StackFrame& frame : frames) {
    if (!frame.is_of_the_runtime || (count != 0 && only_passes_on(frame.function))) continue;
    result += (count == 0 ? "" : " < ") + frame.function;
    if (++count == kFunctionsInKind) break;
  }
  return count == 0 ? std::string(kUnknownFunction) : result;
}

std::string SanitizerReport::where() const {
  // A leaked thread or a mutex is what ThreadSanitizer's other warnings are about.
  const auto own = std::find_if(stacks.begin(), stacks.end(), [this](const ReportedStack& stack) {
    return kind == Kind::kRace || !is_about_others(stack.heading);
  });
  return own == stacks.end() ? std::string(kUnknownFunction) : own->top_functions();
}

bool is_access(std::string_view heading) {
  const bool says_who = heading.find(" by thread ") != std::string_view::npos ||
                        heading.find(" by main thread") != std::string_view::npos;
  return says_who && heading.find(" of size ") != std::string_view::npos;
}

bool is_summary(std::string_view line) {
  constexpr std::string_view kSummary = "SUMMARY: ";
  const std::size_t at = line.find(kSummary);
  if (at == std::string_view::npos) return false;
  const std::string_view rest = line.substr(at + kSummary.size());
  const std::string_view tool = rest.substr(0, rest.find(':'));
  return tool.ends_with("Sanitizer") || tool == "libFuzzer";
}

std::vector<std::string_view> report_lines(std::string_view text) {
  std::vector<std::string_view> lines = split_lines(text);
  if (lines.empty() || text.ends_with('\n')) return lines;
  const std::optional<StackFrame> frame = read_frame(lines.back());
  if (frame && !frame->has_place) lines.pop_back();
  return lines;
}

std::vector<SanitizerReport> read_reports(const std::vector<std::string_view>& lines) {
  ReportReader reader;
  for (std::size_t i = 0; i < lines.size(); ++i) reader.take(i, lines[i]);
  return reader.finish();
}

}  // namespace concertina::fuzzers
