// concertina verify: every schedule of a small program, bound by bound.
#include <unistd.h>

#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "explore/bounded.h"
#include "host/files.h"
#include "host/shown.h"
#include "host/terminal.h"
#include "host/wrapped.h"
#include "tools/case_io.h"
#include "tools/commands.h"
#include "tools/explore_child.h"
#include "tools/json.h"

namespace concertina::fuzzers {
namespace {

constexpr std::string_view kStateMark = "concertina verify of ";
constexpr std::size_t kHang = 4;  // of a line that is wrapped
constexpr std::size_t kStateBytesMax = 256 << 20;
constexpr std::size_t kProgramBytesMax = 1 << 30;

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

/// This program's own file. What an older build has explored proves nothing of this one.
std::uint64_t hash_of_build() {
  std::string content;
  const std::string why = read_file("/proc/self/exe", kProgramBytesMax, content);
  if (!why.empty()) throw std::runtime_error("/proc/self/exe: " + why);
  return hash_of(content);
}

/// What the search depends on: the build, whether all draws are tried, and the input without what is of
/// no account to it.
std::string identity_of(Input input, const VerifyOptions& options) {
  input.schedule.strategy = Strategy::kNonPreemptive;
  input.schedule.deviations.clear();
  char text[80];
  std::snprintf(text, sizeof text, "%016" PRIx64 " by %016" PRIx64 "%s\n",
                hash_of(print({{}, input})), hash_of_build(),
                options.fixed_draws ? " with the seed's draws" : "");
  return std::string(kStateMark) + text;
}

/// Empty when there is no such file yet; false, after a complaint, when it is of no use.
bool load_state(const VerifyOptions& options, const Input& input, std::string& state) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(options.resume, error))) return true;
  std::string content;
  std::string why = read_file(options.resume, kStateBytesMax, content);
  const std::string identity = identity_of(input, options);
  if (why.empty() && !content.starts_with(identity)) {
    why = "1:1: it is not the state of a verification of this input by this build, with these draws";
  } else if (why.empty()) {
    state = content.substr(identity.size());
    if (BoundedSearch().restore(state, input.schedule)) return true;
    why = "the state is damaged";
  }
  complain(options.resume, why);
  return false;
}

/// What is left to be done, or no file when that is nothing; a state that could not be gone on from
/// stays as it is. False, after a complaint, when it cannot be written.
bool keep_state(const VerifyOptions& options, const Input& input, const ExploreOrder& order,
                const Explored& explored) {
  if (options.resume.empty()) return true;
  if (!explored.state.empty()) {
    return write_or_complain(options.resume, identity_of(input, options) + explored.state);
  }
  // Without a bound nothing was to be done: the state is of a higher one than was asked for.
  const bool is_over = !explored.bounds.empty() && (explored.end == ExploreEnd::kComplete ||
                                                    explored.end == ExploreEnd::kFailed);
  if (is_over && !order.resume.empty()) std::remove(options.resume.c_str());  // which was read
  return true;
}

std::string_view end_word(ExploreEnd end) {
  switch (end) {
    case ExploreEnd::kComplete:
      return "complete";
    case ExploreEnd::kFailed:
      return "failed";
    case ExploreEnd::kBudget:
      return "budget";
    case ExploreEnd::kInterrupted:
      return "interrupted";
    case ExploreEnd::kNone:
    case ExploreEnd::kDiedOtherwise:
    case ExploreEnd::kDiverged:
      break;
  }
  return "diverged";
}

std::string bound_text(const BoundReport& report, bool is_unbounded) {
  char text[200];
  const double rate =
      report.seconds > 0 ? static_cast<double>(report.runs) / report.seconds : 0;
  std::snprintf(text, sizeof text,
                "%s: %" PRIu64 " schedules, %" PRIu64 " cut short, %" PRIu64
                " states, %.1f s (%.0f runs/s): %s",
                is_unbounded ? "unbounded" : ("bound " + std::to_string(report.bound)).c_str(),
                report.schedules, report.cuts, report.states, report.seconds, rate,
                report.is_complete ? "complete" : "not complete");
  return text;
}

void show_progress(const BoundReport& report, double behind) {
  char text[120];
  std::snprintf(text, sizeof text,
                "bound %u: %5.1f %% behind, %" PRIu64 " schedules, %" PRIu64 " states",
                report.bound, behind * 100, report.schedules, report.states);
  show_status(text);
}

std::string json_of(const std::string& path, const Explored& explored, const WrittenInput& written,
                    const std::string& output) {
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
      .text("end", end_word(explored.end))
      .raw("bounds", "[" + bounds + "]")
      .text("signature", explored.verdict.signature())
      .text("oracle", explored.verdict.oracle)
      .number("preemptions", explored.preemptions)
      .text("output", output)
      .text("why_no_output", written.why_not)
      .text("flavour", this_flavour());
  return object.str();
}

