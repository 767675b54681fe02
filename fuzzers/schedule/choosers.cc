#include "schedule/choosers.h"

#include "base/check.h"

namespace concertina::fuzzers {

Strategy effective_strategy(const Schedule& schedule) {
  if (schedule.strategy != Strategy::kPortfolio) return schedule.strategy;
  // Its own draw, so that it says nothing about those of the strategy.
  switch (Random(schedule.seed ^ 0x706f7274666f6c69U).below(4)) {
    case 0:
      return Strategy::kPct;
    case 1:
      return schedule.targets.empty() ? Strategy::kRandom : Strategy::kSurw;
    case 2:
      return schedule.constraints.empty() ? Strategy::kPos : Strategy::kReadsFrom;
    default:
      return Strategy::kPos;
  }
}

Chooser& Choosers::strategy_for(const Schedule& schedule) {
  const auto prepared = [&](auto& strategy) -> Chooser& {
    strategy.reset(schedule);
    return strategy;
  };
  const Strategy effective = effective_strategy(schedule);
  CHECK(effective < Strategy::kPortfolio, "the portfolio stands for one of the others");
  switch (effective) {
    case Strategy::kPct:
      return prepared(pct_);
    case Strategy::kNonPreemptive:
      return prepared(non_preemptive_);
    case Strategy::kPos:
      return prepared(pos_);
    case Strategy::kReadsFrom:
      return prepared(reads_from_);
    case Strategy::kSurw:
      return prepared(surw_);
    case Strategy::kRandom:
    case Strategy::kPortfolio:
    case Strategy::kCount:
      break;
  }
  return prepared(random_walk_);
}

Chooser& Choosers::prepare(const Schedule& schedule) {
  Chooser& strategy = strategy_for(schedule);
  if (schedule.deviations.empty()) return strategy;
  deviating_.reset(schedule, strategy);
  CHECK(schedule.deviations.size() <= kDeviationsMax, "a schedule has as many wishes as may be");
  return deviating_;
}

}  // namespace concertina::fuzzers
