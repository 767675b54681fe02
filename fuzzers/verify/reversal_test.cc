// The races of a run that ended and of one that died, and the orders in which they are reversed.
#include "verify/reversal.h"

#include <gtest/gtest.h>

#include <memory>

namespace concertina::fuzzers {
namespace {

using Order = std::vector<ThreadId>;

/// A run of steps that write one object each, as the world and a RaceRecorder would put it down.
class WrittenRun {
 public:
  WrittenRun() {
    log_->clear();
    recorder_.reset({}, Schedule{}, record_.get());
    for (const ThreadId thread : {0, 1, 2}) recorder_.started(thread);
  }

  void write(ThreadId thread, ObjectId object) {
    pending_[thread] = {.kind = OperationKind::kStore, .is_write = true, .object = object};
    log_->add(step_of(thread, pending_[thread]));
    recorder_.executing(thread, pending_);
  }
  void end() { recorder_.end(true); }

  const RunLog& log() const { return *log_; }
  std::vector<Race> races() const { return races_of(*log_, *record_); }
  Order reversed(const Race& race) const { return reversed_order(*log_, *record_, race); }

 private:
  std::unique_ptr<RunLog> log_ = std::make_unique_for_overwrite<RunLog>();
  std::unique_ptr<RaceRecord> record_ = std::make_unique<RaceRecord>();
  RaceRecorder recorder_;
  Pending pending_[kThreadsMax];
};

TEST(Races, OfARunThatDiedIncludeThoseOfItsLastStep) {
  WrittenRun run;
  run.write(0, 5);
  run.write(1, 6);
  run.write(0, 7);
  run.write(2, 8);  // dies in it
  const std::vector<Race> races = run.races();
  ASSERT_EQ(races.size(), 2U) << "with the latest of each other thread";
  EXPECT_EQ(races[0], (Race{2, 3, 2}));
  EXPECT_EQ(races[1], (Race{1, 3, 2}));
  EXPECT_EQ(run.reversed(races[0]), (Order{0, 1, 2, 0}));
  EXPECT_EQ(run.reversed(races[1]), (Order{0, 0, 2, 1}));
}

TEST(Races, WhatHappenedAfterTheEarlierStepGoesAlongWithIt) {
  WrittenRun run;
  run.write(0, 5);
  run.write(1, 5);  // because of that
  run.write(2, 8);  // dies in it
  EXPECT_EQ(run.reversed({0, 2, 2}), (Order{2, 0, 1}));
  EXPECT_EQ(run.reversed({1, 2, 2}), (Order{0, 2, 1}));
}

TEST(Races, OfARunThatEndedAreBetweenConflictingSteps) {
  WrittenRun run;
  run.write(0, 5);
  run.write(1, 6);
  run.write(0, 6);
  run.write(2, 5);
  run.write(1, 9);
  run.end();
  const std::vector<Race> races = run.races();
  ASSERT_GE(races.size(), 2U);
  EXPECT_EQ(races[0], (Race{1, 2, 0}));
  EXPECT_EQ(races[1], (Race{0, 3, 2}));
  EXPECT_EQ(run.reversed(races[0]), (Order{0, 0, 1, 2, 1}));
  EXPECT_EQ(run.reversed(races[1]), (Order{1, 2, 0, 0, 1}))
      << "what came after the first goes along";
}

TEST(OrderPlayer, FollowsTheOrderAndDrawsWhatEachThreadDrew) {
  WrittenRun run;
  run.write(0, 5);
  run.write(1, 6);
  const auto drawn = std::make_unique_for_overwrite<RunLog>();
  drawn->copy_schedule(run.log());
  drawn->add(Draw{.step = 2, .value = 3});
  drawn->add(Draw{.step = 1, .value = 1});
  drawn->add(Draw{.step = 2, .value = 9});
  OrderPlayer player;
  const Order order{1, 0};
  player.reset(order, *drawn, Schedule{});
  const Pending pending[kThreadsMax] = {};
  EXPECT_EQ(player.pick(0b11, 0, pending), 1);
  player.executing(1, pending);
  EXPECT_EQ(player.choose(5, Site::kSelectOrder, kAnyPath), 3U);
  EXPECT_EQ(player.choose(5, Site::kSelectOrder, kAnyPath), 4U) << "9 modulo the range";
  EXPECT_EQ(player.pick(0b11, 1, pending), 0);
  player.executing(0, pending);
  EXPECT_EQ(player.choose(5, Site::kSelectOrder, kAnyPath), 1U);
}

}  // namespace
}  // namespace concertina::fuzzers
