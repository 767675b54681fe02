#include "schedule/choosers.h"

namespace concertina::fuzzers {

Chooser& Choosers::prepare(const Schedule& schedule) {
  Chooser* strategy = &random_walk_;
  switch (schedule.strategy) {
    case Strategy::kPct:
      pct_.reset(schedule);
      strategy = &pct_;
      break;
    case Strategy::kNonPreemptive:
      non_preemptive_.reset(schedule);
      strategy = &non_preemptive_;
      break;
    case Strategy::kRandom:
    case Strategy::kCount:
      random_walk_.reset(schedule);
      break;
  }
  if (schedule.deviations.empty()) return *strategy;
  deviating_.reset(schedule, *strategy);
  return deviating_;
}

std::string_view strategy_name(Strategy strategy) {
  switch (strategy) {
    case Strategy::kRandom:
      return "random";
    case Strategy::kPct:
      return "pct";
    case Strategy::kNonPreemptive:
      return "non-preemptive";
    case Strategy::kCount:
      break;
  }
  return "";
}

Strategy strategy_by_name(std::string_view name) {
  for (unsigned i = 0; i < static_cast<unsigned>(Strategy::kCount); ++i) {
    if (strategy_name(static_cast<Strategy>(i)) == name) return static_cast<Strategy>(i);
  }
  return Strategy::kCount;
}

}  // namespace concertina::fuzzers
