#include "tools/explore_child.h"

#include <algorithm>
#include <chrono>
#include <csignal>

#include "explore/bounded.h"
#include "explore/replay_trail.h"
#include "explore/source_dpor.h"
#include "host/forked.h"
#include "host/shared_memory.h"
#include "tools/child.h"
#include "tools/forked_verdict.h"
#include "tools/packed.h"

namespace concertina::fuzzers {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kRunsBetweenLooks = 32;  // at the clock
constexpr auto kProgressEvery = std::chrono::milliseconds(250);

volatile std::sig_atomic_t stop_wanted = 0;

/// What both processes see. Only the child writes, but for `stop`.
struct Board {
  std::atomic<std::uint32_t> stop{0};
  std::atomic<std::uint64_t> runs{0};
  std::atomic<std::uint32_t> bound_count{0};  // reports begun
  std::atomic<bool> is_learning{false};
  std::uint32_t preemptions = 0;
  double behind = 0;
  std::array<BoundReport, kBoundsMax> bounds{};
  Trail trail;
};

// --- The child -----------------------------------------------------------------------------------

class Child {
 public:
  Child(const Input& input, const ExploreOrder& order, Board& board)
      : input_(input), order_(order), board_(board) {}

  /// C1, C2.
  std::string answer() {
    const ExploreEnd end = explore();
    return Packer().value(end).verdict(verdict_).text(state_).bytes();
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
    verdict_ = verdict;
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
      if (end != ExploreEnd::kNone) state_ = search.save();
    }
    return end;
  }

  const Input& input_;
  const ExploreOrder& order_;
  Board& board_;
  const Clock::time_point begin_ = Clock::now();
  std::uint64_t schedules_before_ = 0;
  Verdict verdict_;
  std::string state_;
};

// --- The parent ----------------------------------------------------------------------------------

/// Shows progress and hands on "stop", between two waits.
class Desk {
 public:
  Desk(Board& board, const ExploreOrder& order) : board_(board), order_(order) {}

  void look() {
    if (stop_wanted != 0) board_.stop.store(1, std::memory_order_release);
    const std::uint32_t bounds = board_.bound_count.load(std::memory_order_acquire);
    const Clock::time_point now = Clock::now();
    if (!order_.progress || bounds == 0 || now - shown_ < kProgressEvery) return;
    shown_ = now;
    order_.progress(board_.bounds[bounds - 1], board_.behind);
  }

 private:
  Board& board_;
  const ExploreOrder& order_;
  Clock::time_point shown_ = Clock::now();
};

Explored read_board(const Board& board) {
  Explored explored;
  explored.bounds.assign(board.bounds.begin(), board.bounds.begin() + board.bound_count.load());
  explored.preemptions = board.preemptions;
  explored.trail.assign(board.trail.chosen, board.trail.chosen + board.trail.count);
  return explored;
}

/// False when the child died or hung before it knew how it ended.
bool read_answer(const Forked& forked, Explored& explored) {
  if (!forked.answered()) return false;
  Unpacker in(forked.answer);
  in.value(explored.end);
  in.verdict(explored.verdict);
  in.text(explored.state);
  return in.is_whole();
}

}  // namespace

void stop_exploring() { stop_wanted = 1; }

Explored explore_in_child(const Input& input, const ExploreOrder& order) {
  const Shared<Board> board;
  Desk desk(*board, order);
  const Forked forked = run_forked([&] { return Child(input, order, *board).answer(); },
                                   {.timeout_s = order.timeout_s,
                                    .progress = &board->runs,
                                    .look = [&desk] { desk.look(); }});
  Explored explored = read_board(*board);
  if (read_answer(forked, explored)) return explored;
  if (board->is_learning.load()) {
    // It died in a run by chance, which belongs to no bound: once more without such runs.
    ExploreOrder without = order;
    without.learns = false;
    return explore_in_child(input, without);
  }
  if (!explored.bounds.empty()) ++explored.bounds.back().schedules;  // the run in which it died
  explored.verdict = verdict_of(forked);
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
  const Shared<WrittenDeviations> written;
  WriteDown chooser;
  chooser.reset(explored.trail, input.schedule, written.get());
  ChildOptions options = child_options;
  options.chooser = &chooser;
  run_in_child(input, options);
  if (!written->is_exact) {
    return {input, "it takes more, or larger, deviations than a schedule can have"};
  }
  result.input.schedule.deviations = written->deviations();
  options.chooser = nullptr;
  const ChildRun again = run_in_child(result.input, options);
  if (again.verdict.signature() != explored.verdict.signature()) {
    return {input, "written with deviations it ends otherwise: " + again.verdict.signature()};
  }
  return result;
}

}  // namespace concertina::fuzzers
