#include "oracle/work.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

using enum EventKind;

const std::string kIdle = "idle processor beside a runnable goroutine";

std::string kind_of(const History& history) {
  const Verdict verdict = judge_work(Program{}, history.trace());
  if (verdict.failed()) EXPECT_EQ(verdict.oracle, "work");
  return verdict.kind;
}

/// Thread 1 runs goroutine 1 on processor 0, processor 1 is idle, and nobody else exists.
History one_runs() {
  History h;
  h.thread(1).add(event::ProcessorIdle{.processor = 1});
  h.add(event::Queued{.goroutine = 1})
      .add(event::Unqueued{.goroutine = 1})
      .add(event::Settled{.goroutine = 1});
  return h;
}

/// Thread 1 has called a machine, thread 2, for processor 1.
History& called(History& h) {
  return h.add(event::ProcessorTaken{.processor = 1}).add(event::MachineCalled{.is_new = true});
}

TEST(Work, WhoSubmitsWakesSomebodyWhoFindsIt) {
  History h = one_runs();
  h.add(event::Queued{.goroutine = 2});
  called(h).add(event::Settled{.goroutine = 1});
  h.thread(2)
      .add(event::MachineBegins{})
      .add(event::Unqueued{.goroutine = 2})
      .add(event::Settled{.goroutine = 2});
  h.thread(1)
      .add(event::Parked{.goroutine = 1})
      .add(event::ProcessorIdle{})
      .add(event::MachineSleeps{});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Work, NoProcessorIsIdle) {
  History h = one_runs();
  called(h)
      .thread(2)
      .add(event::MachineBegins{})
      .add(event::Queued{.goroutine = 2, .queue = 1})
      .add(event::Unqueued{.goroutine = 2, .queue = 1});
  h.add(event::Settled{.goroutine = 2})
      .thread(1)
      .add(event::Queued{.goroutine = 3})
      .add(event::Settled{.goroutine = 1});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Work, WhoIsStillLookingWillFindIt) {
  History h = one_runs();
  called(h)
      .add(event::Settled{.goroutine = 1})
      .thread(2)
      .add(event::MachineBegins{})
      .add(event::ProcessorIdle{.processor = 1});
  h.thread(1)
      .add(event::Queued{.goroutine = 2})
      .add(event::Settled{.goroutine = 1});  // saw that thread 2 looks
  EXPECT_EQ(kind_of(h), "");
  h.thread(2)
      .add(event::ProcessorTaken{.processor = 1})
      .add(event::Unqueued{.goroutine = 2})
      .add(event::Settled{.goroutine = 2});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Work, AMachineThatGivesAProcessorAwayLooksFirst) {
  for (const EventKind stops : {kParked, kExited, kPreempted, kSyscallEntered}) {
    History h = one_runs();
    h.add(stops, 1)
        .thread(2)
        .add(event::Queued{.goroutine = 2, .queue = kGlobalQueue})
        .add(event::Settled{});
    EXPECT_EQ(kind_of(h), "");
    EXPECT_EQ(kind_of(h.thread(1).add(event::MachineSleeps{})), kIdle);
  }
}

TEST(WorkFail, WhoSubmitsWakesNobody) {
  for (const std::uint16_t queue : {std::uint16_t{0}, std::uint16_t{1}, kGlobalQueue}) {
    History h = one_runs();
    h.add(event::Queued{.goroutine = 2, .queue = queue});
    EXPECT_EQ(kind_of(h), "");
    EXPECT_EQ(kind_of(h.add(event::Settled{.goroutine = 1})), kIdle);
  }
}

TEST(WorkFail, AMachineSleepsOverWork) {
  History h = one_runs();
  called(h)
      .add(event::Settled{.goroutine = 1})
      .thread(2)
      .add(event::MachineBegins{})
      .add(event::ProcessorIdle{.processor = 1});
  h.thread(1).add(event::Queued{.goroutine = 2}).add(event::Settled{.goroutine = 1});
  EXPECT_EQ(kind_of(h.thread(2).add(event::MachineSleeps{})), kIdle);
}

TEST(WorkFail, AProcessorBecomesIdleOverWork) {
  History h;
  h.thread(1)
      .add(event::Queued{.goroutine = 1})
      .add(event::Unqueued{.goroutine = 1})
      .add(event::Settled{.goroutine = 1});
  h.add(event::Queued{.goroutine = 2})
      .add(event::Settled{.goroutine = 1});  // no processor was idle
  EXPECT_EQ(kind_of(h), "");
  h.thread(2).add(event::SyscallEntered{.goroutine = 3}).add(event::ProcessorIdle{.processor = 1});
  EXPECT_EQ(kind_of(h), "");
  EXPECT_EQ(kind_of(h.add(event::Settled{.goroutine = 3})), kIdle);
}

