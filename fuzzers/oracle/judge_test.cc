#include "oracle/judge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "oracle/channel_model.h"
#include "oracle/channels.h"
#include "oracle/fairness.h"
#include "oracle/heap.h"
#include "oracle/locals.h"
#include "oracle/lock_order.h"
#include "oracle/stack.h"
#include "oracle/testing.h"
#include "oracle/work.h"

namespace concertina::fuzzers {
namespace {

using enum EventKind;

std::string oracle_of(const History& history, Outcome outcome, const char* message = "") {
  const Verdict verdict = judge(Program{}, history.trace(outcome, message));
  if (verdict.failed()) {
    const auto names = oracle_names();
    EXPECT_NE(std::find(names.begin(), names.end(), verdict.oracle), names.end());
  }
  return verdict.oracle;
}

TEST(Judge, ASoundRunPasses) {
  History h;
  h.channel(1, 1)
      .add(event::StackAllocated{.goroutine = 1, .serial = 1, .bytes = 2048})
      .add(event::Started{.goroutine = 1});
  h.send(1, 1, 5).add(event::SendToBuffer{.goroutine = 1, .channel = 1}).sent(1, 1);
  h.add(event::Exited{.goroutine = 1})
      .add(event::StackFreed{.goroutine = 1, .serial = 1, .bytes = 2048});
  h.add(event::EndChannel{.channel = 1, .buffered = 1}).add(event::EndCounts{});
  EXPECT_EQ(oracle_of(h, Outcome::kExit), "");
}

TEST(Judge, EachOracleIsAsked) {
  History heap, stack, locks, channels, locals, leaks;
  EXPECT_EQ(oracle_of(heap.add(event::SpanFreed{.use = SpanUse::kStacks}), Outcome::kPanic),
            "heap");
  EXPECT_EQ(
      oracle_of(stack.add(event::StackFreed{.goroutine = 1, .overwritten = true}), Outcome::kPanic),
      "stack");
  EXPECT_EQ(oracle_of(locks.unlock(1, 5, LockRank::kChannel), Outcome::kPanic), "lock_order");
  EXPECT_EQ(oracle_of(channels.sent(1, 0), Outcome::kHung), "channels");
  EXPECT_EQ(oracle_of(locals.add(event::LocalRead{.goroutine = 1, .frame_serial = 1, .token = 5}),
                      Outcome::kHung),
            "locals");
  EXPECT_EQ(oracle_of(History(), Outcome::kHung), "deadlock");
  EXPECT_EQ(oracle_of(leaks.add(event::EndCounts{.sudogs = 1}), Outcome::kExit), "leaks");
  History work;
  work.thread(1).add(event::ProcessorIdle{.processor = 1});
  work.add(event::Queued{.goroutine = 2}).add(event::Settled{.goroutine = 1});
  EXPECT_EQ(oracle_of(work, Outcome::kBudget, "steps per run"), "work");
  History fairness;
  fairness.slice(1).thread(1).add(event::Settled{.goroutine = 1, .server = 1});
  for (unsigned i = 0; i < 6; ++i) fairness.add(event::LenSeen{.goroutine = 1});
  EXPECT_EQ(oracle_of(fairness, Outcome::kBudget, "steps per run"), "fairness");
  EXPECT_EQ(oracle_of(History(), Outcome::kBudget, "steps per run"), "progress");
  EXPECT_EQ(oracle_of(History(), Outcome::kFatal, "frame chain: x"), "invariants");
}

TEST(Judge, CausesComeFirst) {
  History h;
  h.add(event::LocalRead{.goroutine = 1, .frame_serial = 1, .token = 5}).sent(1, 0);
  EXPECT_EQ(oracle_of(h, Outcome::kHung), "channels");
  h.unlock(1, 5, LockRank::kChannel);
  EXPECT_EQ(oracle_of(h, Outcome::kHung), "lock_order");
  h.add(event::StackFreed{.goroutine = 1, .overwritten = true});
  EXPECT_EQ(oracle_of(h, Outcome::kHung), "stack");
  h.add(event::SpanFreed{.use = SpanUse::kStacks});
  EXPECT_EQ(oracle_of(h, Outcome::kHung), "heap");
  EXPECT_EQ(oracle_of(h, Outcome::kFatal, "frame chain: x"), "invariants");
}

// A broken runtime may announce anything. Small numbers get deep into the rules before one is
// broken; extreme ones try the bounds.
Event any_event(std::mt19937& random) {
  const auto number = [&random]() -> std::uint32_t {
    const std::uint32_t draw = random() % 32;
    if (draw == 0) return static_cast<std::uint32_t>(random());
    if (draw == 1) return 0xffffffff;
    return draw % 4;
  };
  Event e;
  e.kind = static_cast<EventKind>(random() % (static_cast<unsigned>(kCount) + 1));
  e.thread = static_cast<ThreadId>(number());
  e.goroutine = static_cast<GoroutineId>(number());
  e.slot_c = static_cast<std::uint16_t>(number());
  e.slot_i = static_cast<std::uint16_t>(number());
  e.slot_a = number();
  e.slot_b = number();
  e.step = number();
  return e;
}

TEST(Judge, AnyEventListHasAVerdict) {
  std::mt19937 random(1);
  for (unsigned run = 0; run < 20000; ++run) {
    History h;
    h.channel(1, 2).channel(2, 0, 1).channel(3, 1);
    h.receive(1, 2)
        .add(event::ReceivePark{.goroutine = 1, .channel = 2})
        .send(2, 1, 5)
        .select(3, 2);
    for (unsigned i = 0; i < 40; ++i) h.events().push_back(any_event(random));
    Trace trace = h.trace(static_cast<Outcome>(random() % 6), "words");
    trace.threads.resize(2);
    trace.threads[0].lock_holder = static_cast<int>(random() % 4) - 1;
    trace.threads[1].lock_holder = static_cast<int>(random());
    // Each oracle alone, because the first failure would hide the others.
    const Program program;
    judge_heap(program, trace);
    judge_stack(program, trace);
    judge_lock_order(program, trace);
    ChannelModel& model = scratch_channel_model();
    const bool is_sound = !judge_channels(trace, model).failed();
    judge_locals(program, trace);
    if (is_sound || trace.outcome != Outcome::kDeadlock) judge_deadlock(trace, model);
    if (is_sound) judge_leaks(trace, model);
    judge_work(program, trace);
    judge_fairness(program, trace);
    judge(program, trace);
  }
}

}  // namespace
}  // namespace concertina::fuzzers
