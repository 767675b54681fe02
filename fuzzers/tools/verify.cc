// concertina verify: every schedule of a small program, bound by bound.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

#include "host/file_lock.h"
#include "host/files.h"
#include "host/json.h"
#include "host/shown.h"
#include "host/terminal.h"
#include "host/wrapped.h"
#include "tools/case_io.h"
#include "tools/commands.h"
#include "tools/verify_child.h"
#include "tools/verify_state.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kHang = 4;  // of a line that is wrapped
constexpr std::size_t kStateBytesMax = 256 << 20;

/// The file of --resume while it is being worked with.
class StateFile {
 public:
  StateFile(const VerifyOptions& options, const Input& input)
      : path_(options.resume),
        file_(target_of(path_)),
        bound_(options.bound),
        identity_(path_.empty() ? VerifyIdentity{} : identity_of(input, options)) {}

  /// Locks the file. `explored`: the state to resume from, if there is one. False, after a
  /// complaint, when the file cannot be used.
  bool open(std::string& explored) {
    if (path_.empty()) return true;
    std::error_code error;
    const auto status = std::filesystem::status(path_, error);
    // A link to a file that does not exist yet is a new state, too.
    const auto is_new = [&] {
      return !std::filesystem::exists(std::filesystem::symlink_status(file_, error));
    };
    if (is_new() || std::filesystem::is_regular_file(status)) {
      const std::string why =
          lock_.take(std::filesystem::weakly_canonical(file_, error).string() + ".lock");
      if (!why.empty()) return refuse("", why);
    }
    std::string content;
    if (is_new()) return true;
    const std::string why = read_file(path_, kStateBytesMax, content);
    if (!why.empty()) return refuse("", why);
    const ReadState state = read_verify_state(content, identity_);
    if (!state.fault.empty()) return refuse(":" + std::to_string(state.line) + ":1", state.fault);
    explored = state.explored;
    is_ours_ = state.bound <= bound_;
    return true;
  }

  /// In the middle of the work: when it cannot be written the old one stays and the work continues.
  void keep(const std::string& explored) {
    const std::string why = write_file(path_, verify_state(identity_, explored));
    if (!why.empty() && !has_complained_) complain(path_, "cannot write, for now: " + why);
    has_complained_ = !why.empty();
    is_ours_ = is_ours_ || why.empty();
  }

  /// At the end. A state that could not be resumed stays as it is. False, after a complaint, when
  /// the remaining work cannot be written; then what was kept last stays.
  bool finish(const Verified& explored, bool has_written) {
    if (path_.empty()) return true;
    if (!explored.state.empty()) {
      return write_or_complain(path_, verify_state(identity_, explored.state));
    }
    const bool is_over = explored.end == VerifyEnd::kComplete || explored.end == VerifyEnd::kFailed;
    if (is_over && is_ours_ && has_written) std::remove(file_.c_str());
    return true;
  }

 private:
  bool refuse(const std::string& place, const std::string& why) const {
    complain(path_ + place, why);
    return false;
  }

  std::string path_;
  std::filesystem::path file_;  // to which the path's symbolic links lead
  unsigned bound_;
  VerifyIdentity identity_;
  FileLock lock_;
  // What is there is of this verification. (Of a higher bound than was asked for, it stays.)
  bool is_ours_ = false;
  bool has_complained_ = false;
};

struct Ending {
  std::string_view word;
  int code;
};

Ending ending_of(VerifyEnd end) {
  switch (end) {
    case VerifyEnd::kComplete:
      return {"complete", kExitAsExpected};
    case VerifyEnd::kFailed:
      return {"failed", kExitFailed};
    case VerifyEnd::kBudget:
      return {"budget", kExitNotComplete};
    case VerifyEnd::kInterrupted:
      return {"interrupted", kExitNotComplete};
    case VerifyEnd::kNone:
    case VerifyEnd::kDiedOtherwise:
    case VerifyEnd::kDiverged:
      break;
  }
  return {"diverged", kExitUnusable};
}

