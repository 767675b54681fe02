#include <gtest/gtest.h>

#include "oracle/channel_model.h"
#include "oracle/channels.h"
#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

using enum EventKind;

std::string kind_of(const History& history, Outcome outcome) {
  const Trace trace = history.trace(outcome);
  ChannelModel& model = scratch_channel_model();
  // Where the model has failed its state means nothing; that is the channels oracle's verdict.
  if (judge_channels(trace, model).failed()) return "";
  const Verdict verdict = judge_leaks(trace, model);
  if (verdict.failed()) EXPECT_EQ(verdict.oracle, "leaks");
  return verdict.kind;
}

History one_stack() {
  History h;
  h.channel(1).add(event::StackAllocated{.goroutine = 1, .serial = 1, .bytes = 2048});
  return h;
}

/// Goroutine 1 is left, in a select of two receives on c1; the end as the runtime tells it.
std::string at_deadlock(std::uint32_t receivers, std::uint32_t sudogs, std::uint32_t stacks,
                        std::uint16_t goroutines) {
  History h = one_stack();
  h.select(1, 2).receive_case(1, 0, 1).receive_case(1, 1, 1);
  h.add(event::ReceivePark{.goroutine = 1, .channel = 1})
      .add(event::ReceivePark{.goroutine = 1, .channel = 1, .case_index = 1})
      .add(event::Parked{.goroutine = 1});
  h.add(event::EndGoroutine{.goroutine = 1, .status = kWaiting})
      .add(event::EndChannel{.channel = 1, .receivers = receivers});
  h.add(event::EndCounts{.goroutines = goroutines, .sudogs = sudogs, .stacks = stacks});
  return kind_of(h, Outcome::kDeadlock);
}

std::string at_exit(std::uint32_t receivers, std::uint32_t senders, std::uint32_t sudogs,
                    std::uint32_t stacks, std::uint16_t goroutines) {
  History h = one_stack();
  h.add(event::StackFreed{.goroutine = 1, .serial = 1, .bytes = 2048})
      .add(event::EndChannel{.channel = 1, .receivers = receivers, .senders = senders});
  h.add(event::EndCounts{.goroutines = goroutines, .sudogs = sudogs, .stacks = stacks});
  return kind_of(h, Outcome::kExit);
}

TEST(Leaks, NothingIsLeftAtExit) { EXPECT_EQ(at_exit(0, 0, 0, 0, 0), ""); }

TEST(Leaks, ABlockedGoroutineHoldsWhatItNeeds) { EXPECT_EQ(at_deadlock(2, 2, 1, 1), ""); }

TEST(Leaks, OtherOutcomesAreNotJudged) {
  for (const Outcome outcome :
       {Outcome::kPanic, Outcome::kFatal, Outcome::kHung, Outcome::kBudget}) {
    EXPECT_EQ(kind_of(one_stack(), outcome), "");
  }
}

TEST(LeaksFail, AtExit) {
  EXPECT_EQ(at_exit(1, 0, 0, 0, 0), "stale waiter");
  EXPECT_EQ(at_exit(0, 1, 0, 0, 0), "stale waiter");
  EXPECT_EQ(at_exit(0, 0, 1, 0, 0), "sudog leak");
  EXPECT_EQ(at_exit(0, 0, 0, 1, 0), "stack leak");
  EXPECT_EQ(at_exit(0, 0, 0, 0, 1), "goroutine leak");
}

TEST(LeaksFail, AStackThatNobodyCounts) {
  History h = one_stack();
  EXPECT_EQ(kind_of(h.add(event::EndCounts{}), Outcome::kExit), "stack leak");
}

TEST(LeaksFail, AtDeadlock) {
  EXPECT_EQ(at_deadlock(1, 2, 1, 1), "stale waiter");
  EXPECT_EQ(at_deadlock(2, 3, 1, 1), "sudog leak");
  EXPECT_EQ(at_deadlock(2, 2, 2, 1), "stack leak");
  EXPECT_EQ(at_deadlock(2, 2, 1, 2), "goroutine leak");
}

TEST(LeaksFail, TheEndIsNotAnnounced) {
  EXPECT_EQ(kind_of(History(), Outcome::kExit), "end not announced");
}

TEST(Leaks, Numbers) {
  History h;
  h.add(kEndCounts, 0xffff, 0xffff, {0xffff, 0xffffffff, 0xffffffff});
  EXPECT_EQ(kind_of(h, Outcome::kExit), "goroutine leak");
  History channel;
  channel.add(event::EndChannel{.channel = 0xffff, .receivers = 0xffffffff, .senders = 0xffffffff});
  EXPECT_EQ(kind_of(channel, Outcome::kExit), "");  // the channels oracle has refused it
}

}  // namespace
}  // namespace concertina::fuzzers
