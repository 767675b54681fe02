// Machines that look for work, go idle and are started again: no goroutine waits while a processor
// is idle, whatever the schedule.
#include <gtest/gtest.h>

#include <memory>

#include "sched/scheduler_internal.h"
#include "sched/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

// Lazy, then random ones, then priorities: calls run(chooser) for each.
template <class F>
void for_each_schedule(unsigned seeds, F run) {
  LazyChooser lazy;
  run(lazy);
  for (unsigned seed = 0; seed < seeds && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    run(random);
    PriorityChooser priorities(seed);
    run(priorities);
  }
}

Knobs with_processors(unsigned n) { return {.processors = n, .stacks = {}}; }

// --- Work conservation ---------------------------------------------------------------------------

// Each goroutine keeps its processor until all of them run at once, as many as there are
// processors.
TEST(WorkConservation, AsManyGoroutinesRunAtOnceAsThereAreProcessors) {
  for (unsigned n = 2; n <= kProcessorsLimit; ++n) {
    Flags* flags = nullptr;
    const Op barrier = [&flags, n](Machine&, Goroutine&) {
      flags->a.fetch_add(1, Site::kTest);
      spin_for(flags->a, n);
    };
    const Body child({barrier});
    const Body main({loop(n - 1, {go(child)}), barrier});
    for_each_schedule(150, [&](Chooser& chooser) {
      const auto run =
          run_program(with_flags(flags, {.knobs = with_processors(n), .chooser = &chooser}), main);
      ASSERT_EQ(run.ending(), "exit: ");
    });
  }
}

// The same for goroutines that were asleep and are readied one after the other.
TEST(WorkConservation, ReadiedGoroutinesRunAtOnce) {
  constexpr unsigned kProcessors = 3;
  Flags* flags = nullptr;
  const Op barrier = [&flags](Machine&, Goroutine&) {
    flags->b.fetch_add(1, Site::kTest);
    spin_for(flags->b, kProcessors);
  };
  const Op park_and_count = [&flags](Machine& m, Goroutine& g) {
    return park(
        m, g,
        [](Goroutine&, void* shared) {
          static_cast<Flags*>(shared)->a.fetch_add(1, Site::kTest);
          return true;
        },
        flags, WaitReason::kChanReceive);
  };
  const Body child({park_and_count, barrier});
  const Body main({go(child), go(child), [&flags](Machine&, Goroutine&) { spin_for(flags->a, 2); },
                   ready_goroutine(2), ready_goroutine(3), barrier});
  for_each_schedule(200, [&](Chooser& chooser) {
    const auto run = run_program(
        with_flags(flags, {.knobs = with_processors(kProcessors), .chooser = &chooser}), main);
    ASSERT_EQ(run.ending(), "exit: ");
  });
}

// Until the other one of two machines sleeps.
Op wait_until_the_other_machine_sleeps() {
  return [](Machine& m, Goroutine&) {
    spin_for(m.runtime->idle_processor_count, 1);
    bool is_asleep = false;
    while (!is_asleep) {
      m.runtime->lock.lock(Site::kSchedulerLock);
      is_asleep = m.runtime->idle_machine_count == 1;
      m.runtime->lock.unlock(Site::kSchedulerUnlock);
    }
  };
}

