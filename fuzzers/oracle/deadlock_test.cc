#include <gtest/gtest.h>

#include "oracle/channel_model.h"
#include "oracle/channels.h"
#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

using enum EventKind;

Verdict judge(const Trace& trace) {
  ChannelModel& model = scratch_channel_model();
  // Where the model has failed its state means nothing; that is the channels oracle's verdict.
  const bool is_sound = !judge_channels(trace, model).failed();
  return is_sound || trace.outcome != Outcome::kDeadlock ? judge_deadlock(trace, model) : Verdict{};
}

std::string kind_of(const Trace& trace) {
  const Verdict verdict = judge(trace);
  if (verdict.failed()) EXPECT_EQ(verdict.oracle, "deadlock");
  return verdict.kind;
}

std::string kind_of(const History& history, Outcome outcome = Outcome::kDeadlock) {
  return kind_of(history.trace(outcome));
}

/// Main waits in a receive on c1.
History blocked_main() {
  History h;
  h.channel(1)
      .add(event::Started{.goroutine = 1})
      .receive(1, 1)
      .add(event::ReceivePark{.goroutine = 1, .channel = 1})
      .add(event::Parked{.goroutine = 1});
  return h;
}

TEST(Deadlock, AJustifiedReportPasses) {
  History h = blocked_main();
  h.add(event::EndGoroutine{.goroutine = 1, .status = kWaiting | kScan});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Deadlock, NilChannelsBlockForEver) {
  History h;
  h.add(event::Started{.goroutine = 1})
      .send(1, 0, 3)
      .add(event::Parked{.goroutine = 1})
      .add(event::EndGoroutine{.goroutine = 1, .status = kWaiting});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Deadlock, OtherOutcomesAreNotJudged) {
  for (const Outcome outcome : {Outcome::kPanic, Outcome::kFatal, Outcome::kBudget}) {
    EXPECT_EQ(kind_of(blocked_main(), outcome), "");
  }
}

TEST(DeadlockFail, AWokenGoroutineSleeps) {
  History h = blocked_main();
  h.send(2, 1, 7)
      .add(event::SendToReceiver{.goroutine = 2, .channel = 1, .partner = 1})
      .sent(2, 1)
      .add(event::Exited{.goroutine = 2});
  h.add(event::EndGoroutine{.goroutine = 1, .status = kWaiting});
  EXPECT_EQ(kind_of(h), "lost wake-up");
}

TEST(DeadlockFail, AReadyGoroutineSleeps) {
  // The closer did not finish its work.
  History h = blocked_main();
  h.close(2, 1)
      .add(event::EndGoroutine{.goroutine = 1, .status = kWaiting})
      .add(event::EndGoroutine{.goroutine = 2, .status = kWaiting});
  EXPECT_EQ(kind_of(h), "lost wake-up");
}

TEST(DeadlockFail, FalseReports) {
  History runnable = blocked_main();
  runnable.add(event::EndGoroutine{.goroutine = 1, .status = kRunnable});
  EXPECT_EQ(kind_of(runnable), "false deadlock report");
  History nobody;
  nobody.add(event::Started{.goroutine = 1}).add(event::Exited{.goroutine = 1});
  EXPECT_EQ(kind_of(nobody), "false deadlock report");
}

TEST(DeadlockFail, BlockedForNoReason) {
  History outside;
  outside.add(event::Started{.goroutine = 1})
      .add(event::EndGoroutine{.goroutine = 1, .status = kWaiting});
  EXPECT_EQ(kind_of(outside), "blocked outside a channel operation");
  History queue;
  queue.channel(1)
      .add(event::Started{.goroutine = 1})
      .receive(1, 1)
      .add(event::EndGoroutine{.goroutine = 1, .status = kWaiting});
  EXPECT_EQ(kind_of(queue), "blocked without enqueuing");
}

TEST(DeadlockFail, GoroutinesAreForgotten) {
  History h = blocked_main();
  h.add(event::EndGoroutine{.goroutine = 1, .status = kWaiting})
      .add(event::Spawned{.goroutine = 1, .child = 2});
  EXPECT_EQ(kind_of(h), "goroutine forgotten");
  History listed = blocked_main();
  listed.add(event::Exited{.goroutine = 2})
      .add(event::EndGoroutine{.goroutine = 2, .status = kWaiting});
  listed.add(event::EndGoroutine{.goroutine = 1, .status = kWaiting});
  EXPECT_EQ(kind_of(listed), "returned goroutine listed");
  History malformed;
  EXPECT_EQ(kind_of(malformed.add(event::Started{.goroutine = 99})), "malformed event");
}

TEST(Exit, EverybodyReturned) {
  History h;
  h.add(event::Started{.goroutine = 1})
      .add(event::Spawned{.goroutine = 1, .child = 2})
      .add(event::Exited{.goroutine = 1})
      .add(event::Exited{.goroutine = 2});
  EXPECT_EQ(kind_of(h, Outcome::kExit), "");
}

TEST(ExitFail, SomebodyDidNot) {
  History unstarted;
  unstarted.add(event::Started{.goroutine = 1})
      .add(event::Spawned{.goroutine = 1, .child = 2})
      .add(event::Exited{.goroutine = 1});
  EXPECT_EQ(kind_of(unstarted, Outcome::kExit), "goroutine forgotten");
  History live = blocked_main();
  live.add(event::EndGoroutine{.goroutine = 1, .status = kWaiting});
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
  const Verdict verdict = judge(trace);
  EXPECT_EQ(verdict.kind, "lock deadlock");
  EXPECT_EQ(verdict.detail, "thread 1 waits for a lock of thread 2 waits for a lock of thread 1");
  trace.threads = {wanting(3, 3)};
  EXPECT_EQ(kind_of(trace), "lock deadlock");
  trace.threads = {wanting(3, 100000), wanting(4, 200)};
  EXPECT_EQ(kind_of(trace), "lock never released");
}

}  // namespace
}  // namespace concertina::fuzzers
