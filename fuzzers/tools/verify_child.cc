#include "tools/verify_child.h"

#include <algorithm>
#include <csignal>

#include "base/check.h"
#include "host/forked.h"
#include "host/shared_memory.h"
#include "host/stopwatch.h"
#include "tools/child.h"
#include "tools/forked_verdict.h"
#include "tools/packed.h"
#include "tools/verify_progress.h"
#include "verify/bounded.h"
#include "verify/replay_trail.h"
#include "verify/source_dpor.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kRunsBetweenLooks = 32;  // at the clock
constexpr double kProgressEvery_s = 0.25;

volatile std::sig_atomic_t stop_wanted = 0;

/// What both processes see. Only the child writes, but for `stop`.
struct Board {
  std::atomic<std::uint32_t> stop{0};
  std::atomic<std::uint64_t> runs{0};
  std::atomic<std::uint32_t> bound_count{0};  // reports begun
  std::atomic<bool> is_learning{false};
  std::atomic<std::uint32_t> offered{0};  // states
  std::atomic<std::uint32_t> taken{0};
  double done = 0;
  std::array<BoundReport, kBoundsMax> bounds{};
  RunLog log;  // of the latest run
};

// --- The child -----------------------------------------------------------------------------------

class Child {
 public:
  Child(const Input& input, const VerifyOrder& order, Board& board, const MemoryFile& desk)
      : input_(input), order_(order), board_(board), desk_(desk) {}

  /// C1 to C3.
  std::string answer() {
    const VerifyEnd end = explore();
    return pack(end, verdict_, state_);
  }

 private:
  VerifyEnd explore() {
    if (order_.is_unbounded) {
      SourceDpor search;
      search.start(input_.schedule);
      const VerifyEnd end = explore_all_of(search, 0);
      return end == VerifyEnd::kNone ? VerifyEnd::kComplete : end;
    }
    BoundedOptions options{.fixes_draws = order_.fixes_draws};
    if (!order_.learns) options.runs_to_learn = 0;
    BoundedSearch search(options);
    return order_.resume.empty() ? explore_from(search, order_.first_bound, false) : resume(search);
  }

  VerifyEnd resume(BoundedSearch& search) {
    VerifyProgress state;
    if (!parse(order_.resume, state) || !search.restore(state.search, input_.schedule) ||
        state.bounds.front().bound != order_.first_bound) {
      return VerifyEnd::kDiverged;
    }
    // The last one is the one to continue, if it is asked for.
    begun_ = state.bounds.back();
    state.bounds.pop_back();
    for (const BoundReport& report : state.bounds) {
      if (report.bound > order_.last_bound) break;
      CHECK(board_.bound_count.load(std::memory_order_relaxed) < board_.bounds.size(),
            "the board has room for each bound");
      board_.bounds[board_.bound_count.fetch_add(1, std::memory_order_release)] = report;
    }
    return explore_from(search, begun_.bound, true);
  }

  VerifyEnd explore_from(BoundedSearch& search, unsigned bound, bool is_begun) {
    for (; bound <= order_.last_bound; ++bound) {
      if (!is_begun) {
        search.start(bound, input_.schedule);
        begun_ = {};
      }
      is_begun = false;
      const VerifyEnd end = explore_all_of(search, bound);
      if (end != VerifyEnd::kNone) return end;
    }
    return VerifyEnd::kComplete;
  }

  template <class Search>
  VerifyEnd explore_all_of(Search& search, unsigned bound) {
    const std::uint32_t index = board_.bound_count.load(std::memory_order_relaxed);
    CHECK(index < board_.bounds.size(), "the board has room for each bound");
    BoundReport& report = board_.bounds[index];
    report.bound = bound;
    board_.bound_count.store(index + 1, std::memory_order_release);
    const Stopwatch watch;
    const std::uint64_t runs_before = search.runs() - begun_.runs;
    const auto write_report = [&] {
      report.schedules = search.schedules();
      report.cuts = search.cuts();
      if constexpr (requires { search.states(); }) report.states = search.states();
      report.runs = search.runs() - runs_before;
      report.decided_max =
          std::max<std::uint64_t>({begun_.decided_max, report.decided_max, search.depth()});
      report.seconds = begun_.seconds + watch.seconds();
      CHECK(report.schedules <= report.runs, "each schedule was a run");
    };
    VerifyEnd end = VerifyEnd::kNone;
    write_report();
    offer_state(search, true);
    while (!search.is_done() && end == VerifyEnd::kNone) {
      end = run_once(search);
      write_report();
      if (search.is_done() || end != VerifyEnd::kNone || search.runs() % kRunsBetweenLooks != 0) {
        continue;
      }
      board_.done = search.progress();
      end = look_at_limits(search);
      offer_state(search, false);
    }
    report.is_complete = search.is_done() && end == VerifyEnd::kNone;
    return end;
  }

  template <class Search>
  VerifyEnd run_once(Search& search) {
    bool is_learning = false;
    if constexpr (requires { search.will_learn(); }) is_learning = search.will_learn();
    board_.is_learning.store(is_learning, std::memory_order_relaxed);
    search.begin_run();
    const Trace trace = run(input_, {.chooser = &search, .log = &board_.log});
    const auto run_end = search.end_run(trace.outcome != Outcome::kHung);
    board_.runs.fetch_add(1, std::memory_order_release);
    if (run_end.has_diverged) return VerifyEnd::kDiverged;
    if (run_end.is_cut || is_learning) return VerifyEnd::kNone;
    ++judged_;
    const Verdict verdict = order_.judge(input_, trace);
    if (!verdict.failed()) return VerifyEnd::kNone;
    if (!order_.signature.empty() && verdict.signature() != order_.signature) {
      return VerifyEnd::kNone;
    }
    verdict_ = verdict;
    return VerifyEnd::kFailed;
  }