// A yielding goroutine enqueues, too, and must wake an idle machine. The child is put into the
// local queue without a wake-up, and keeps the processor until main runs elsewhere.
TEST(WorkConservation, YieldedGoroutineIsTakenByAnIdleProcessor) {
  Flags* flags = nullptr;
  const Body child({park_here(), [&flags](Machine&, Goroutine&) { spin_for(flags->a, 1); }});
  const Body main({go(child),
                   [](Machine& m, Goroutine&) {
                     platform::spin_until(
                         goroutine(m, 2).status, [](Status s) { return s == kWaiting; },
                         Site::kTest);
                   },
                   wait_until_the_other_machine_sleeps(),
                   [](Machine& m, Goroutine&) {
                     cas_status(goroutine(m, 2), kWaiting, kRunnable, Site::kReadyStatus);
                     put_runnable(m, goroutine(m, 2), false);
                     return Action::kYield;
                   },
                   [&flags](Machine&, Goroutine&) { flags->a.store(1, Site::kTest); }});
  for (unsigned seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const auto run = run_program(with_flags(flags, {.chooser = &random}), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
  }
}

TEST(WorkConservation, ManyShortGoroutinesAllEnd) {
  const Body leaf({yield(), note(1, 1)});
  const Body child({go(leaf), yield(), go(leaf), note(1, 1)});
  const Body main({loop(8, {go(child), yield()})});
  for (unsigned n = 1; n <= kProcessorsLimit; ++n) {
    for_each_schedule(60, [&](Chooser& chooser) {
      const auto run = run_program({.knobs = with_processors(n), .chooser = &chooser}, main);
      ASSERT_EQ(run.ending(), "exit: ");
      ASSERT_EQ(run.notes(1).size(), 24u);
    });
  }
}

// --- Machines ------------------------------------------------------------------------------------

// Which machine runs the goroutine, and how many there are.
Op note_machine(std::uint16_t tag) {
  return [=](Machine& m, Goroutine& g) { announce(g, tag, m.id); };
}
Op note_machine_count(std::uint16_t tag) {
  return [=](Machine& m, Goroutine& g) { announce(g, tag, m.runtime->machine_count); };
}

TEST(Machines, OneProcessorNeedsNoSecondMachine) {
  const Body child({yield(), note_machine(1)});
  const Body main({go(child), go(child), yield(), note_machine_count(2)});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.notes(1), (Ids{0, 0}));
  EXPECT_EQ(run.notes(2), Ids{1});
}

// Main waits in place until the child has run: only another machine can run it.
TEST(Machines, OneIsStartedForWorkAndUsedAgainLater) {
  Flags* flags = nullptr;
  const Body child(
      {note_machine(1), [&flags](Machine&, Goroutine&) { flags->a.fetch_add(1, Site::kTest); }});
  const Body main({go(child), [&flags](Machine&, Goroutine&) { spin_for(flags->a, 1); },
                   wait_until_the_other_machine_sleeps(), go(child),
                   [&flags](Machine&, Goroutine&) { spin_for(flags->a, 2); },
                   note_machine_count(2)});
  Random random(1);
  const auto run = run_program(with_flags(flags, {.chooser = &random}), main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), (Ids{1, 1}));
  EXPECT_EQ(run.notes(2), Ids{2});
}

// Every goroutine blocks a machine in a system call until the last one that may is there.
TEST(Machines, AreAtMostKMachinesMax) {
  Flags* flags = nullptr;
  const Body blocked({[&flags](Machine& m, Goroutine& g) {
    enter_syscall(m, g);
    if (flags->a.fetch_add(1, Site::kTest) + 1 == kMachinesMax) {
      announce(g, 2, m.runtime->machine_count);
      flags->b.store(1, Site::kTest);
    }
    spin_for(flags->b, 1);
    return exit_syscall(m, g) ? Action::kNext : Action::kLeaveSyscall;
  }});
  const Body main({loop(kMachinesMax + 4, {go(blocked)})});
  for_each_schedule(20, [&](Chooser& chooser) {
    const auto run = run_program(with_flags(flags, {.chooser = &chooser}), main);
    ASSERT_EQ(run.ending(), "exit: ");
    ASSERT_EQ(run.notes(2), Ids{kMachinesMax});
    ASSERT_EQ(run.count(EventKind::kSyscallLeft), kMachinesMax + 4);
  });
}

