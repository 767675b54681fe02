#include <gtest/gtest.h>

#include "base/sanitizer.h"
#include "sched/scheduler_internal.h"
#include "sched/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

const char kDeadlockEnding[] = "deadlock: all goroutines are asleep - deadlock!";

TEST(CheckDead, EveryGoroutineReturned) {
  const Body main({note(1, 1)});
  const auto run = run_program({}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_FALSE(run.has(EventKind::kEndGoroutine));
  const auto counts = run.of<event::EndCounts>();
  ASSERT_EQ(counts.size(), 1u);
  EXPECT_EQ(counts[0].goroutines, 0);
  EXPECT_EQ(counts[0].sudogs, 0u);
  EXPECT_EQ(counts[0].stacks, 0u);
}

TEST(CheckDead, NamesWhoSleepsForEver) {
  const Body child({[](Machine& m, Goroutine& g) {
    return park(m, g, nullptr, nullptr, WaitReason::kSelectNoCases);
  }});
  const Body main({go(child), go(child), yield()});
  for (unsigned seed = 0; seed < 50; ++seed) {
    const AnyRun any(seed);
    const auto run = run_program(any.setup, main);
    EXPECT_EQ(run.ending(), kDeadlockEnding);
    const auto left = run.of<event::EndGoroutine>();
    ASSERT_EQ(left.size(), 2u);
    EXPECT_EQ(left[0].goroutine, 2);
    EXPECT_EQ(left[1].goroutine, 3);
    EXPECT_EQ(left[0].status, kWaiting);
    EXPECT_EQ(left[0].reason, WaitReason::kSelectNoCases);
    EXPECT_EQ(run.of<event::EndCounts>().at(0).goroutines, 2);
    EXPECT_EQ(run.of<event::EndCounts>().at(0).stacks, 2u);
  }
}

TEST(CheckDead, WaitsWhileTheScannerIsBusy) {
  const Body main({park_here()});
  const RunSetup setup{.before = [](Runtime& runtime) { runtime.busy_scanners = 1; }};
  EXPECT_EQ(run_program(setup, main).report.outcome, Outcome::kHung);
  EXPECT_EQ(run_program({}, main).ending(), kDeadlockEnding);
}

// Main sleeps and the other machine idles, but the child in its system call will wake main.
TEST(CheckDead, WaitsWhileAMachineIsInASystemCall) {
  Flags* flags = nullptr;
  const Body child({[&flags](Machine& m, Goroutine& g) {
                      enter_syscall(m, g);
                      flags->a.store(1, Site::kTest);
                      spin_for(m.runtime->idle_processor_count, m.runtime->knobs.processors);
                      return exit_syscall(m, g) ? Action::kNext : Action::kLeaveSyscall;
                    },
                    ready_goroutine(1)});
  const Body main({go(child), park_here(), note(1, 1)});
  for (unsigned seed = 0; seed < 100; ++seed) {
    const AnyRun any(seed);
    const auto run = run_program(with_flags(flags, any.setup), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(run.notes(1), Ids{1});
  }
}

TEST(CheckDead, ForgottenRunnableGoroutineIsFatal) {
  const Body sleeper({park_here()});
  const Body main({go(sleeper), yield(), [](Machine& m, Goroutine&) {
                     goroutine(m, 2).status.plant(kRunnable);  // and in no queue
                   }});
  EXPECT_EQ(run_program(kOneProcessor, main).ending(),
            "fatal: check_dead found a runnable goroutine: all machines are idle");
}

// A suspender that is not busy by its own account holds kScan: the goroutine still counts as
// waiting.
TEST(CheckDead, ScanBitDoesNotHideAStatus) {
  const Body sleeper({park_here()});
  const Body main({go(sleeper), yield(),
                   [](Machine& m, Goroutine&) { goroutine(m, 2).status.plant(kWaiting | kScan); }});
  EXPECT_EQ(run_program(kOneProcessor, main).ending(), kDeadlockEnding);
}

TEST(CheckDead, AsksForTheChannelsState) {
  const Body main({note(1, 1)});
  const RunSetup setup{.before = [](Runtime& runtime) {
    runtime.announce_channels = [](Runtime&) { platform::record(event::EndChannel{.channel = 9}); };
  }};
  const auto run = run_program(setup, main);
  ASSERT_EQ(run.of(EventKind::kEndChannel).size(), 1u);
  EXPECT_EQ(run.of<event::EndChannel>()[0].channel, 9);
}

// A write into a freed stack is announced with index 1.
TEST(CheckDead, AnnouncesPoisonThatWasOverwritten) {
  const Body main({[](Machine&, Goroutine& g) {
    const std::uintptr_t old = g.stack.lo;
    grow_stack(g, 0);
    sanitizer::unpoison(reinterpret_cast<void*>(old), 8);
    *reinterpret_cast<std::uint64_t*>(old) = 1;
  }});
  const auto run = run_program({}, main);
  unsigned found = 0;
  for (const auto& freed : run.of<event::StackFreed>()) found += freed.overwritten;
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(found, 1u);
}

}  // namespace
}  // namespace concertina
