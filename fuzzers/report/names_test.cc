#include "report/names.h"

#include <gtest/gtest.h>

#include "report/testing.h"

namespace concertina::fuzzers {
namespace {

Program program_of_two_functions() {
  Program program;
  program.functions.resize(2);
  return program;
}

TEST(Names, GoroutinesGoByTheirPaths) {
  Sample sample;
  sample.two_goroutines();
  const Trace trace = sample.trace();
  const Names names(program_of_two_functions(), trace);
  EXPECT_EQ(names.goroutine(1), "g0");
  EXPECT_EQ(names.goroutine(2), "g0.0");
  EXPECT_EQ(names.goroutine(7), "g?7");
}

TEST(Names, TwoGoroutinesOfOnePathAreToldApart) {
  Sample sample;
  sample.two_goroutines();
  sample.event(event::Spawned{.goroutine = 1, .child = 3, .path = child_path(kMainPath, 0)});
  const Names names(program_of_two_functions(), sample.trace());
  EXPECT_NE(names.goroutine(2), names.goroutine(3));
}

TEST(Names, LocksGoByTheirRankAndChannel) {
  Sample sample;
  sample.event(
      event::LockAcquired{.goroutine = 1, .rank = LockRank::kChannel, .lock = 16, .order = 2});
  sample.event(event::LockAcquired{.goroutine = 1, .rank = LockRank::kScheduler, .lock = 9});
  sample.event(event::MayLock{.goroutine = 1, .rank = LockRank::kStackScan, .lock = 8, .order = 2});
  const Names names(program_of_two_functions(), sample.trace());
  EXPECT_EQ(names.object(16), "lock of c1");  // the program counts channels from 0
  EXPECT_EQ(names.object(9), "lock of the scheduler");
  EXPECT_EQ(names.object(8), "g?2's status");
  EXPECT_EQ(names.object(17), "");
}

TEST(Names, FieldsAreLearntFromTheirOwnersSteps) {
  Sample sample;
  sample.two_goroutines();
  sample.step(0, 2, Site::kParkStatus, 49);
  sample.step(0, 2, Site::kParkingOnChanClear, 53);
  sample.step(1, kNoGoroutine, Site::kScanSuspend, 49);
  sample.step(1, kNoGoroutine, Site::kStackGuard, 51);
  sample.step(0, 2, Site::kLoopBackEdge, 51);
  const Names names(program_of_two_functions(), sample.trace());
  EXPECT_EQ(names.object(49), "g0.0's status");
  EXPECT_EQ(names.object_beside_site(49), "g0.0");
  EXPECT_EQ(names.object(53), "g0.0's parking_on_chan");
  EXPECT_EQ(names.object(51), "g0.0's stack guard");
  EXPECT_EQ(names.status_of(49), 2);
  EXPECT_EQ(names.status_of(53), kNoGoroutine);
}

TEST(Names, WhoIsMadeRunnableOwnsThatStatus) {
  Sample sample;
  sample.two_goroutines();
  sample.step(0, 1, Site::kWakeUnlock, 16);
  sample.event(event::Readied{.goroutine = 1, .target = 2});
  sample.step(0, 1, Site::kReadyStatus, 49);
  EXPECT_EQ(Names(program_of_two_functions(), sample.trace()).object(49), "g0.0's status");
}

TEST(Names, FunctionsAndValues) {
  Sample sample;
  sample.two_goroutines();
  const Program program = program_of_two_functions();
  const Names names(program, sample.trace());
  EXPECT_EQ(names.function(FunctionId::kChanReceive), "chan_receive");
  EXPECT_EQ(names.function(FunctionId::kFirstOfProgram), "main");
  EXPECT_EQ(names.function(FunctionId::kFirstOfProgram + 1), "f1");
  EXPECT_EQ(names.function(FunctionId::kFirstOfProgram + 2), "function 34");
  EXPECT_EQ(names.value(0), "the zero value");
  EXPECT_EQ(names.value(make_token(2, 3)), "g0.0's value 3");
}

TEST(Names, AnOraclesWordsBecomeThePages) {
  Sample sample;
  sample.two_goroutines();
  sample.event(
      event::LockAcquired{.goroutine = 1, .rank = LockRank::kChannel, .lock = 16, .order = 1});
  const Names names(program_of_two_functions(), sample.trace());
  EXPECT_EQ(names.in_words("g2 waits in send on c1, and c2 is ready"),
            "g0.0 waits in send on c0, and c1 is ready");
  EXPECT_EQ(names.in_words("thread 1 holds lock 16 (channel) and lock 99 (channel)"),
            "T1 holds lock of c0 and lock 99 (channel)");
  EXPECT_EQ(names.in_words("abc1 at copy.cc:12, held is channel 2"),
            "abc1 at copy.cc:12, held is c1");
  EXPECT_EQ(names.in_words("readied g1 target=g2 (thread 1, step 4)"),
            "readied g0 target=g0.0 (T1, step 4)");
}

TEST(Names, RolesOfThreads) {
  Sample sample;
  sample.step(0, kNoGoroutine, Site::kRunNextLoad);
  sample.step(1, kNoGoroutine, Site::kThreadStart);
  sample.step(2, kNoGoroutine, Site::kScanRequest).path = kScannerPath;
  sample.step(3, kNoGoroutine, Site::kScanSuspend).path = kScannerPath;
  const Names names(program_of_two_functions(), sample.trace());
  EXPECT_EQ(names.role(0), "machine");
  EXPECT_EQ(names.role(1), "thread");
  EXPECT_EQ(names.role(2), "scanner");
  EXPECT_EQ(names.role(3), "scanner") << "there may be two";
}

}  // namespace
}  // namespace concertina::fuzzers
