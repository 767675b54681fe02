#include "oracle/deadlock.h"

#include <gtest/gtest.h>

#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

using enum EventKind;

constexpr std::uint16_t kRunnableStatus = 1, kWaitingStatus = 4, kScanBit = 0x1000;

std::string kind_of(const Trace& trace) {
  const Verdict verdict = judge_deadlock(Program{}, trace);
  if (verdict.failed()) EXPECT_EQ(verdict.oracle, "deadlock");
  return verdict.kind;
}

std::string kind_of(const History& history, Outcome outcome = Outcome::kDeadlock) {
  return kind_of(history.trace(outcome));
}

/// Main waits in a receive on c1.
History blocked_main() {
  History h;
  h.channel(1).add(kStarted, 1).receive(1, 1).add(kReceivePark, 1, 1).add(kParked, 1);
  return h;
}

TEST(Deadlock, AJustifiedReportPasses) {
  History h = blocked_main();
  h.add(kEndGoroutine, 1, 0, {kWaitingStatus | kScanBit});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Deadlock, NilChannelsBlockForEver) {
  History h;
  h.add(kStarted, 1).send(1, 0, 3).add(kParked, 1).add(kEndGoroutine, 1, 0, {kWaitingStatus});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Deadlock, OtherOutcomesAreNotJudged) {
  for (const Outcome outcome : {Outcome::kPanic, Outcome::kFatal, Outcome::kBudget}) {
    EXPECT_EQ(kind_of(blocked_main(), outcome), "");
  }
}

TEST(DeadlockFail, AWokenGoroutineSleeps) {
  History h = blocked_main();
  h.send(2, 1, 7).add(kSendToReceiver, 2, 1, {0, 1, 0}).sent(2, 1).add(kExited, 2);
  h.add(kEndGoroutine, 1, 0, {kWaitingStatus});
  EXPECT_EQ(kind_of(h), "lost wake-up");
}

TEST(DeadlockFail, AReadyGoroutineSleeps) {
  // The closer did not finish its work.
  History h = blocked_main();
  h.close(2, 1)
      .add(kEndGoroutine, 1, 0, {kWaitingStatus})
      .add(kEndGoroutine, 2, 0, {kWaitingStatus});
  EXPECT_EQ(kind_of(h), "lost wake-up");
}

TEST(DeadlockFail, FalseReports) {
  History runnable = blocked_main();
  runnable.add(kEndGoroutine, 1, 0, {kRunnableStatus});
  EXPECT_EQ(kind_of(runnable), "false deadlock report");
  History nobody;
  nobody.add(kStarted, 1).add(kExited, 1);
  EXPECT_EQ(kind_of(nobody), "false deadlock report");
}

TEST(DeadlockFail, BlockedForNoReason) {
  History outside;
  outside.add(kStarted, 1).add(kEndGoroutine, 1, 0, {kWaitingStatus});
  EXPECT_EQ(kind_of(outside), "blocked outside a channel operation");
  History queue;
  queue.channel(1).add(kStarted, 1).receive(1, 1).add(kEndGoroutine, 1, 0, {kWaitingStatus});
  EXPECT_EQ(kind_of(queue), "blocked without enqueuing");
}

TEST(DeadlockFail, GoroutinesAreForgotten) {
  History h = blocked_main();
  h.add(kEndGoroutine, 1, 0, {kWaitingStatus}).add(kSpawned, 1, 0, {0, 2});
  EXPECT_EQ(kind_of(h), "goroutine forgotten");
  History listed = blocked_main();
  listed.add(kExited, 2).add(kEndGoroutine, 2, 0, {kWaitingStatus});
  listed.add(kEndGoroutine, 1, 0, {kWaitingStatus});
  EXPECT_EQ(kind_of(listed), "returned goroutine listed");
  History malformed;
  EXPECT_EQ(kind_of(malformed.add(kStarted, 99)), "malformed event");
}

TEST(Exit, EverybodyReturned) {
  History h;
  h.add(kStarted, 1).add(kSpawned, 1, 0, {0, 2}).add(kExited, 1).add(kExited, 2);
  EXPECT_EQ(kind_of(h, Outcome::kExit), "");
}

TEST(ExitFail, SomebodyDidNot) {
  History unstarted;
  unstarted.add(kStarted, 1).add(kSpawned, 1, 0, {0, 2}).add(kExited, 1);
  EXPECT_EQ(kind_of(unstarted, Outcome::kExit), "goroutine forgotten");
  History live = blocked_main();
  live.add(kEndGoroutine, 1, 0, {kWaitingStatus});
  EXPECT_EQ(kind_of(live, Outcome::kExit), "exit with a live goroutine");
}

ThreadAtEnd wanting(ThreadId thread, int holder) {
  ThreadAtEnd made;
  made.thread = thread;
  made.lock_holder = holder;
  return made;
}

TEST(HungFail, LocksSayWhy) {
  Trace trace;
  trace.outcome = Outcome::kHung;
  EXPECT_EQ(kind_of(trace), "hung without report");
  trace.threads = {wanting(0, -1), wanting(1, 0)};
  EXPECT_EQ(kind_of(trace), "lock never released");
  trace.threads = {wanting(0, 1), wanting(1, 2), wanting(2, 1)};
  const Verdict verdict = judge_deadlock(Program{}, trace);
  EXPECT_EQ(verdict.kind, "lock deadlock");
  EXPECT_EQ(verdict.detail, "thread 1 waits for a lock of thread 2 waits for a lock of thread 1");
  trace.threads = {wanting(3, 3)};
  EXPECT_EQ(kind_of(trace), "lock deadlock");
  trace.threads = {wanting(3, 100000), wanting(4, 200)};
  EXPECT_EQ(kind_of(trace), "lock never released");
}

}  // namespace
}  // namespace concertina::fuzzers
