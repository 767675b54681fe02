#include "schedule/schedule.h"

#include <gtest/gtest.h>

#include <functional>

namespace concertina::fuzzers {
namespace {

Schedule valid_schedule() {
  Schedule schedule;
  schedule.stack_events = {{StackAction::kGrow, {}}};
  schedule.deviations = {{DeviationKind::kChoose, {}, 1}};
  schedule.constraints.resize(1);
  return schedule;
}

struct Broken {
  const char* rule;
  std::function<void(Schedule&)> breaks;
};

const Broken kBroken[] = {
    {"processors are out of range", [](Schedule& s) { s.processors = 0; }},
    {"processors are out of range", [](Schedule& s) { s.processors = kProcessorsMax + 1; }},
    {"machines_max is out of range", [](Schedule& s) { s.machines_max = kMachinesMin - 1; }},
    {"machines_max is out of range", [](Schedule& s) { s.machines_max = kMachinesMax + 1; }},
    {"slice is out of range", [](Schedule& s) { s.slice = 0; }},
    {"unknown strategy", [](Schedule& s) { s.strategy = Strategy::kCount; }},
    {"depth is out of range", [](Schedule& s) { s.depth = 0; }},
    {"depth is out of range", [](Schedule& s) { s.depth = kDepthMax + 1; }},
    {"too many stack events", [](Schedule& s) { s.stack_events.resize(kStackEventsMax + 1); }},
    {"stack event: unknown action",
     [](Schedule& s) { s.stack_events[0].action = StackAction::kNone; }},
    {"stack event: unknown action",
     [](Schedule& s) {
       s.stack_events[0].action =
           static_cast<StackAction>(1 + static_cast<unsigned>(kLastStackAction));
     }},
    {"stack event: unknown site", [](Schedule& s) { s.stack_events[0].key.site = Site::kCount; }},
    {"too many deviations", [](Schedule& s) { s.deviations.resize(kDeviationsMax + 1); }},
    {"deviation: unknown kind", [](Schedule& s) { s.deviations[0].kind = DeviationKind::kCount; }},
    {"deviation: unknown site", [](Schedule& s) { s.deviations[0].key.site = Site::kCount; }},
    {"too many constraints", [](Schedule& s) { s.constraints.resize(kConstraintsMax + 1); }},
    {"constraint: unknown site", [](Schedule& s) { s.constraints[0].reader = Site::kCount; }},
    {"constraint: unknown site", [](Schedule& s) { s.constraints[0].writer = Site::kCount; }},
    {"too many targets", [](Schedule& s) { s.targets.resize(kTargetsMax + 1); }},
    {"too many thread counts", [](Schedule& s) { s.thread_counts.resize(kThreadCountsMax + 1); }},
};

TEST(Schedule, DefaultIsValid) {
  EXPECT_EQ(validate(Schedule{}), "");
  EXPECT_EQ(validate(valid_schedule()), "");
}

TEST(Schedule, EachBrokenRuleIsNamedAndRepaired) {
  for (const Broken& broken : kBroken) {
    Schedule schedule = valid_schedule();
    broken.breaks(schedule);
    EXPECT_EQ(validate(schedule), broken.rule);
    normalise(schedule);
    EXPECT_EQ(validate(schedule), "") << broken.rule;
  }
}

TEST(Schedule, NormaliseLeavesAValidScheduleAlone) {
  Schedule schedule = valid_schedule();
  normalise(schedule);
  EXPECT_EQ(schedule, valid_schedule());
}

}  // namespace
}  // namespace concertina::fuzzers