std::string bound_text(const BoundReport& report, bool is_unbounded) {
  const double rate = report.seconds > 0 ? static_cast<double>(report.runs) / report.seconds : 0;
  return text_of(is_unbounded ? "unbounded" : text_of("bound ", report.bound), ": ",
                 report.schedules, " schedules, ", report.cuts, " cut short, ", report.states,
                 " states, ", decimal(report.seconds, 1), " s (", decimal(rate, 0),
                 " runs/s): ", report.is_complete ? "complete" : "not complete");
}

void show_progress(const BoundReport& report, double done) {
  char percent[16];
  std::snprintf(percent, sizeof percent, "%5.1f %%", done * 100);
  show_status(text_of("bound ", report.bound, ": ", percent, " done, ", report.schedules,
                      " schedules, ", report.states, " states"));
}

std::string json_of(const std::string& path, const VerifyOptions& options, const Verified& explored,
                    const WrittenInput& written, const std::string& output) {
  std::string bounds;
  for (const BoundReport& report : explored.bounds) {
    JsonObject one;
    one.number("bound", report.bound)
        .flag("complete", report.is_complete)
        .number("schedules", report.schedules)
        .number("cut_short", report.cuts)
        .number("states", report.states)
        .number("runs", report.runs)
        .real("seconds", report.seconds);
    bounds += (bounds.empty() ? "" : ", ") + one.str();
  }
  JsonObject object;
  object.text("file", path)
      .text("end", ending_of(explored.end).word)
      .raw("bounds", "[" + bounds + "]")
      .text("signature", explored.verdict.signature())
      .text("oracle", explored.verdict.oracle);
  if (!options.unbounded) object.number("preemptions", explored.preemptions);
  object.text("output", output)
      .text("why_no_output", written.why_not)
      .text("flavour", this_flavour());
  return object.str();
}

/// Writes the failing case if one is wanted; its path, or empty.
std::string write_failing(const VerifyOptions& options, const CaseFile& file,
                          const Verified& explored, WrittenInput& written) {
  written = write_down(file.input, explored, {.timeout_s = options.timeout_s});
  if (options.output.empty() || !written.why_not.empty()) return "";
  CaseFile failing = file;
  failing.input = written.input;
  failing.header.oracle = explored.verdict.oracle;
  failing.header.expect = "fail";
  return write_or_complain(options.output, print(failing)) ? options.output : "";
}

void print_end(const std::string& path, const VerifyOptions& options, const Verified& explored,
               const WrittenInput& written, const std::string& output) {
  for (const BoundReport& report : explored.bounds) {
    print_wrapped(kHang, bound_text(report, options.unbounded));
  }
  const std::string file = shown_path(path) + ": ", state = shown_path(options.resume);
  switch (explored.end) {
    case VerifyEnd::kComplete:
      print_wrapped(
          kHang, file, "complete", options.fixed_draws ? " for the seed's draws" : "",
          ": no schedule ",
          options.unbounded ? "" : text_of("with at most ", options.bound, " preemptions "),
          "fails");
      break;
    case VerifyEnd::kFailed:
      print_wrapped(kHang, file, "FAILS",
                    options.unbounded  // which counts none
                        ? ""
                        : text_of(" with ", explored.preemptions, " preemptions"),
                    ": ", explored.verdict.signature(), "\n", explored.verdict.detail, "\n");
      if (!output.empty()) print_wrapped(kHang, "written to ", shown_path(output));
      if (!written.why_not.empty()) {
        print_wrapped(kHang, "it cannot be written as a case: ", written.why_not);
      }
      break;
    case VerifyEnd::kBudget:
    case VerifyEnd::kInterrupted:
      print_wrapped(kHang, file, "NOT COMPLETE (",
                    explored.end == VerifyEnd::kBudget ? "the budget is spent" : "interrupted",
                    "): nothing failed so far", state.empty() ? "" : "; to be resumed from ",
                    state);
      break;
    case VerifyEnd::kNone:
    case VerifyEnd::kDiedOtherwise:
    case VerifyEnd::kDiverged:
      print_wrapped(kHang, file, "cannot be explored: a run is not a function of its decisions",
                    state.empty() ? "" : ", or not of those in ", state);
      break;
  }
}

