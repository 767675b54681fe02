// System calls: the processor is used by others meanwhile, and the stack stays where it is.
#include <gtest/gtest.h>

#include "sched/scheduler_internal.h"
#include "sched/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

TEST(Syscall, ProcessorRunsAnotherGoroutineMeanwhile) {
  Flags* flags = nullptr;
  const Body other({set_flag(flags, 1)});
  const Body main({go(other), system_call_until(flags, 1), note_back(1)});
  for (unsigned seed = 0; seed < 100; ++seed) {
    const AnyRun any(seed, kOneProcessor);
    const auto run = run_program(with_flags(flags, any.setup), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(run.notes(11), Ids{kSyscall});
    ASSERT_EQ(run.notes(12), Ids{1});
    ASSERT_EQ(run.notes(1).at(1), 1u);
    ASSERT_EQ(run.count(EventKind::kSyscallEntered), 1u);
    ASSERT_EQ(run.count(EventKind::kSyscallLeft), 1u);
  }
}

TEST(Syscall, ReturnsToAFreeProcessorWithoutWaiting) {
  const Body main({[](Machine& m, Goroutine& g) {
                     enter_syscall(m, g);
                     announce(g, 2, m.runtime->idle_processor_count.inspect());
                     announce(g, 3, exit_syscall(m, g));
                   },
                   note_back(1)});
  const auto run = run_program({}, main);  // two processors, both idle during the call
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(2), Ids{2});
  EXPECT_EQ(run.notes(3), Ids{1});
  EXPECT_EQ(run.notes(1), (Ids{0, 1}));
}

// The other goroutine keeps the only processor until main has left its system call.
TEST(Syscall, ReturnsThroughTheGlobalQueueWhenNoProcessorIsFree) {
  Flags* flags = nullptr;
  const Body other(
      {set_flag(flags, 1), [](Machine& m, Goroutine&) { spin_for(m.runtime->global_count, 1); }});
  const Body main({go(other), system_call_until(flags, 1), note_back(1)});
  for (unsigned seed = 0; seed < 100; ++seed) {
    const AnyRun any(seed, kOneProcessor);
    const auto run = run_program(with_flags(flags, any.setup), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(run.notes(13), Ids{0});
    ASSERT_EQ(run.notes(10), Ids{0});
    ASSERT_EQ(run.notes(1), (Ids{1, 1}));  // it continues where the other one ran
  }
}

// A machine about to drop a processor keeps looking if one was asked for (step S2 in
// scheduler.h): the goroutine may have been moved from the global queue to a processor's by then.
TEST(Syscall, WhoWaitsInTheGlobalQueueHasAskedForAProcessor) {
  Flags* flags = nullptr;
  const Body other({[](Machine& m, Goroutine&) {
                      m.runtime->need_spinning.store(0, Site::kTest);  // what `go` asked
                    },
                    set_flag(flags, 1),
                    [](Machine& m, Goroutine& g) {
                      spin_for(m.runtime->global_count, 1);
                      m.runtime->lock.lock(Site::kTest);
                      announce(g, 2, m.runtime->need_spinning.inspect());
                      m.runtime->lock.unlock(Site::kTest);
                    }});
  const Body main({go(other), system_call_until(flags, 1)});
  for (unsigned seed = 0; seed < 100; ++seed) {
    const AnyRun any(seed, kOneProcessor);
    const auto run = run_program(with_flags(flags, any.setup), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(run.notes(2), Ids{1});
  }
}

TEST(Syscall, WorkInTheGlobalQueueGetsTheProcessor) {
  Flags* flags = nullptr;
  const Body other({yield(), set_flag(flags, 1)});  // waits in the global queue
  const Body main({go(other), yield(), system_call_until(flags, 1)});
  const auto run = run_program(with_flags(flags, kOneProcessor), main);
  EXPECT_EQ(run.ending(), "exit: ");
}

// No machine looks for work and no processor is idle: the one that is given away keeps looking.
TEST(Syscall, LastProcessorIsHandedToASpinningMachine) {
  Flags* flags = nullptr;
  const Body main({[](Machine& m, Goroutine& g) {
    enter_syscall(m, g);
    spin_for(m.runtime->idle_processor_count, 1);  // it has found nothing
    announce(g, 1, m.runtime->machine_count);
    return exit_syscall(m, g) ? Action::kNext : Action::kLeaveSyscall;
  }});
  const auto run = run_program(with_flags(flags, kOneProcessor), main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{2});
}

TEST(Syscall, StackMayNotMoveInside) {
  const auto ending = [](auto disturb) {
    const Body main({[disturb](Machine& m, Goroutine& g) {
      enter_syscall(m, g);
      disturb(g);
    }});
    return run_program({}, main).ending();
  };
  EXPECT_EQ(ending([](Goroutine& g) { grow_stack(g, 0); }),
            "fatal: stack growth not allowed in system call: the goroutine is in one");
  EXPECT_EQ(ending([](Goroutine& g) { copy_stack(g, g.stack.bytes(), CopyReason::kMove); }),
            "fatal: stack copy in system call: the goroutine is in one");
}

TEST(Syscall, WhatIsAskedInItIsDueAfterwards) {
  const Body main({[](Machine& m, Goroutine& g) {
                     enter_syscall(m, g);
                     announce(g, 1, must_stop(g));  // a prologue would come to split_stack
                     ask(g, kPreemptMove, Site::kTest);
                     const bool stays = exit_syscall(m, g);
                     announce(g, 1, must_stop(g));
                     return stays ? Action::kNext : Action::kLeaveSyscall;
                   },
                   [](Machine&, Goroutine& g) { announce(g, 1, must_stop(g)); }});
  const auto run = run_program({}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), (Ids{1, 1, 0}));
  EXPECT_EQ(run.count(EventKind::kCopyBegin), 1u);
}

TEST(Syscall, ManyAtOnceAllReturn) {
  const Body child({system_call(), yield(), system_call(), note(1, 1)});
  const Body main({loop(9, {go(child)}), system_call()});
  for (unsigned n = 1; n <= kProcessorsLimit; ++n) {
    for (unsigned seed = 0; seed < 60; ++seed) {
      const AnyRun any(seed, {.knobs = {.processors = n, .stacks = {}}});
      const auto run = run_program(any.setup, main);
      ASSERT_EQ(run.ending(), "exit: ") << seed;
      ASSERT_EQ(run.notes(1).size(), 9u);
    }
  }
}

}  // namespace
}  // namespace concertina