/// As many machines as may be, all running something; processor 1 is idle.
History all_run(unsigned machines) {
  History h = one_runs().machines_max(machines);
  for (unsigned i = 1; i < machines; ++i) {
    h.thread(1).add(event::MachineCalled{.is_new = true});
    h.thread(static_cast<int>(i) + 1)
        .add(event::MachineBegins{})
        .add(event::Settled{.goroutine = 9});
  }
  return h;
}

TEST(Work, MachinesMayRunOut) {
  for (const unsigned machines : {2u, 3u, kMachinesMax}) {
    History h = all_run(machines);
    EXPECT_EQ(
        kind_of(h.thread(1).add(event::Queued{.goroutine = 2}).add(event::Settled{.goroutine = 1})),
        "");
    EXPECT_EQ(kind_of(h.machines_max(machines + 1)), kIdle);  // one more might have been made
  }
}

TEST(Work, AtTheLimitTheNextMachineThatComesToSleepLooksAgain) {
  History h = all_run(3);
  h.thread(1).add(event::Queued{.goroutine = 2}).add(event::Settled{.goroutine = 1});
  h.thread(2)
      .add(event::Parked{.goroutine = 9})
      .add(event::ProcessorTaken{.processor = 1})
      .add(event::Unqueued{.goroutine = 2});
  EXPECT_EQ(kind_of(h.add(event::Settled{.goroutine = 2})), "");
}

TEST(WorkFail, AMachineSleepsOverWorkThoughNoMoreMayBeMade) {
  History h = all_run(3);
  h.thread(1).add(event::Queued{.goroutine = 2}).add(event::Settled{.goroutine = 1});
  EXPECT_EQ(kind_of(h), "");
  EXPECT_EQ(kind_of(h.thread(2).add(event::Parked{.goroutine = 9})), "");
  EXPECT_EQ(kind_of(h.add(event::MachineSleeps{})), kIdle);
}

TEST(Work, AMachineThatWasWokenSleepsNoMore) {
  History h = all_run(2);
  h.thread(2).add(event::Parked{.goroutine = 9}).add(event::MachineSleeps{});
  h.thread(1)
      .add(event::MachineCalled{})
      .thread(2)
      .add(event::MachineBegins{})
      .add(event::Settled{.goroutine = 9});
  EXPECT_EQ(
      kind_of(h.thread(1).add(event::Queued{.goroutine = 2}).add(event::Settled{.goroutine = 1})),
      "");
}

TEST(Work, AQueueIsEmptyAtSomeMomentOfTheLook) {
  History before, during, never;
  before.add(kQueueSeenEmpty, 1, 0, {0, 0, 1});
  EXPECT_EQ(kind_of(before), "");
  // Empty until after the look began.
  during.add(event::Started{.goroutine = 1})
      .add(event::Queued{.goroutine = 2})
      .add(kQueueSeenEmpty, 1, 0, {0, 0, 1});
  EXPECT_EQ(kind_of(during), "");
  never.add(event::Queued{.goroutine = 2}).add(event::Started{.goroutine = 1});
  never.add(event::Queued{.goroutine = 3})
      .add(event::Unqueued{.goroutine = 2})
      .add(kQueueSeenEmpty, 1, 0, {0, 0, 2});
  EXPECT_EQ(kind_of(never), "queue found empty that never was");
  History again;
  again.add(event::Queued{.goroutine = 2})
      .add(event::Unqueued{.goroutine = 2})
      .add(event::Queued{.goroutine = 3});
  EXPECT_EQ(kind_of(again.add(kQueueSeenEmpty, 1, 0, {0, 0, 2})), "");  // between steps 2 and 3
}

TEST(WorkFail, Numbers) {
  const auto kind_with = [](EventKind kind, std::uint16_t queue) {
    History h;
    return kind_of(h.add(kind, 1, 0, {queue, 0xffffffff, 0xffffffff}));
  };
  for (unsigned kind = 0; kind < static_cast<unsigned>(EventKind::kCount); ++kind) {
    kind_with(static_cast<EventKind>(kind), 0xffff);
  }
  EXPECT_EQ(kind_with(kQueued, kGlobalQueue + 1), "malformed event");
  EXPECT_EQ(kind_with(kUnqueued, 0), "malformed event");
  EXPECT_EQ(kind_with(kQueueSeenEmpty, 0xffff), "malformed event");
  EXPECT_EQ(kind_with(kProcessorTaken, 0), "malformed event");
  EXPECT_EQ(kind_with(kMachineBegins, 0), "malformed event");
}

TEST(Work, ARunKnowsNothingOfTheOneBefore) {
  History first, second;
  EXPECT_EQ(kind_of(first.add(event::Queued{.goroutine = 1})), "");
  EXPECT_EQ(
      kind_of(second.add(event::ProcessorIdle{.processor = 1}).add(event::Settled{.goroutine = 1})),
      "");
}

}  // namespace
}  // namespace concertina::fuzzers
