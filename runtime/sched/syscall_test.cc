// System calls: the processor is used by others meanwhile, and the stack stays where it is.
#include <gtest/gtest.h>

#include "sched/scheduler_internal.h"
#include "sched/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

// Enters a system call and stays there until flag a is `value`.
Op system_call_until(Flags*& flags, std::uint32_t value) {
  return [&flags, value](Machine& m, Goroutine& g) {
    announce(g, 10, m.id);
    enter_syscall(m, g);
    announce(g, 11, g.status.peek());
    announce(g, 12, m.processor == nullptr && g.in_syscall && g.stack_cache == nullptr);
    spin_for(flags->a, value);
    const bool stays = exit_syscall(m, g);
    announce(g, 13, stays);
    return stays ? Action::kNext : Action::kLeaveSyscall;
  };
}
Op set_flag(Flags*& flags, std::uint32_t value) {
  return [&flags, value](Machine&, Goroutine&) { flags->a.store(value, Site::kTest); };
}
Op note_back(std::uint16_t tag) {
  return [=](Machine& m, Goroutine& g) {
    announce(g, tag, m.id);
    announce(g, tag,
             g.status.peek() == kRunning && !g.in_syscall && m.processor != nullptr &&
                 g.stack_cache == &m.processor->stacks);
  };
}

TEST(Syscall, ProcessorRunsAnotherGoroutineMeanwhile) {
  Flags* flags = nullptr;
  const Body other({set_flag(flags, 1)});
  const Body main({go(other), system_call_until(flags, 1), note_back(1)});
  for (unsigned seed = 0; seed < 100; ++seed) {
    Random random(seed);
    RunSetup setup = kOneProcessor;
    setup.chooser = &random;
    const auto run = run_program(with_flags(flags, setup), main);
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
                     announce(g, 2, m.runtime->idle_processor_count.peek());
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
    Random random(seed);
    RunSetup setup = kOneProcessor;
    setup.chooser = &random;
    const auto run = run_program(with_flags(flags, setup), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(run.notes(13), Ids{0});
    ASSERT_EQ(run.notes(10), Ids{0});
    ASSERT_EQ(run.notes(1), (Ids{1, 1}));  // it goes on where the other one ran
  }
}

// The processor becomes free between the failed look and the global queue.
TEST(Syscall, MachineUsesAProcessorThatBecameFreeMeanwhile) {
  Flags* flags = nullptr;
  ScriptChooser script;
  // Main has found no processor; it goes on only when the other machine sleeps.
  script.add({.path = kMainPath,
              .site = Site::kSyscallStatus,
              .until_path = kSchedulerPath,
              .until_site = Site::kIdleProcessorsStore,
              .arrival = 2});
  const Body other({set_flag(flags, 1), [&flags](Machine&, Goroutine&) { spin_for(flags->b, 1); }});
  const Body main({go(other),
                   [&flags](Machine& m, Goroutine& g) {
                     enter_syscall(m, g);
                     spin_for(flags->a, 1);
                     const bool stays = exit_syscall(m, g);
                     announce(g, 13, stays);
                     flags->b.store(1, Site::kTest);
                     return stays ? Action::kNext : Action::kLeaveSyscall;
                   },
                   note_back(1)});
  RunSetup setup = kOneProcessor;
  setup.chooser = &script;
  const auto run = run_program(with_flags(flags, setup), main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_TRUE(script.is_complete());
  EXPECT_EQ(run.notes(13), Ids{0});
  EXPECT_EQ(run.notes(1), (Ids{0, 1}));  // the machine did not change
}

TEST(Syscall, WorkInTheGlobalQueueGetsTheProcessor) {
  Flags* flags = nullptr;
  const Body other({yield(), set_flag(flags, 1)});  // waits in the global queue
  const Body main({go(other), yield(), system_call_until(flags, 1)});
  const auto run = run_program(with_flags(flags, kOneProcessor), main);
  EXPECT_EQ(run.ending(), "exit: ");
}

// Nobody looks for work and no processor is idle: the one that is given away goes on looking.
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

TEST(Syscall, ManyAtOnceAllReturn) {
  const Body child({system_call(), yield(), system_call(), note(1, 1)});
  const Body main({loop(9, {go(child)}), system_call()});
  for (unsigned n = 1; n <= kProcessorsLimit; ++n) {
    for (unsigned seed = 0; seed < 60; ++seed) {
      Random random(seed);
      const auto run =
          run_program({.knobs = {.processors = n, .stacks = {}}, .chooser = &random}, main);
      ASSERT_EQ(run.ending(), "exit: ") << seed;
      ASSERT_EQ(run.notes(1).size(), 9u);
    }
  }
}

}  // namespace
}  // namespace concertina