int exit_code(ExploreEnd end) {
  switch (end) {
    case ExploreEnd::kComplete:
      return kExitAsExpected;
    case ExploreEnd::kFailed:
      return kExitFailed;
    case ExploreEnd::kBudget:
    case ExploreEnd::kInterrupted:
      return kExitNotComplete;
    case ExploreEnd::kNone:
    case ExploreEnd::kDiedOtherwise:
    case ExploreEnd::kDiverged:
      break;
  }
  return kExitUnusable;
}

/// Writes the failing case if one is wanted; its path, or empty.
std::string write_failing(const VerifyOptions& options, const CaseFile& file,
                          const Explored& explored, WrittenInput& written) {
  written = write_down(file.input, explored,
                       {.last_steps_max = 1, .timeout_s = options.timeout_s});
  if (options.output.empty() || !written.why_not.empty()) return "";
  CaseFile failing = file;
  failing.input = written.input;
  failing.header.oracle = explored.verdict.oracle;
  failing.header.expect = "fail";
  return write_or_complain(options.output, print(failing)) ? options.output : "";
}

void print_end(const std::string& path, const VerifyOptions& options, const Explored& explored,
               const WrittenInput& written, const std::string& output) {
  for (const BoundReport& report : explored.bounds) {
    print_wrapped(kHang, "%s\n", bound_text(report, options.unbounded).c_str());
  }
  switch (explored.end) {
    case ExploreEnd::kComplete:
      print_wrapped(
          kHang, "%s: complete%s: no schedule %sfails\n", shown_path(path).c_str(),
          options.fixed_draws ? " for the seed's draws" : "",
          options.unbounded
              ? ""
              : ("with at most " + std::to_string(options.bound) + " preemptions ").c_str());
      break;
    case ExploreEnd::kFailed:
      print_wrapped(kHang, "%s: FAILS with %u preemptions: %s\n%s\n", shown_path(path).c_str(),
                    explored.preemptions, explored.verdict.signature().c_str(),
                    explored.verdict.detail.c_str());
      if (!output.empty()) print_wrapped(kHang, "written to %s\n", shown_path(output).c_str());
      if (!written.why_not.empty()) {
        print_wrapped(kHang, "it cannot be written as a case: %s\n", written.why_not.c_str());
      }
      break;
    case ExploreEnd::kBudget:
    case ExploreEnd::kInterrupted:
      print_wrapped(
          kHang, "%s: NOT COMPLETE (%s): nothing failed so far%s\n", shown_path(path).c_str(),
          explored.end == ExploreEnd::kBudget ? "the budget is spent" : "interrupted",
          options.resume.empty() ? "" : ("; to be resumed from " + options.resume).c_str());
      break;
    case ExploreEnd::kNone:
    case ExploreEnd::kDiedOtherwise:
    case ExploreEnd::kDiverged:
      print_wrapped(kHang, "%s: cannot be explored: a run is no function of its decisions\n",
                    shown_path(path).c_str());
      break;
  }
}

int verify_one(const std::string& path, const VerifyOptions& options) {
  CaseFile file;
  if (!load_or_complain(path, file, options.as_bytes)) return kExitUnusable;
  if (options.unbounded && !options.resume.empty()) {
    complain("concertina verify", "--resume goes with bounds, not with --unbounded");
    return kExitUnusable;
  }
  ExploreOrder order;
  order.last_bound = options.bound;
  order.is_unbounded = options.unbounded;
  order.fixes_draws = options.fixed_draws;
  order.schedules_max = options.schedules;
  order.seconds_max = options.budget_s;
  order.timeout_s = options.timeout_s;
  if (!options.resume.empty() && !load_state(options, file.input, order.resume)) {
    return kExitUnusable;
  }
  const bool shows_progress = options.progress || obeys_escapes(STDERR_FILENO);
  if (shows_progress) order.progress = &show_progress;
  const Explored explored = explore_in_child(file.input, order);
  if (shows_progress) clear_status();
  WrittenInput written;
  std::string output;
  if (explored.end == ExploreEnd::kFailed) output = write_failing(options, file, explored, written);
  const bool is_kept = keep_state(options, file.input, order, explored);
  if (options.json) {
    std::printf("%s\n", json_of(path, explored, written, output).c_str());
  } else {
    print_end(path, options, explored, written, output);
  }
  // What was asked for and could not be written was not done, whatever was found.
  const bool has_written = options.output.empty() || !written.why_not.empty() || !output.empty() ||
                           explored.end != ExploreEnd::kFailed;
  return is_kept && has_written ? exit_code(explored.end) : kExitUnusable;
}

}  // namespace

int verify(const VerifyOptions& options) {
  if (!can_write_or_complain(options.output) || !can_write_or_complain(options.resume)) {
    return kExitUnusable;
  }
  std::signal(SIGINT, [](int) { stop_exploring(); });
  std::signal(SIGTERM, [](int) { stop_exploring(); });
  int worst = kExitAsExpected;
  for (const std::string& path : options.files) {
    const int code = verify_one(path, options);
    // A failure outranks what was not finished, and what could not be run outranks both.
    const auto rank = [](int c) { return c == kExitNotComplete ? 1 : c == 0 ? 0 : c + 1; };
    if (rank(code) > rank(worst)) worst = code;
  }
  return worst;
}

}  // namespace concertina::fuzzers
