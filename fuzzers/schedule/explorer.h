// Explorer: a search of the schedules of one program. It says what to run next, learns what the
// run did, and writes what it has learnt *into* the schedules that follow: constraints for
// reads-from, targets and counts for SURW, a horizon for PCT. So every schedule that it makes is a
// complete input: its run does not depend on the search that made it, and replays without one.
//
//   Explorer explorer(base, Strategy::kPortfolio, seed);
//   for (...) {
//     const Schedule& schedule = explorer.next();
//     Chooser& chooser = choosers.prepare(schedule);
//     ... run, with a log if explorer.learns() ...
//     explorer.ran(log);
//   }
//
// kPortfolio rotates reads-from, PCT and SURW, with fixed shares of the turns. The best strategy
// for the bug is unknown; if it has 1/k of the turns, the portfolio needs at most k times its runs.
// The strategies share what they learn of the program. (Giving every fourth turn to the strategy
// whose runs had shown new reads-from pairs more than doubled the runs for a bug that needs
// reads-from, and saved a tenth for others: new pairs are not what finds bugs.)
//
// Reads-from works as in RFF (reads_from.h): lists of constraints that showed something new are
// kept, and each next one is a mutation of a kept one under a new seed.
#pragma once

#include <cstdint>
#include <vector>

#include "schedule/knowledge.h"

namespace concertina::fuzzers {

class Explorer {
 public:
  /// `base` has what is the same in all schedules: processors, knobs, stack events, deviations; for
  /// kPct the depth, too. Its constraints are the first to be mutated. A pure function of its
  /// arguments and of the logs of the runs.
  /// `left_out`: a strategy that gets no turn in the portfolio, to see what it is worth.
  Explorer(const Schedule& base, Strategy strategy, std::uint64_t seed,
           Strategy left_out = Strategy::kCount);

  /// The next schedule to run, valid until the next call.
  const Schedule& next();
  /// Must the run of that schedule be logged?
  bool learns() const { return learns_; }
  /// The run is over; its log is looked at only if it had to be.
  void ran(const RunLog& log);

  const Knowledge& knowledge() const { return knowledge_; }

 private:
  void fill(Strategy strategy);
  void fill_constraints();
  void fill_targets();
  void add_counts(const ObjectProfile& object);
  void mutate_constraints();
  Constraint draw_constraint();

  Schedule base_;
  Schedule schedule_;
  Random random_;
  bool is_portfolio_;
  bool learns_ = false;
  std::uint64_t runs_ = 0;
  std::vector<Strategy> turns_;
  Knowledge knowledge_;
  std::vector<std::vector<Constraint>> kept_;
  static constexpr std::uint16_t kNoPosition = 0xffff;
  std::vector<std::uint16_t> positions_;  // in the schedule's counts, by a thread's name
};

}  // namespace concertina::fuzzers
