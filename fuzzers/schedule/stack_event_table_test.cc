#include "schedule/stack_event_table.h"

#include <gtest/gtest.h>

namespace concertina::fuzzers {
namespace {

constexpr SpawnPath kChild = child_path(kMainPath, 0);

TEST(StackEventTable, WantsNothingByDefault) {
  const StackEventTable table{Schedule{}};
  for (unsigned i = 0; i < kSiteCount; ++i) EXPECT_FALSE(table.wants(static_cast<Site>(i)));
}

TEST(StackEventTable, AnEventHappensOnceAtItsPathSiteAndOccurrence) {
  Schedule schedule;
  schedule.stack_events = {{StackAction::kScanMove, {kChild, Site::kParkStatus, 2}}};
  StackEventTable table(schedule);
  EXPECT_TRUE(table.wants(Site::kParkStatus));
  EXPECT_FALSE(table.wants(Site::kChanSendLock));
  for (unsigned pass = 0; pass < 600; ++pass) {
    EXPECT_EQ(table.at(kMainPath, Site::kParkStatus), StackAction::kNone);
    EXPECT_EQ(table.at(kChild, Site::kChanSendLock), StackAction::kNone);
    EXPECT_EQ(table.at(kChild, Site::kParkStatus),
              pass == 2 ? StackAction::kScanMove : StackAction::kNone)
        << pass;
  }
}

TEST(StackEventTable, AnyPathCountsAllGoroutines) {
  Schedule schedule;
  schedule.stack_events = {{StackAction::kGrow, {kAnyPath, Site::kUserPrologue, 1}}};
  StackEventTable table(schedule);
  EXPECT_EQ(table.at(kMainPath, Site::kUserPrologue), StackAction::kNone);
  EXPECT_EQ(table.at(kChild, Site::kUserPrologue), StackAction::kGrow);
  EXPECT_EQ(table.at(kChild, Site::kUserPrologue), StackAction::kNone);
}

TEST(StackEventTable, ThreadsWithoutAGoroutineUseUpNoEvent) {
  Schedule schedule;
  schedule.stack_events = {{StackAction::kScanMove, {kAnyPath, Site::kReadyStatus, 0}}};
  StackEventTable table(schedule);
  EXPECT_EQ(table.at(kSchedulerPath, Site::kReadyStatus), StackAction::kNone);
  EXPECT_EQ(table.at(kScannerPath, Site::kReadyStatus), StackAction::kNone);
  EXPECT_EQ(table.at(kChild, Site::kReadyStatus), StackAction::kScanMove);
}

TEST(StackEventTable, TheFirstOfTwoEventsAtOnePlaceWinsAndBothCount) {
  Schedule schedule;
  const Key any = {kAnyPath, Site::kUserPrologue, 0};
  const Key main = {kMainPath, Site::kUserPrologue, 0};
  schedule.stack_events = {{StackAction::kGrow, any},
                           {StackAction::kMove, main},
                           {StackAction::kScanMove, {kMainPath, Site::kUserPrologue, 1}}};
  StackEventTable table(schedule);
  EXPECT_EQ(table.at(kMainPath, Site::kUserPrologue), StackAction::kGrow);
  EXPECT_EQ(table.at(kMainPath, Site::kUserPrologue), StackAction::kScanMove);
  EXPECT_EQ(table.at(kMainPath, Site::kUserPrologue), StackAction::kNone);
}

TEST(StackEventTable, MoveAtEveryPrologueMeansTheSitesNamedSo) {
  Schedule schedule;
  schedule.move_at_every_prologue = true;
  schedule.stack_events = {{StackAction::kGrow, {kAnyPath, Site::kParkPrologue, 1}}};
  StackEventTable table(schedule);
  unsigned prologues = 0;
  for (unsigned i = 0; i < kSiteCount; ++i) {
    const auto site = static_cast<Site>(i);
    EXPECT_EQ(table.wants(site), site_name(site).ends_with("-prologue")) << site_name(site);
    if (table.wants(site)) ++prologues;
  }
  EXPECT_GE(prologues, 19U);
  EXPECT_EQ(table.at(kChild, Site::kParkPrologue), StackAction::kMove);
  EXPECT_EQ(table.at(kChild, Site::kParkPrologue), StackAction::kGrow);
  EXPECT_EQ(table.at(kChild, Site::kParkPrologue), StackAction::kMove);
  EXPECT_EQ(table.at(kChild, Site::kLoopBackEdge), StackAction::kNone);
}

TEST(StackEventTable, ResetForgets) {
  Schedule schedule;
  schedule.stack_events = {{StackAction::kGrow, {kAnyPath, Site::kUserPrologue, 0}}};
  StackEventTable table(schedule);
  EXPECT_EQ(table.at(kMainPath, Site::kUserPrologue), StackAction::kGrow);
  table.reset(schedule);
  EXPECT_EQ(table.at(kMainPath, Site::kUserPrologue), StackAction::kGrow);
  table.reset(Schedule{});
  EXPECT_FALSE(table.wants(Site::kUserPrologue));
}

}  // namespace
}  // namespace concertina::fuzzers
