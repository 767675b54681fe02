#include "tools/batch.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>

#include "oracle/crash.h"
#include "tools/child.h"
#include "tools/shared_memory.h"
#include "tools/watch_child.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint64_t kNone = ~std::uint64_t{0};
// More than any run passes: a place anywhere in the run may matter.
constexpr std::uint32_t kStepsKept = 50'000;

// Candidates that die of something else: each costs a child, and often a sanitizer's report. A call
// gives up after so many, and one more for every so many candidates: a program that mostly dies of
// another bug is no good for finding this one.
constexpr std::size_t kDeathsMax = 8;
constexpr std::size_t kCandidatesPerDeath = 200;

struct Progress {
  std::atomic<std::uint64_t> current{0};  // the candidate being run
  std::atomic<std::uint64_t> match{kNone};
};

bool matches(const Verdict& verdict, const std::string& signature) {
  return verdict.failed() && (signature.empty() || verdict.signature() == signature);
}

Verdict run_and_judge(const Input& input) { return judge(input, run(input)); }

[[noreturn]] void be_child(std::span<const Input> candidates, const std::string& signature,
                           Examine examine, Progress& progress, const MemoryFile& log, const MemoryFile& detail) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  dup2(log.descriptor(), STDERR_FILENO);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    progress.current.store(i, std::memory_order_release);
    const Verdict verdict = examine(candidates[i]);
    if (!matches(verdict, signature)) continue;
    detail.write_all(verdict.oracle + '\n' + verdict.kind + '\n' + verdict.detail);
    progress.match.store(i, std::memory_order_release);
    _exit(0);
  }
  progress.current.store(candidates.size(), std::memory_order_release);
  _exit(0);
}

}  // namespace

BatchExaminer::BatchExaminer(std::string signature, unsigned timeout_s, Examine examine)
    : signature_(std::move(signature)),
      timeout_s_(timeout_s),
      examine_(examine != nullptr ? examine : &run_and_judge) {}

struct BatchExaminer::Outcome {
  std::size_t examined = 0;  // candidates that need no other child
  bool is_match = false;     // the last of them
  bool has_died = false;     // the last of them, of something else
};

BatchExaminer::Outcome BatchExaminer::run_batch(std::span<const Input> candidates) {
  Outcome outcome;
  const SharedMemory memory(sizeof(Progress));
  Progress* const progress = memory.get() != nullptr ? new (memory.get()) Progress : nullptr;
  const MemoryFile log("concertina-log");
  const MemoryFile detail("concertina-detail");
  std::fflush(nullptr);  // or the child would write out what is buffered here once more
  const bool can_start =
      progress != nullptr && log.descriptor() >= 0 && detail.descriptor() >= 0;
  const pid_t child = can_start ? fork() : -1;
  if (child < 0) {
    error_ = std::string("cannot run a child process: ") + std::strerror(errno);
    return outcome;
  }
  if (child == 0) be_child(candidates, signature_, examine_, *progress, log, detail);

  int status = 0;
  const bool in_time = watch_child(child, progress->current, timeout_s_, status);
  const std::uint64_t match = progress->match.load(std::memory_order_acquire);
  if (match != kNone) {
    verdict_ = verdict_from(detail.read_all());
    return {match + 1, true, false};
  }
  const std::uint64_t current = progress->current.load(std::memory_order_acquire);
  if (current >= candidates.size()) return {candidates.size(), false, false};
  // It died, or hung, in this one.
  Verdict verdict{"progress", "watchdog", "a candidate did not end"};
  if (in_time) {
    verdict = judge_crash(WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                          WIFEXITED(status) ? WEXITSTATUS(status) : 0, log.read_all());
  }
  if (matches(verdict, signature_)) {
    verdict_ = verdict;
    return {current + 1, true, false};
  }
  return {current + 1, false, true};
}

std::optional<std::size_t> BatchExaminer::first_match(std::span<const Input> candidates) {
  std::size_t done = 0;
  std::size_t deaths_left = kDeathsMax + candidates.size() / kCandidatesPerDeath;
  while (done < candidates.size() && deaths_left > 0 && error_.empty()) {
    const Outcome outcome = run_batch(candidates.subspan(done));
    done += outcome.examined;
    if (outcome.is_match) return done - 1;
    if (outcome.has_died) --deaths_left;
  }
  return std::nullopt;
}

std::vector<Key> BatchExaminer::keys_of(const Input& input) {
  std::string error;
  const ChildRun child =
      run_in_child(input, {.last_steps_max = kStepsKept, .timeout_s = timeout_s_}, error);
  if (!error.empty()) error_ = "cannot run a child process: " + error;
  std::vector<Key> keys;
  for (const Step& step : child.trace.last_steps) keys.push_back({step.path, step.site, 0});
  return keys;
}

}  // namespace concertina::fuzzers
