#include "stress/session.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "host/files.h"
#include "host/json.h"
#include "host/program.h"
#include "host/shown.h"
#include "host/stopwatch.h"
#include "host/wrapped.h"
#include "input/load.h"
#include "stress/batch.h"

namespace concertina::stress {
namespace {

constexpr std::size_t kFiguresColumn = 27;
constexpr double kProgressEvery_s = 5;
// The first large batch begins only with this much time left: how long it takes is not known yet.
constexpr double kLargeNeeds_s = 3;

std::string shown(const std::string& path) { return fuzzers::shown_path(path); }

// A command that can be copied from a terminal, in lines that fit it.
std::string shown_command(const std::string& command) {
  constexpr std::size_t kHang = 13, kBackslash = 2;
  std::string text;
  for (const std::string& line :
       fuzzers::wrapped("repeat:  " + command, kHang, fuzzers::kPageWidth - kBackslash)) {
    text += (text.empty() ? "" : " \\\n") + line;
  }
  return text + "\n";
}

// Writes it whole, or complains.
bool write(const std::string& path, const fuzzers::JsonObject& object) {
  const std::string why = fuzzers::write_file(path, object.str() + "\n");
  if (!why.empty()) fuzzers::complain(path, "cannot write: " + why);
  return why.empty();
}

struct ProgramFile {
  std::string path;
  fuzzers::Program program;
};

// "" or why the folder's inputs cannot be used.
std::string load_programs(const std::string& folder, std::vector<ProgramFile>& programs) {
  std::error_code error;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file()) paths.push_back(entry.path().string());
  }
  if (error) return shown(folder) + ": " + error.message();
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    fuzzers::CaseFile file;
    if (std::string why = fuzzers::load(path, file); !why.empty()) return why;
    programs.push_back({path, std::move(file.input.program)});
  }
  return programs.empty() ? shown(folder) + ": no programs in it" : "";
}

class Session {
 public:
  explicit Session(const Options& options)
      : options_(options),
        watchdog_(std::chrono::seconds(options.hang_seconds),
                  [this](const std::string& snapshot) { hang(snapshot); }) {}

  int run() {
    if (const std::string wrong = find_job(); !wrong.empty()) {
      fuzzers::complain("stress_jobs", wrong);
      return fuzzers::kExitUnusable;
    }
    watch_ = since_shown_ = {};
    std::printf("%s", shown_command(repeat_all()).c_str());
    bool is_cut_off = false;
    for (index_ = 0; is_on(); ++index_) {
      batch_ = batch(index_);
      if (!write_batch()) {
        is_cut_off = true;  // what was done until now is kept
        break;
      }
      const fuzzers::Stopwatch batch_watch;
      const BatchResult result = run_batch();
      if (!batch_.is_small) longest_large_s_ = std::max(longest_large_s_, batch_watch.seconds());
      figures_ += result.figures;
      operations_ = figures_.operations;
      judged_ += result.is_judged;
      ++done_;
      if (!result.failure.empty()) {
        fail(result.failure, result.details);
        break;
      }
      show_progress(false);
    }
    if (is_cut_off && done_ == 0) return fuzzers::kExitUnusable;
    show_progress(true);
    if (!write_json() || is_cut_off) return fuzzers::kExitUnusable;
    return failures_ == 0 ? fuzzers::kExitAsExpected : fuzzers::kExitFailed;
  }

 private:
  std::string find_job() {
    if (options_.workers < 1 || options_.workers > kProcessorsLimit) {
      return "--workers: 1 to " + std::to_string(kProcessorsLimit);
    }
    if (options_.job == "programs") return load_programs(options_.programs, programs_);
    std::string names = "programs";
    for (auto& job : make_jobs()) {
      names += ", " + std::string(job->name);
      if (job->name == options_.job) job_ = std::move(job);
    }
    if (job_ != nullptr) return "";
    return fuzzers::shown(options_.job) + ": no such job; there are: " + names;
  }

  bool is_on() const {
    if (options_.batches != 0 && index_ >= options_.batches) return false;
    if (options_.operations != 0 && operations_ >= options_.operations) return false;
    return options_.seconds == 0 || watch_.seconds() < options_.seconds;
  }

  // Batches are not cut off, so a short session would last many times its length.
  bool has_time_for_large() const {
    return options_.seconds == 0 || options_.seconds - watch_.seconds() >= longest_large_s_;
  }

  Batch batch(std::uint64_t index) const {
    const std::uint64_t seed = options_.seed + index;
    // Small ones are a matter of milliseconds: seven of them for each large one.
    const bool is_small =
        options_.size == Size::kSmall ||
        (options_.size == Size::kMixed && (seed % 8 != 0 || !has_time_for_large()));
    return {.seed = seed,
            .processors = options_.workers,
            .scale = options_.scale,
            .is_small = is_small || job_ == nullptr};
  }

