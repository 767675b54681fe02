#include "tools/fewer_child.h"

#include <atomic>
#include <memory>

#include "base/check.h"
#include "host/forked.h"
#include "host/shared_memory.h"
#include "host/stopwatch.h"
#include "schedule/choosers.h"
#include "schedule/explorer.h"
#include "tools/forked_verdict.h"
#include "verify/fewer_preemptions.h"
#include "verify/reversal.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kDeathsMax = 400;        // each costs a process
constexpr unsigned kRunsBetweenLooks = 32;  // at the clock

/// What both processes see. Only the child writes while it lives.
struct Board {
  std::atomic<std::uint64_t> runs{0};  // ended, of all children
  std::uint32_t runs_left = 0;         // of this start
  bool has_best = false;               // of this start
  RunLog now;
  RunLog best;
};

class Reduction {
 public:
  Reduction(const Input& input, const FewerOrder& order, Board& board)
      : input_(input), order_(order), board_(board) {}

  /// The board has the best run of this start, if there is one.
  void work_on(unsigned start) {
    const Watch watch{.timeout_s = order_.timeout_s, .progress = &board_.runs};
    board_.has_best = false;
    board_.runs_left = order_.runs_to_reduce;
    bool is_over = false;
    while (!is_over && deaths_ < kDeathsMax) {
      const Forked forked = run_forked([&] { return be_child(start); }, watch);
      is_over = forked.answered() || !bury(forked);
    }
  }

 private:
  /// P2. False when there is nothing to continue from.
  bool bury(const Forked& forked) {
    ++deaths_;
    board_.runs.fetch_add(1);  // or the next child would draw the same
    const bool counts =
        verdict_of(forked).signature() == order_.signature && can_be_reduced(board_.now);
    if (board_.runs_left > 0) --board_.runs_left;
    if (counts && (!board_.has_best || cost_of(board_.now) < cost_of(board_.best))) {
      board_.best.copy_schedule(board_.now);
      board_.has_best = true;
    }
    return board_.has_best;
  }

  /// C1 to C3.
  std::string be_child(unsigned start) {
    if (board_.has_best || find(start)) reduce();
    return "";
  }

  /// C1. True when there is a failing run, and its notes.
  bool find(unsigned start) {
    Choosers choosers;
    if (start == 0) {
      if (!fails(choosers.prepare(input_.schedule))) return false;
      return keep(board_.now);
    }
    Schedule base = input_.schedule;
    std::erase_if(base.deviations, is_preemption);
    const auto explorer = std::make_unique<Explorer>(base, Strategy::kPortfolio, start);
    for (unsigned i = 0; i < order_.runs_to_find && !is_late(i); ++i) {
      const Schedule& schedule = explorer->next();
      if (fails(choosers.prepare(schedule))) return keep(board_.now);
      explorer->ran(board_.now);
    }
    return false;
  }

  /// C2.
  void reduce() {
    CHECK(board_.has_best, "there is a failing run to reduce");
    const auto fewer = std::make_unique<FewerPreemptions>(board_.best, board_.runs.load());
    OrderPlayer player;
    for (; board_.runs_left > 0 && !is_late(board_.runs_left); --board_.runs_left) {
      player.reset(fewer->next(), fewer->current(), input_.schedule);
      fewer->ran(board_.now, fails(player));
      if (cost_of(fewer->best()) < cost_of(board_.best)) keep(fewer->best());
    }
  }

  bool keep(const RunLog& log) {
    CHECK(can_be_reduced(log), "a run that is kept can be made again from its log");
    board_.best.copy_schedule(log);
    board_.has_best = true;
    return true;
  }

  bool fails(Chooser& chooser) {
    const Trace trace = run(input_, {.chooser = &chooser, .log = &board_.now});
    const Verdict verdict = order_.judge(input_, trace);
    board_.runs.fetch_add(1, std::memory_order_release);
    return verdict.failed() && verdict.signature() == order_.signature &&
           can_be_reduced(board_.now);
  }

  bool is_late(unsigned run) const {
    return run % kRunsBetweenLooks == 0 && order_.seconds_max > 0 &&
           watch_.seconds() >= order_.seconds_max;
  }

  const Input& input_;
  const FewerOrder& order_;
  Board& board_;
  const Stopwatch watch_;
  unsigned deaths_ = 0;
};

}  // namespace

Fewer find_fewer_preemptions(const Input& input, const FewerOrder& order) {
  Fewer fewer;
  const Shared<Board> board;
  Reduction reduction(input, order, *board);
  for (unsigned start = 0; start < order.starts; ++start) {
    reduction.work_on(start);
    const RunLog& best = board->best;
    if (!board->has_best || (fewer.is_found && best.preemptions >= fewer.preemptions)) continue;
    fewer.is_found = true;
    fewer.preemptions = best.preemptions;
    fewer.trail = trail_of(best);
  }
  fewer.runs = board->runs.load();
  if (!fewer.is_found) return fewer;
  // What is said of it rests on its replay.
  TrailPlayer player;
  player.reset(fewer.trail, input.schedule);
  fewer.verdict =
      run_in_child(input, {.timeout_s = order.timeout_s, .chooser = &player, .judge = order.judge})
          .verdict;
  fewer.is_found = fewer.verdict.signature() == order.signature;
  return fewer;
}

}  // namespace concertina::fuzzers