  template <class Search>
  VerifyEnd look_at_limits(const Search& search) {
    VerifyEnd end = VerifyEnd::kNone;
    if (order_.seconds_max > 0 && watch_.seconds() >= order_.seconds_max) {
      end = VerifyEnd::kBudget;
    }
    if (order_.schedules_max > 0 && judged_ >= order_.schedules_max) end = VerifyEnd::kBudget;
    if (board_.stop.load(std::memory_order_acquire) != 0) end = VerifyEnd::kInterrupted;
    if constexpr (requires { search.save(); }) {
      if (end != VerifyEnd::kNone) state_ = state_of(search);
    }
    return end;
  }

  std::string state_of(const BoundedSearch& search) const {
    VerifyProgress state;
    state.bounds.assign(board_.bounds.begin(), board_.bounds.begin() + board_.bound_count.load());
    state.search = search.save();
    const std::string text = print(state);
    VerifyProgress back;
    CHECK(parse(text, back) && back.search == state.search, "a state is read back from its text");
    return text;
  }

  /// C2.
  template <class Search>
  void offer_state(const Search& search, bool is_bound_new) {
    if constexpr (requires { search.save(); }) {
      is_offer_due_ =
          is_offer_due_ || is_bound_new || since_offer_.seconds() >= order_.keep_every_s;
      const std::uint32_t offered = board_.offered.load(std::memory_order_relaxed);
      if (!order_.keep || !is_offer_due_) return;
      if (board_.taken.load(std::memory_order_acquire) != offered) return;
      if (!desk_.replace_all(state_of(search))) return;  // no memory: the one before stays
      board_.offered.store(offered + 1, std::memory_order_release);
      since_offer_ = {};
      is_offer_due_ = false;
    }
  }

  const Input& input_;
  const VerifyOrder& order_;
  Board& board_;
  const MemoryFile& desk_;
  const Stopwatch watch_;
  BoundReport begun_;  // what was done before of the bound in progress
  std::uint64_t judged_ = 0;
  Stopwatch since_offer_;
  bool is_offer_due_ = false;
  Verdict verdict_;
  std::string state_;
};

// --- The parent ----------------------------------------------------------------------------------

/// Shows progress, hands on "stop" and keeps what is offered, between two waits.
class Desk {
 public:
  Desk(Board& board, const VerifyOrder& order) : board_(board), order_(order) {}

  const MemoryFile& states() const { return states_; }

  void look() {
    if (stop_wanted != 0) board_.stop.store(1, std::memory_order_release);
    const std::uint32_t offered = board_.offered.load(std::memory_order_acquire);
    if (offered != board_.taken.load(std::memory_order_relaxed)) {
      order_.keep(states_.read_all());
      board_.taken.store(offered, std::memory_order_release);
    }
    const std::uint32_t bounds = board_.bound_count.load(std::memory_order_acquire);
    if (!order_.progress || bounds == 0 || since_shown_.seconds() < kProgressEvery_s) return;
    since_shown_ = {};
    order_.progress(board_.bounds[bounds - 1], board_.done);
  }

 private:
  Board& board_;
  const VerifyOrder& order_;
  const MemoryFile states_{"concertina-state"};
  Stopwatch since_shown_;
};

Verified read_board(const Board& board) {
  Verified explored;
  explored.bounds.assign(board.bounds.begin(), board.bounds.begin() + board.bound_count.load());
  explored.preemptions = board.log.preemptions;  // of the run in which it died, too
  explored.trail = trail_of(board.log);
  return explored;
}

}  // namespace

void stop_exploring() { stop_wanted = 1; }

Verified verify_in_child(const Input& input, const VerifyOrder& order) {
  const Shared<Board> board;
  Desk desk(*board, order);
  const Forked forked = run_forked(
      [&] { return Child(input, order, *board, desk.states()).answer(); },
      {.timeout_s = order.timeout_s, .progress = &board->runs, .look = [&desk] { desk.look(); }});
  Verified explored = read_board(*board);
  if (forked.answered() && unpack(forked.answer, explored.end, explored.verdict, explored.state)) {
    if (explored.end != VerifyEnd::kFailed) explored.preemptions = 0;
    return explored;
  }
  if (board->is_learning.load()) {
    // It died in a run by chance, which belongs to no bound: once more without such runs.
    VerifyOrder without = order;
    without.learns = false;
    return verify_in_child(input, without);
  }
  if (!explored.bounds.empty()) ++explored.bounds.back().schedules;  // the run in which it died
  explored.verdict = verdict_of(forked);
  const bool is_wanted = order.signature.empty() || explored.verdict.signature() == order.signature;
  explored.end = is_wanted ? VerifyEnd::kFailed : VerifyEnd::kDiedOtherwise;
  return explored;
}

// --- Writing down --------------------------------------------------------------------------------

WrittenInput write_down(const Input& input, const Verified& explored,
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
  result.input.schedule.deviations.assign(written->all().begin(), written->all().end());
  options.chooser = nullptr;
  const ChildRun again = run_in_child(result.input, options);
  if (again.verdict.signature() != explored.verdict.signature()) {
    return {input, "written with deviations it ends otherwise: " + again.verdict.signature()};
  }
  return result;
}

}  // namespace concertina::fuzzers
