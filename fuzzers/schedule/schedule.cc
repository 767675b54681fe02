// The rules of schedule.h: as a check that names the first broken one, and as a repair.
#include "schedule/schedule.h"

#include <algorithm>
#include <iterator>

#include "base/names.h"

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

bool is_action(StackAction action) {
  return action != StackAction::kNone && action <= kLastStackAction;
}

bool has_known_sites(const Constraint& constraint) {
  return constraint.reader < Site::kCount && constraint.writer < Site::kCount;
}

}  // namespace

std::string_view strategy_name(Strategy strategy) {
  constexpr std::string_view kNames[] = {"random",     "pct",  "non-preemptive", "pos",
                                         "reads-from", "surw", "portfolio"};
  static_assert(std::size(kNames) == static_cast<std::size_t>(Strategy::kCount));
  return name_at(kNames, strategy, "");
}

Strategy strategy_by_name(std::string_view name) {
  for (unsigned i = 0; i < static_cast<unsigned>(Strategy::kCount); ++i) {
    if (strategy_name(static_cast<Strategy>(i)) == name) return static_cast<Strategy>(i);
  }
  return Strategy::kCount;
}

std::string validate(const Schedule& schedule) {
  if (schedule.processors < 1 || schedule.processors > kProcessorsMax) {
    return "processors are out of range";
  }
  if (schedule.machines_max < kMachinesMin || schedule.machines_max > kMachinesMax) {
    return "machines_max is out of range";
  }
  if (schedule.slice < 1) return "slice is out of range";
  if (schedule.strategy >= Strategy::kCount) return "unknown strategy";
  if (schedule.depth < 1 || schedule.depth > kDepthMax) return "depth is out of range";
  if (schedule.stack_events.size() > kStackEventsMax) return "too many stack events";
  for (const StackEvent& event : schedule.stack_events) {
    if (!is_action(event.action)) return "stack event: unknown action";
    if (event.key.site >= Site::kCount) return "stack event: unknown site";
  }
  if (schedule.deviations.size() > kDeviationsMax) return "too many deviations";
  for (const Deviation& deviation : schedule.deviations) {
    if (deviation.kind >= DeviationKind::kCount) return "deviation: unknown kind";
    if (deviation.key.site >= Site::kCount) return "deviation: unknown site";
  }
  if (schedule.constraints.size() > kConstraintsMax) return "too many constraints";
  for (const Constraint& constraint : schedule.constraints) {
    if (!has_known_sites(constraint)) return "constraint: unknown site";
  }
  if (schedule.targets.size() > kTargetsMax) return "too many targets";
  if (schedule.thread_counts.size() > kThreadCountsMax) return "too many thread counts";
  return "";
}

void normalise(Schedule& schedule) {
  schedule.processors =
      static_cast<std::uint8_t>(std::clamp<unsigned>(schedule.processors, 1, kProcessorsMax));
  schedule.machines_max = static_cast<std::uint8_t>(
      std::clamp<unsigned>(schedule.machines_max, kMachinesMin, kMachinesMax));
  schedule.slice = std::max<std::uint8_t>(schedule.slice, 1);
  if (schedule.strategy >= Strategy::kCount) schedule.strategy = Strategy::kRandom;
  schedule.depth = static_cast<std::uint8_t>(std::clamp<unsigned>(schedule.depth, 1, kDepthMax));
  std::erase_if(schedule.stack_events, [](const StackEvent& event) {
    return !is_action(event.action) || event.key.site >= Site::kCount;
  });
  std::erase_if(schedule.deviations, [](const Deviation& deviation) {
    return deviation.kind >= DeviationKind::kCount || deviation.key.site >= Site::kCount;
  });
  std::erase_if(schedule.constraints,
                [](const Constraint& constraint) { return !has_known_sites(constraint); });
  if (schedule.constraints.size() > kConstraintsMax) schedule.constraints.resize(kConstraintsMax);
  if (schedule.targets.size() > kTargetsMax) schedule.targets.resize(kTargetsMax);
  if (schedule.thread_counts.size() > kThreadCountsMax) {
    schedule.thread_counts.resize(kThreadCountsMax);
  }
  if (schedule.stack_events.size() > kStackEventsMax) schedule.stack_events.resize(kStackEventsMax);
  if (schedule.deviations.size() > kDeviationsMax) schedule.deviations.resize(kDeviationsMax);
  const std::string rule = validate(schedule);
  CHECK(rule.empty(), "a schedule that was made valid is valid: " + rule);
}

}  // namespace concertina::fuzzers
