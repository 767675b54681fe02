// What the strategies hold each other and the simulator to: a state that is wrong on purpose ends
// the process with the rule's words.
#include <gtest/gtest.h>

#include <array>

#include "schedule/deviating.h"
#include "schedule/explorer.h"
#include "schedule/key_text.h"
#include "schedule/pct.h"
#include "schedule/priorities.h"
#include "schedule/stack_event_table.h"

namespace concertina::fuzzers {
namespace {

TEST(RandomDeathTest, DrawsFromSomething) {
  Random random(1);
  EXPECT_DEATH(random.below(0), "a draw has at least one value");
  EXPECT_DEATH(random.between(3, 2), "a range is not empty");
}

TEST(KeyTableDeathTest, IsAskedAboutSites) {
  KeyTable table;
  table.clear();
  EXPECT_DEATH(table.pass(kMainPath, Site::kCount), "is one of the runtime's sites");
}

TEST(KeyTextDeathTest, AKeyOfNoSiteHasNoText) {
  const Key key = {kMainPath, Site::kCount, 0};
  EXPECT_DEATH(key_text(key), "a key is read back from its text");
}

TEST(PrioritiesDeathTest, AThreadStartsOnceAndIsNotedBeforeItIsAskedAbout) {
  Priorities priorities;
  priorities.reset(1);
  priorities.started(0);
  EXPECT_DEATH(priorities.started(0), "a thread starts once in a run");
  EXPECT_DEATH(priorities.highest(bit(0)), "operations that were all noted");
}

TEST(PctDeathTest, HasRoomForItsChangePoints) {
  Schedule schedule;
  schedule.depth = kDepthMax + 1;
  Pct pct;
  EXPECT_DEATH(pct.reset(schedule), "a bug of depth d has d - 1 change points");
}

/// Knows no bounds.
class Wrong final : public Chooser {
 public:
  ThreadId pick(ThreadMask, ThreadId, const Pending*) override { return 3; }
  std::uint32_t choose(std::uint32_t n, Site, SpawnPath) override { return n; }
};

TEST(DeviatingDeathTest, HoldsItsStrategyToWhatItWasAsked) {
  Schedule schedule;
  schedule.deviations = {{DeviationKind::kHold, {kAnyPath, Site::kTest, 0}, 1}};
  Wrong wrong;
  Deviating deviating;
  deviating.reset(schedule, wrong);
  const std::array<Pending, 4> pending{};
  EXPECT_DEATH(deviating.choose(2, Site::kTest, kMainPath), "a strategy draws in range");
  EXPECT_DEATH(deviating.pick(bit(0) | bit(1), 0, pending.data()),
               "a strategy picks one of those that deviations leave");
  schedule.deviations[0].key.site = Site::kCount;
  EXPECT_DEATH(deviating.reset(schedule, wrong), "a deviation names a site");
}

TEST(StackEventTableDeathTest, AnEventDoesSomethingAtASite) {
  Schedule schedule;
  schedule.stack_events = {{StackAction::kNone, {kAnyPath, Site::kTest, 0}}};
  StackEventTable table;
  EXPECT_DEATH(table.reset(schedule), "a stack event does something");
  schedule.stack_events = {{StackAction::kMove, {kAnyPath, Site::kCount, 0}}};
  EXPECT_DEATH(table.reset(schedule), "a stack event names a site");
}

TEST(ExplorerDeathTest, MakesValidSchedules) {
  Schedule base;
  base.depth = 0;
  Explorer explorer(base, Strategy::kPos, 1);
  EXPECT_DEATH(explorer.next(), "schedules that are valid: depth is out of range");
}

}  // namespace
}  // namespace concertina::fuzzers
