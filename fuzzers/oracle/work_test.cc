#include "oracle/work.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

using enum EventKind;

constexpr std::uint16_t kGlobal = kProcessorsLimit;
const std::string kIdle = "idle processor beside a runnable goroutine";

std::string kind_of(const History& history) {
  const Verdict verdict = judge_work(Program{}, history.trace());
  if (verdict.failed()) EXPECT_EQ(verdict.oracle, "work");
  return verdict.kind;
}

/// Thread 1 runs goroutine 1 on processor 0, processor 1 is idle, and nobody else exists.
History one_runs() {
  History h;
  h.thread(1).add(kProcessorIdle, 0, 0, {1});
  h.add(kQueued, 1, 0, {0}).add(kUnqueued, 1, 0, {0}).add(kSettled, 1);
  return h;
}

/// Thread 1 has called a machine, thread 2, for processor 1.
History& called(History& h) {
  return h.add(kProcessorTaken, 0, 0, {1}).add(kMachineCalled, 0, 0, {0, 1});
}

TEST(Work, WhoSubmitsWakesSomebodyWhoFindsIt) {
  History h = one_runs();
  h.add(kQueued, 2, 0, {0});
  called(h).add(kSettled, 1);
  h.thread(2).add(kMachineBegins, 0).add(kUnqueued, 2, 0, {0}).add(kSettled, 2);
  h.thread(1).add(kParked, 1).add(kProcessorIdle, 0, 0, {0}).add(kMachineSleeps, 0);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Work, NoProcessorIsIdle) {
  History h = one_runs();
  called(h).thread(2).add(kMachineBegins, 0).add(kQueued, 2, 0, {1}).add(kUnqueued, 2, 0, {1});
  h.add(kSettled, 2).thread(1).add(kQueued, 3, 0, {0}).add(kSettled, 1);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Work, WhoIsStillLookingWillFindIt) {
  History h = one_runs();
  called(h).add(kSettled, 1).thread(2).add(kMachineBegins, 0).add(kProcessorIdle, 0, 0, {1});
  h.thread(1).add(kQueued, 2, 0, {0}).add(kSettled, 1);  // saw that thread 2 looks
  EXPECT_EQ(kind_of(h), "");
  h.thread(2).add(kProcessorTaken, 0, 0, {1}).add(kUnqueued, 2, 0, {0}).add(kSettled, 2);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Work, AMachineThatGivesAProcessorAwayLooksFirst) {
  for (const EventKind stops : {kParked, kExited, kPreempted, kSyscallEntered}) {
    History h = one_runs();
    h.add(stops, 1).thread(2).add(kQueued, 2, 0, {kGlobal}).add(kSettled, 0);
    EXPECT_EQ(kind_of(h), "");
    EXPECT_EQ(kind_of(h.thread(1).add(kMachineSleeps, 0)), kIdle);
  }
}

TEST(WorkFail, WhoSubmitsWakesNobody) {
  for (const std::uint16_t queue : {std::uint16_t{0}, std::uint16_t{1}, kGlobal}) {
    History h = one_runs();
    h.add(kQueued, 2, 0, {queue});
    EXPECT_EQ(kind_of(h), "");
    EXPECT_EQ(kind_of(h.add(kSettled, 1)), kIdle);
  }
}

TEST(WorkFail, AMachineSleepsOverWork) {
  History h = one_runs();
  called(h).add(kSettled, 1).thread(2).add(kMachineBegins, 0).add(kProcessorIdle, 0, 0, {1});
  h.thread(1).add(kQueued, 2, 0, {0}).add(kSettled, 1);
  EXPECT_EQ(kind_of(h.thread(2).add(kMachineSleeps, 0)), kIdle);
}

TEST(WorkFail, AProcessorBecomesIdleOverWork) {
  History h;
  h.thread(1).add(kQueued, 1, 0, {0}).add(kUnqueued, 1, 0, {0}).add(kSettled, 1);
  h.add(kQueued, 2, 0, {0}).add(kSettled, 1);  // no processor was idle
  EXPECT_EQ(kind_of(h), "");
  h.thread(2).add(kSyscallEntered, 3).add(kProcessorIdle, 0, 0, {1});
  EXPECT_EQ(kind_of(h), "");
  EXPECT_EQ(kind_of(h.add(kSettled, 3)), kIdle);
}