// All machines but main's are in system calls when main wants one more for a new goroutine.
TEST(Machines, NoneIsLeftForASpinningStart) {
  Flags* flags = nullptr;
  const Body blocked({[&flags](Machine& m, Goroutine& g) {
    enter_syscall(m, g);
    flags->a.fetch_add(1, Site::kTest);
    spin_for(flags->b, 1);
    return exit_syscall(m, g) ? Action::kNext : Action::kLeaveSyscall;
  }});
  const Body extra({note(1, 1)});
  const Body main({loop(kMachinesMax - 1, {go(blocked)}),
                   [&flags](Machine& m, Goroutine&) {
                     // Until a processor is idle, main may not sleep in place on the only other
                     // one.
                     while (flags->a.load(Site::kTest) != kMachinesMax - 1) {
                       (void)m.runtime->need_spinning.load(Site::kTest);
                     }
                     spin_for(m.runtime->idle_processor_count, 1);
                   },
                   note_machine_count(2), go(extra), note_machine_count(2),
                   [](Machine& m, Goroutine& g) {
                     announce(g, 3, m.runtime->spinning_count.inspect());
                     announce(g, 4, m.runtime->idle_processor_count.inspect());
                   },
                   [&flags](Machine&, Goroutine&) { flags->b.store(1, Site::kTest); }});
  Random random(3);
  const auto run = run_program(with_flags(flags, {.chooser = &random}), main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{1});
  EXPECT_EQ(run.notes(2), (Ids{kMachinesMax, kMachinesMax}));
  EXPECT_EQ(run.notes(3), Ids{0});
  EXPECT_EQ(run.notes(4), Ids{1});
}

// --- Finding work --------------------------------------------------------------------------------

TEST(Stealing, TakesFromTheRingOfAProcessorThatIsBusy) {
  Flags* flags = nullptr;
  const Body child(
      {note_machine(1), [&flags](Machine&, Goroutine&) { flags->a.fetch_add(1, Site::kTest); }});
  const Body main(
      {loop(5, {go(child)}), [&flags](Machine&, Goroutine&) { spin_for(flags->a, 5); }});
  const auto run = run_program(with_flags(flags), main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), (Ids{1, 1, 1, 1, 1}));
}

// A waker that finds no idle processor leaves word; a machine about to give its processor up must
// look at it, or two goroutines that wait for each other in place would wait for ever (#45867).
TEST(NeedSpinning, MachineAboutToGoIdleLooksAgain) {
  Flags* flags = nullptr;
  const Body child({yield(), [&flags](Machine&, Goroutine&) {
                      flags->a.fetch_add(1, Site::kTest);
                      spin_for(flags->a, 2);
                    }});
  const Body main({go(child), go(child)});
  for_each_schedule(400, [&](Chooser& chooser) {
    const auto run = run_program(with_flags(flags, {.chooser = &chooser}), main);
    ASSERT_EQ(run.ending(), "exit: ");
  });
}

TEST(Fatal, MoreMachinesStopSpinningThanBegan) {
  const Body main({[](Machine& m, Goroutine&) { reset_spinning(m); }});
  EXPECT_EQ(run_program({}, main).ending(), "fatal: spinning machines: negative count");
}

TEST(Fatal, MachineStopsWithAProcessorOrSpinning) {
  const auto ending = [](auto corrupt) {
    const Body main({[corrupt](Machine& m, Goroutine&) {
      corrupt(m);
      stop_machine(m);
    }});
    return run_program({}, main).ending();
  };
  const std::string expected = "fatal: machine: stops with a processor or spinning";
  EXPECT_EQ(ending([](Machine&) {}), expected);
  EXPECT_EQ(ending([](Machine& m) {
              m.processor = nullptr;
              m.is_spinning = true;
            }),
            expected);
}

TEST(Fatal, SleepingMachineIsWokenTwice) {
  const Body main({[](Machine& m, Goroutine&) {
    auto& sleeper = make<Machine>(std::uint16_t{9}, *m.runtime);
    (void)sleeper.note.wake(Site::kMachineNoteWake);
    m.runtime->idle_machines = &sleeper;
    m.runtime->idle_machine_count = 1;
    start_machine(*m.runtime, *m.runtime->processors[1], false);
  }});
  EXPECT_EQ(run_program({}, main).ending(), "fatal: machine note: double wake-up");
}

}  // namespace
}  // namespace concertina
