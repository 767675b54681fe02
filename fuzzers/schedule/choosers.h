// Choosers: from a Schedule to the Chooser that carries it out.
//
// A new strategy is one file with a Chooser that has `reset(const Schedule&)`, its name in Strategy
// and strategy_name (schedule.h), and one member and one line in `strategy_for` here.
//
// Around the strategy come the schedule's deviations, if it has any.
#pragma once

#include "schedule/deviating.h"
#include "schedule/non_preemptive.h"
#include "schedule/pct.h"
#include "schedule/pos.h"
#include "schedule/random_walk.h"
#include "schedule/reads_from.h"
#include "schedule/surw.h"

namespace concertina::fuzzers {

/// One of each strategy, to be kept over many runs: preparing one allocates nothing.
class Choosers {
 public:
  Choosers() = default;
  Choosers(const Choosers&) = delete;  // the prepared chooser points into it
  Choosers& operator=(const Choosers&) = delete;

  /// The chooser for one run, valid until the next call.
  Chooser& prepare(const Schedule& schedule);

 private:
  Chooser& strategy_for(const Schedule& schedule);

  RandomWalk random_walk_;
  Pct pct_;
  NonPreemptive non_preemptive_;
  Pos pos_;
  ReadsFrom reads_from_;
  Surw surw_;
  Deviating deviating_;
};

/// The strategy that a schedule really has. kPortfolio in a schedule is one of the others, drawn by
/// its seed; the portfolio of a search is something else (explorer.h).
Strategy effective_strategy(const Schedule& schedule);

}  // namespace concertina::fuzzers