/// As many machines as may be, all running something; processor 1 is idle.
History all_run(unsigned machines) {
  History h = one_runs().machines_max(machines);
  for (unsigned i = 1; i < machines; ++i) {
    h.thread(1).add(kMachineCalled, 0, 0, {0, 1});
    h.thread(static_cast<int>(i) + 1).add(kMachineBegins, 0).add(kSettled, 9);
  }
  return h;
}

TEST(Work, MachinesMayRunOut) {
  for (const unsigned machines : {2u, 3u, kMachinesMax}) {
    History h = all_run(machines);
    EXPECT_EQ(kind_of(h.thread(1).add(kQueued, 2, 0, {0}).add(kSettled, 1)), "");
    EXPECT_EQ(kind_of(h.machines_max(machines + 1)), kIdle);  // one more might have been made
  }
}

TEST(Work, AtTheLimitTheNextMachineThatComesToSleepLooksAgain) {
  History h = all_run(3);
  h.thread(1).add(kQueued, 2, 0, {0}).add(kSettled, 1);
  h.thread(2).add(kParked, 9).add(kProcessorTaken, 0, 0, {1}).add(kUnqueued, 2, 0, {0});
  EXPECT_EQ(kind_of(h.add(kSettled, 2)), "");
}

TEST(WorkFail, AMachineSleepsOverWorkThoughNoMoreMayBeMade) {
  History h = all_run(3);
  h.thread(1).add(kQueued, 2, 0, {0}).add(kSettled, 1);
  EXPECT_EQ(kind_of(h), "");
  EXPECT_EQ(kind_of(h.thread(2).add(kParked, 9)), "");
  EXPECT_EQ(kind_of(h.add(kMachineSleeps, 0)), kIdle);
}

TEST(Work, AMachineThatWasWokenSleepsNoMore) {
  History h = all_run(2);
  h.thread(2).add(kParked, 9).add(kMachineSleeps, 0);
  h.thread(1).add(kMachineCalled, 0).thread(2).add(kMachineBegins, 0).add(kSettled, 9);
  EXPECT_EQ(kind_of(h.thread(1).add(kQueued, 2, 0, {0}).add(kSettled, 1)), "");
}

TEST(Work, AQueueIsEmptyAtSomeMomentOfTheLook) {
  History before, during, never;
  before.add(kQueueSeenEmpty, 1, 0, {0, 0, 1});
  EXPECT_EQ(kind_of(before), "");
  // Empty until after the look began.
  during.add(kStarted, 1).add(kQueued, 2, 0, {0}).add(kQueueSeenEmpty, 1, 0, {0, 0, 1});
  EXPECT_EQ(kind_of(during), "");
  never.add(kQueued, 2, 0, {0}).add(kStarted, 1);
  never.add(kQueued, 3, 0, {0}).add(kUnqueued, 2, 0, {0}).add(kQueueSeenEmpty, 1, 0, {0, 0, 2});
  EXPECT_EQ(kind_of(never), "queue found empty that never was");
  History again;
  again.add(kQueued, 2, 0, {0}).add(kUnqueued, 2, 0, {0}).add(kQueued, 3, 0, {0});
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
  EXPECT_EQ(kind_with(kQueued, kGlobal + 1), "malformed event");
  EXPECT_EQ(kind_with(kUnqueued, 0), "malformed event");
  EXPECT_EQ(kind_with(kQueueSeenEmpty, 0xffff), "malformed event");
  EXPECT_EQ(kind_with(kProcessorTaken, 0), "malformed event");
  EXPECT_EQ(kind_with(kMachineBegins, 0), "malformed event");
}

TEST(Work, ARunKnowsNothingOfTheOneBefore) {
  History first, second;
  EXPECT_EQ(kind_of(first.add(kQueued, 1, 0, {0})), "");
  EXPECT_EQ(kind_of(second.add(kProcessorIdle, 0, 0, {1}).add(kSettled, 1)), "");
}

}  // namespace
}  // namespace concertina::fuzzers