VerifyOrder order_of(const VerifyOptions& options, StateFile& state_file) {
  VerifyOrder order;
  order.last_bound = options.bound;
  order.is_unbounded = options.unbounded;
  order.fixes_draws = options.fixed_draws;
  order.schedules_max = options.schedules;
  order.seconds_max = options.budget_s;
  order.timeout_s = options.timeout_s;
  if (!options.resume.empty()) {
    order.keep = [&state_file](const std::string& explored) { state_file.keep(explored); };
  }
  return order;
}

/// The first signal stops the exploration when the run in progress is over; the second one kills
/// this process, and what was kept last is there.
void on_signal(int number) {
  static volatile std::sig_atomic_t was_asked = 0;
  stop_exploring();
  if (was_asked != 0) {
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
  was_asked = 1;
}

/// While this object lives, a signal stops the exploration. Before and after there is nothing to
/// stop: a signal ends the process, which may be waiting for the reader of its output.
class StopsAtSignals {
 public:
  StopsAtSignals() = default;
  ~StopsAtSignals() {
    std::signal(SIGINT, on_interrupt_);
    std::signal(SIGTERM, on_end_);
  }
  StopsAtSignals(const StopsAtSignals&) = delete;
  StopsAtSignals& operator=(const StopsAtSignals&) = delete;

 private:
  void (*on_interrupt_)(int) = std::signal(SIGINT, &on_signal);
  void (*on_end_)(int) = std::signal(SIGTERM, &on_signal);
};

Verified explore(const Input& input, const VerifyOrder& order) {
  const StopsAtSignals stops;
  return verify_in_child(input, order);
}

int verify_one(const std::string& path, const VerifyOptions& options) {
  CaseFile file;
  if (!load_or_complain(path, file, options.as_bytes)) return kExitUnusable;
  StateFile state_file(options, file.input);
  VerifyOrder order = order_of(options, state_file);
  if (!state_file.open(order.resume)) return kExitUnusable;
  const bool shows_progress = options.progress || obeys_escapes(STDERR_FILENO);
  if (shows_progress) order.progress = &show_progress;
  const Verified explored = explore(file.input, order);
  if (shows_progress) clear_status();
  WrittenInput written;
  std::string output;
  if (explored.end == VerifyEnd::kFailed) output = write_failing(options, file, explored, written);
  // What was asked for and could not be written was not done, whatever was found.
  const bool has_written = options.output.empty() || !written.why_not.empty() || !output.empty() ||
                           explored.end != VerifyEnd::kFailed;
  const bool is_kept = state_file.finish(explored, has_written);
  if (options.json) {
    std::printf("%s\n", json_of(path, options, explored, written, output).c_str());
  } else {
    print_end(path, options, explored, written, output);
  }
  return is_kept && has_written ? ending_of(explored.end).code : kExitUnusable;
}

/// Whether both paths lead to one file, be it there or not.
bool is_same_file(const std::string& one, const std::string& other) {
  if (one.empty() || other.empty()) return false;
  std::error_code error;
  return std::filesystem::weakly_canonical(target_of(one), error) ==
         std::filesystem::weakly_canonical(target_of(other), error);
}

/// Of files that must not be mixed up; empty, or why these cannot go together.
std::string why_not_together(const VerifyOptions& options) {
  if (options.resume.empty()) return "";
  if (options.unbounded) return "--resume goes with bounds, not with --unbounded";
  if (options.files.size() > 1) return "--resume is the state of one file, and there are several";
  if (is_same_file(options.resume, options.output)) {
    return "--resume and --out name the same file; a state is removed when it is of no more use";
  }
  return "";
}

}  // namespace

int verify(const VerifyOptions& options) {
  if (const std::string why = why_not_together(options); !why.empty()) {
    complain("concertina verify", why);
    return kExitUnusable;
  }
  if (!can_write_or_complain(options.output) || !can_write_or_complain(options.resume)) {
    return kExitUnusable;
  }
  return worst_of(options.files,
                  [&](const std::string& path) { return verify_one(path, options); });
}

}  // namespace concertina::fuzzers