  BatchResult run_batch() {
    if (job_ != nullptr) return run_job(*job_, batch_, watchdog_);
    return run_program(program().program, batch_, watchdog_);
  }

  const ProgramFile& program() const { return programs_[batch_.seed % programs_.size()]; }

  // The command that does the whole session again.
  std::string repeat_all() const {
    const char* const sizes[] = {"mixed", "small", "large"};
    const auto bound = [](const char* option, std::uint64_t value) {
      return value != 0 ? fuzzers::text_of(option, value) : "";
    };
    const std::string bounds = bound(" --batches ", options_.batches) +
                               bound(" --seconds ", options_.seconds) +
                               bound(" --operations ", options_.operations);
    return command(options_.seed, "", sizes[static_cast<unsigned>(options_.size)], bounds);
  }

  // The command that does the present batch again.
  std::string repeat() const {
    return command(batch_.seed, " --batches 1", batch_.is_small ? "small" : "large", "");
  }

  std::string command(std::uint64_t seed, const std::string& count, const char* size,
                      const std::string& bounds) const {
    return fuzzers::text_of("stress_jobs --job ", options_.job, " --seed ", seed, count,
                            " --workers ", options_.workers, " --scale ", options_.scale,
                            " --size ", size, bounds,
                            job_ == nullptr ? " --programs " + options_.programs : "");
  }

  void fail(const std::string& failure, const std::string& details) {
    ++failures_;
    failure_ = failure;
    constexpr std::size_t kHang = 8;
    fuzzers::print_wrapped(kHang, "FAILED ", options_.job, ", batch with seed ", batch_.seed, ": ",
                           failure, "\n", details);
    if (job_ == nullptr) std::printf("program: %s\n", program().path.c_str());
    std::printf("%s", shown_command(repeat()).c_str());
    std::fflush(stdout);
  }

  // On the watchdog's thread; the run cannot be ended in good order, so the process is.
  void hang(const std::string& snapshot) {
    fail("no progress for " + std::to_string(options_.hang_seconds) + " seconds", snapshot);
    const bool is_told = write_json() && std::ferror(stdout) == 0;
    std::_Exit(is_told ? fuzzers::kExitFailed : fuzzers::kExitUnusable);
  }

  void show_progress(bool is_last) {
    if (options_.is_quiet || (!is_last && since_shown_.seconds() < kProgressEvery_s)) return;
    since_shown_ = {};
    char begin[80];
    std::snprintf(begin, sizeof begin, "%-16s %6.0f s", options_.job.c_str(), watch_.seconds());
    fuzzers::print_wrapped(
        kFiguresColumn, begin, "  batches ", done_, "  goroutines ", figures_.goroutines,
        "  operations ", figures_.operations, "  copies ", figures_.copies, "  under lock ",
        figures_.copies_locked + figures_.copies_held, "  scans ", figures_.scans, "  shrinks ",
        figures_.shrinks, "  preemptions ", figures_.preempted, "  failures ", failures_);
    fuzzers::flush_output();
  }

  // If a sanitizer kills this process, this file says which batch was running.
  bool write_batch() const {
    if (options_.json.empty()) return true;
    fuzzers::JsonObject object;
    object.text("repeat", repeat()).text("program", job_ == nullptr ? program().path : "");
    return write(options_.json + ".batch", object);
  }

  bool write_json() const {
    if (options_.json.empty()) return true;
    fuzzers::JsonObject object;
    object.text("job", options_.job)
        .real("seconds", watch_.seconds())
        .number("seed", options_.seed)
        .number("workers", options_.workers)
        .number("batches", done_)
        .number("histories_judged", judged_)
        .number("goroutines", figures_.goroutines)
        .number("operations", figures_.operations)
        .number("parks", figures_.blocked)
        .number("preemptions", figures_.preempted)
        .number("stack_copies", figures_.copies)
        .number("growths", figures_.growths)
        .number("shrinks", figures_.shrinks)
        .number("moves", figures_.moves)
        .number("copies_under_lock_taken", figures_.copies_locked)
        .number("copies_under_lock_held", figures_.copies_held)
        .number("scans", figures_.scans)
        .number("failures", failures_)
        .text("failure", failure_)
        .text("repeat", failures_ != 0 ? repeat() : "")
        .text("program", failures_ != 0 && job_ == nullptr ? program().path : "");
    return write(options_.json, object);
  }

  const Options options_;
  std::unique_ptr<Job> job_;           // null for programs
  std::vector<ProgramFile> programs_;  // the job "programs"
  fuzzers::Stopwatch watch_, since_shown_;
  double longest_large_s_ = kLargeNeeds_s;
  std::uint64_t index_ = 0, done_ = 0, judged_ = 0, operations_ = 0;
  unsigned failures_ = 0;
  std::string failure_;  // as it was reported
  Batch batch_;
  Figures figures_;
  Watchdog watchdog_;  // last: its thread uses the others
};

}  // namespace

int run_session(const Options& options) { return Session(options).run(); }

}  // namespace concertina::stress
