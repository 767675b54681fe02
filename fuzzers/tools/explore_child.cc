#include "tools/explore_child.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <new>
#include <thread>

#include "explore/bounded.h"
#include "explore/replay_trail.h"
#include "explore/source_dpor.h"
#include "oracle/crash.h"
#include "tools/child.h"
#include "tools/shared_memory.h"
#include "tools/watch_child.h"

namespace concertina::fuzzers {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kRunsBetweenLooks = 32;  // at the clock
constexpr auto kProgressEvery = std::chrono::milliseconds(250);

volatile std::sig_atomic_t stop_wanted = 0;

/// What both processes see. Only the child writes, but for `stop`.
struct Board {
  std::atomic<std::uint32_t> stop{0};
  std::atomic<std::uint32_t> end{0};  // ExploreEnd
  std::atomic<std::uint64_t> runs{0};
  std::atomic<std::uint32_t> bound_count{0};  // reports begun
  std::atomic<bool> is_learning{false};
  std::uint32_t preemptions = 0;
  double behind = 0;
  std::array<BoundReport, kBoundsMax> bounds{};
  Trail trail;
};

struct Notes {
  MemoryFile log{"concertina-log"};
  MemoryFile verdict{"concertina-verdict"};
  MemoryFile state{"concertina-state"};
  bool are_there() const {
    return log.descriptor() >= 0 && verdict.descriptor() >= 0 && state.descriptor() >= 0;
  }
};

// --- The child -----------------------------------------------------------------------------------

class Child {
 public:
  Child(const Input& input, const ExploreOrder& order, Board& board, const Notes& notes)
      : input_(input), order_(order), board_(board), notes_(notes) {}

  [[noreturn]] void be() {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a killed tool leaves no search behind
    std::signal(SIGINT, SIG_IGN);      // the parent says when
    std::signal(SIGTERM, SIG_IGN);
    dup2(notes_.log.descriptor(), STDERR_FILENO);
    board_.end.store(static_cast<std::uint32_t>(explore()), std::memory_order_release);
    _exit(0);
  }

 private:
  ExploreEnd explore() {
    if (order_.is_unbounded) {
      SourceDpor search;
      search.keep_trail(&board_.trail);
      search.start(input_.schedule);
      const ExploreEnd end = explore_all_of(search, 0);
      return end == ExploreEnd::kNone ? ExploreEnd::kComplete : end;
    }
    BoundedOptions options{.fixes_draws = order_.fixes_draws};
    if (!order_.learns) options.runs_to_learn = 0;
    BoundedSearch search(options);
    search.keep_trail(&board_.trail);
    unsigned bound = order_.first_bound;
    if (!order_.resume.empty()) {
      if (!search.restore(order_.resume, input_.schedule)) return ExploreEnd::kDiverged;
      bound = search.bound();
    }
    for (bool resumed = !order_.resume.empty(); bound <= order_.last_bound; ++bound) {
      if (!resumed) search.start(bound, input_.schedule);
      resumed = false;
      const ExploreEnd end = explore_all_of(search, bound);
      if (end != ExploreEnd::kNone) return end;
    }
    return ExploreEnd::kComplete;
  }

  template <class Search>
  ExploreEnd explore_all_of(Search& search, unsigned bound) {
    const std::uint32_t index = board_.bound_count.load(std::memory_order_relaxed);
    BoundReport& report = board_.bounds[index];
    report.bound = bound;
    board_.bound_count.store(index + 1, std::memory_order_release);
    const Clock::time_point begin = Clock::now();
    const std::uint64_t runs_before = search.runs();
    ExploreEnd end = ExploreEnd::kNone;
    while (!search.is_done() && end == ExploreEnd::kNone) {
      end = run_once(search);
      report.schedules = search.schedules();
      report.cuts = search.cuts();
      if constexpr (requires { search.states(); }) report.states = search.states();
      report.runs = search.runs() - runs_before;
      report.decided_max = std::max<std::uint64_t>(report.decided_max, search.depth());
      if (end != ExploreEnd::kNone || search.runs() % kRunsBetweenLooks != 0) continue;
      report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      board_.behind = search.progress();
      end = look_at_limits(search);
    }
    report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    report.is_complete = search.is_done() && end == ExploreEnd::kNone;
    schedules_before_ += report.schedules;
    return end;
  }

  template <class Search>
  ExploreEnd run_once(Search& search) {
    bool is_learning = false;
    if constexpr (requires { search.will_learn(); }) is_learning = search.will_learn();
    board_.is_learning.store(is_learning, std::memory_order_relaxed);
    search.begin_run();
    const Trace trace = run(input_, {.chooser = &search});
    const auto run_end = search.end_run(trace.outcome != Outcome::kHung);
    board_.runs.fetch_add(1, std::memory_order_release);
    if (run_end.has_diverged) return ExploreEnd::kDiverged;
    if (run_end.is_cut || is_learning) return ExploreEnd::kNone;
    const Verdict verdict =
        order_.judge != nullptr ? order_.judge(input_, trace) : judge(input_, trace);
    if (!verdict.failed()) return ExploreEnd::kNone;
    if (!order_.signature.empty() && verdict.signature() != order_.signature) {
      return ExploreEnd::kNone;
    }
    if constexpr (requires { run_end.preemptions; }) board_.preemptions = run_end.preemptions;
    notes_.verdict.write_all(verdict.oracle + '\n' + verdict.kind + '\n' + verdict.detail);
    return ExploreEnd::kFailed;
  }

