#include "tools/child.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <thread>
#include <type_traits>

#include "oracle/crash.h"
#include "tools/shared_memory.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint32_t kResultComplete = 0x434f4e43;

// --- What crosses from the child to the parent: one process image, so plain memory will do. ---

class Writer {
 public:
  template <class T>
  void value(const T& item) {
    static_assert(std::is_trivially_copyable_v<T>);
    buffer_.append(reinterpret_cast<const char*>(&item), sizeof item);
  }
  void text(std::string_view item) {
    value(item.size());
    buffer_.append(item);
  }
  template <class Range>
  void list(const Range& items) {
    value(std::size_t{items.size()});
    for (const auto& item : items) value(item);
  }
  const std::string& buffer() const { return buffer_; }

 private:
  std::string buffer_;
};

class Reader {
 public:
  explicit Reader(std::string_view content) : rest_(content) {}

  template <class T>
  void value(T& item) {
    if (rest_.size() < sizeof item) {
      is_complete_ = false;
      return;
    }
    std::memcpy(&item, rest_.data(), sizeof item);
    rest_.remove_prefix(sizeof item);
  }
  void text(std::string& item) {
    std::size_t size = 0;
    value(size);
    is_complete_ = is_complete_ && size <= rest_.size();
    if (!is_complete_) return;
    item = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  template <class T>
  void list(std::vector<T>& items) {
    std::size_t size = 0;
    value(size);
    is_complete_ = is_complete_ && size <= rest_.size() / sizeof(T);
    if (!is_complete_) return;
    items.resize(size);
    for (T& item : items) value(item);
  }
  bool is_complete() const { return is_complete_; }

 private:
  std::string_view rest_;
  bool is_complete_ = true;
};

std::string pack(const Verdict& verdict, const Trace& trace) {
  Writer out;
  out.text(verdict.oracle);
  out.text(verdict.kind);
  out.text(verdict.detail);
  out.value(trace.outcome);
  out.text(trace.message);
  out.value(trace.hash);
  out.value(trace.steps);
  out.value(trace.decisions);
  out.list(trace.events);
  out.list(trace.last_steps);
  out.list(trace.threads);
  out.value(kResultComplete);
  return out.buffer();
}

bool unpack(std::string_view content, ChildRun& result) {
  Reader in(content);
  in.text(result.verdict.oracle);
  in.text(result.verdict.kind);
  in.text(result.verdict.detail);
  in.value(result.trace.outcome);
  in.text(result.trace.message);
  in.value(result.trace.hash);
  in.value(result.trace.steps);
  in.value(result.trace.decisions);
  in.list(result.events);
  in.list(result.trace.last_steps);
  in.list(result.trace.threads);
  std::uint32_t mark = 0;
  in.value(mark);
  result.trace.events = result.events;
  return in.is_complete() && mark == kResultComplete;
}

// --- What both processes share. ---

/// What the child writes as it happens, and the parent reads when the child could not finish.
class BlackBox {
 public:
  explicit BlackBox(std::uint32_t steps_max)
      : ring_memory_(sizeof(StepRing) + std::size_t{steps_max} * sizeof(Step)),
        log_memory_(sizeof(EventLog)) {
    if (!is_there()) return;
    ring_ = new (ring_memory_.get()) StepRing;
    ring_->capacity = steps_max;
    log_ = static_cast<EventLog*>(log_memory_.get());  // all zero: an empty log
  }

  bool is_there() const { return ring_memory_.get() != nullptr && log_memory_.get() != nullptr; }
  StepRing* ring() const { return ring_; }
  EventLog* log() const { return log_; }

  /// The steps that are still in the ring, oldest first.
  std::vector<Step> steps() const {
    std::vector<Step> result;
    const std::uint64_t kept = std::min<std::uint64_t>(ring_->count, ring_->capacity);
    for (std::uint64_t i = ring_->count - kept; i < ring_->count; ++i) {
      result.push_back(ring_->steps[i % ring_->capacity]);
    }
    return result;
  }

  std::vector<Event> events() const {
    return {log_->events, log_->events + std::min(log_->count, kEventsMax)};
  }

 private:
  SharedMemory ring_memory_;
  SharedMemory log_memory_;
  StepRing* ring_ = nullptr;
  EventLog* log_ = nullptr;
};

[[noreturn]] void be_child(const Input& input, const ChildOptions& options,
                           const BlackBox& black_box, const MemoryFile& log,
                           const MemoryFile& result) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  dup2(log.descriptor(), STDERR_FILENO);
  const RunOptions run_options{.last_steps_max = options.last_steps_max,
                               .step_ring = black_box.ring(),
                               .event_log = black_box.log(),
                               .chooser = options.chooser};
  const Trace trace = run(input, run_options);
  if (options.ended) options.ended(trace);
  const Verdict verdict = options.judge != nullptr ? options.judge(input, trace)
                                                    : judge(input, trace);
  const bool written = result.write_all(pack(verdict, trace));
  _exit(written ? 0 : kResultComplete & 0x7f);
}

/// Waits for the child. False: the time was up and the child was killed.
bool wait_for(pid_t child, unsigned timeout_s, int& status) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(timeout_s);
  auto pause = std::chrono::microseconds(100);
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (Clock::now() >= deadline) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return false;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(5000));
  }
  return true;
}

}  // namespace

ChildRun run_in_child(const Input& input, const ChildOptions& options, std::string& error) {
  ChildRun child_run;
  const MemoryFile log("concertina-log");
  const MemoryFile result("concertina-result");
  const BlackBox black_box(std::max<std::uint32_t>(options.last_steps_max, 1));
  error = std::strerror(errno);
  if (log.descriptor() < 0 || result.descriptor() < 0 || !black_box.is_there()) return child_run;
  std::fflush(nullptr);  // or the child would write out what is buffered here once more
  const pid_t child = fork();
  error = child < 0 ? std::strerror(errno) : "";
  if (child < 0) return child_run;
  if (child == 0) be_child(input, options, black_box, log, result);

  int status = 0;
  const bool in_time = wait_for(child, options.timeout_s, status);
  child_run.log = log.read_all();
  const bool exited_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (in_time && exited_well && unpack(result.read_all(), child_run)) return child_run;

  child_run.died = true;
  child_run.trace.outcome = Outcome::kFatal;
  child_run.trace.steps = static_cast<std::uint32_t>(black_box.ring()->count);
  child_run.trace.last_steps = black_box.steps();
  child_run.events = black_box.events();
  child_run.trace.events = child_run.events;
  if (in_time) {
    child_run.verdict = judge_crash(WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                                    WIFEXITED(status) ? WEXITSTATUS(status) : 0, child_run.log);
    // Whatever the log says, a run without a trace is no pass.
    if (!child_run.verdict.failed()) {
      child_run.verdict = {"memory", "ended without a trace", child_run.log};
    }
  } else {
    child_run.verdict = {"progress", "watchdog",
                         "The run passed no end within " + std::to_string(options.timeout_s) +
                             " s and was killed; it was at step " +
                             std::to_string(child_run.trace.steps) + "."};
  }
  return child_run;
}

}  // namespace concertina::fuzzers