  template <class Search>
  ExploreEnd look_at_limits(const Search& search) {
    ExploreEnd end = ExploreEnd::kNone;
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    if (order_.seconds_max > 0 && seconds >= order_.seconds_max) end = ExploreEnd::kBudget;
    if (order_.schedules_max > 0 &&
        schedules_before_ + search.schedules() >= order_.schedules_max) {
      end = ExploreEnd::kBudget;
    }
    if (board_.stop.load(std::memory_order_acquire) != 0) end = ExploreEnd::kInterrupted;
    if constexpr (requires { search.save(); }) {
      if (end != ExploreEnd::kNone) notes_.state.write_all(search.save());
    }
    return end;
  }

  const Input& input_;
  const ExploreOrder& order_;
  Board& board_;
  const Notes& notes_;
  const Clock::time_point begin_ = Clock::now();
  std::uint64_t schedules_before_ = 0;
};

// --- The parent ----------------------------------------------------------------------------------

/// Seconds of processor time that the child has used; on a busy machine it may get little of it.
double used_s(pid_t child) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(child, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Waits for the child. False: a run did not end in time, and the child was killed.
bool wait_for(pid_t child, Board& board, const ExploreOrder& order, int& status) {
  std::uint64_t seen = 0;
  double since_s = 0;
  Clock::time_point shown = Clock::now();
  auto pause = std::chrono::microseconds(50);
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (stop_wanted != 0) board.stop.store(1, std::memory_order_release);
    const std::uint64_t runs = board.runs.load(std::memory_order_acquire);
    const Clock::time_point now = Clock::now();
    if (runs != seen) {
      seen = runs;
      since_s = used_s(child);
    } else if (used_s(child) - since_s >= order.timeout_s) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return false;
    }
    const std::uint32_t bounds = board.bound_count.load(std::memory_order_acquire);
    if (order.progress && bounds > 0 && now - shown >= kProgressEvery) {
      shown = now;
      order.progress(board.bounds[bounds - 1], board.behind);
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(5000));
  }
  return true;
}

Explored read_board(const Board& board, const Notes& notes) {
  Explored explored;
  explored.end = static_cast<ExploreEnd>(board.end.load(std::memory_order_acquire));
  explored.bounds.assign(board.bounds.begin(), board.bounds.begin() + board.bound_count.load());
  explored.preemptions = board.preemptions;
  explored.verdict = verdict_from(notes.verdict.read_all());
  explored.trail.assign(board.trail.chosen, board.trail.chosen + board.trail.count);
  explored.state = notes.state.read_all();
  return explored;
}

}  // namespace

void stop_exploring() { stop_wanted = 1; }

Explored explore_in_child(const Input& input, const ExploreOrder& order, std::string& error) {
  const SharedMemory memory(sizeof(Board));
  Board* const board = memory.get() != nullptr ? new (memory.get()) Board : nullptr;
  const Notes notes;
  std::fflush(nullptr);  // or the child would write out what is buffered here once more
  const pid_t child = board != nullptr && notes.are_there() ? fork() : -1;
  error = child < 0 ? std::strerror(errno) : "";
  if (child < 0) return {};
  if (child == 0) Child(input, order, *board, notes).be();

  int status = 0;
  const bool in_time = wait_for(child, *board, order, status);
  Explored explored = read_board(*board, notes);
  if (explored.end != ExploreEnd::kNone) return explored;
  if (board->is_learning.load()) {
    // It died in a run by chance, which belongs to no bound: once more without such runs.
    ExploreOrder without = order;
    without.learns = false;
    return explore_in_child(input, without, error);
  }
  if (!explored.bounds.empty()) ++explored.bounds.back().schedules;  // the run in which it died
  explored.verdict = {"progress", "watchdog", "a run did not end"};
  if (in_time) {
    explored.verdict = judge_crash(WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                                   WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                                   notes.log.read_all());
  }
  const bool is_wanted =
      order.signature.empty() || explored.verdict.signature() == order.signature;
  explored.end = is_wanted ? ExploreEnd::kFailed : ExploreEnd::kDiedOtherwise;
  return explored;
}

// --- Writing down --------------------------------------------------------------------------------

WrittenInput write_down(const Input& input, const Explored& explored,
                        const ChildOptions& child_options) {
  WrittenInput result;
  result.input = input;
  result.input.schedule.strategy = Strategy::kNonPreemptive;
  result.input.schedule.deviations.clear();
  const SharedMemory memory(sizeof(WrittenDeviations));
  if (memory.get() == nullptr) return {input, "no memory to share with a child process"};
  auto* const written = new (memory.get()) WrittenDeviations;
  WriteDown chooser;
  chooser.reset(explored.trail, input.schedule, written);
  std::string error;
  ChildOptions options = child_options;
  options.chooser = &chooser;
  run_in_child(input, options, error);
  if (!error.empty()) return {input, "cannot run a child process: " + error};
  if (!written->is_exact) {
    return {input, "it takes more, or larger, deviations than a schedule can have"};
  }
  result.input.schedule.deviations = written->deviations();
  options.chooser = nullptr;
  const ChildRun again = run_in_child(result.input, options, error);
  if (!error.empty()) return {input, "cannot run a child process: " + error};
  if (again.verdict.signature() != explored.verdict.signature()) {
    return {input, "written with deviations it ends otherwise: " + again.verdict.signature()};
  }
  return result;
}

}  // namespace concertina::fuzzers
