// Each assertion about machines, processors, queues and counts, in a state that breaks it.
#include <gtest/gtest.h>

#include <string>

#include "sched/run_queue_testing.h"
#include "sched/scheduler_internal.h"
#include "sched/testing.h"

namespace concertina {
namespace {

using namespace test;

/// A runtime with two processors and three machines, of which one sleeps beside one processor.
struct Scene {
  Scene() : runtime(make<Runtime>(Knobs{})) {
    for (std::uint16_t i = 0; i < 2; ++i) runtime.processors[i] = &make<Processor>(i);
    runtime.lock.lock(Site::kTest);
    put_idle_processor(runtime, *runtime.processors[1]);
    sleeper = &make<Machine>(std::uint16_t{1}, runtime);
    runtime.idle_machines = sleeper;
    runtime.idle_machine_count = 1;
    runtime.machine_count = 3;
  }
  Goroutine& goroutine(Status status) {
    auto& g = make<Goroutine>(GoroutineId{1}, kMainPath, runtime.stack_pool);
    g.status.plant(status);
    return g;
  }

  Runtime& runtime;
  Machine* sleeper = nullptr;
};

template <class Body>
std::string ending_of(Body body) {
  return run_thread({}, [&body] { body(make<Scene>()); }).ending();
}

TEST(SchedulerLists, AreAsLongAsTheyAreCounted) {
  const auto ending = [](auto broken) {
    return ending_of([&broken](Scene& s) {
      broken(s);
      check_lists(s.runtime);
    });
  };
  EXPECT_EQ(ending([](Scene&) {}), "exit: ");
  EXPECT_EQ(ending([](Scene& s) { s.runtime.lock.unlock(Site::kTest); }),
            "fatal: scheduler lock: its lists need it");
  EXPECT_EQ(ending([](Scene& s) { s.runtime.machine_count = kMachinesMax + 1; }),
            "fatal: machines: more than there may be");
  EXPECT_EQ(ending([](Scene& s) { s.runtime.idle_machine_count = 2; }),
            "fatal: idle machines: they are not as many as counted");
  EXPECT_EQ(ending([](Scene& s) { s.runtime.machine_count = 0; }),
            "fatal: idle machines: there are more than machines");
  EXPECT_EQ(ending([](Scene& s) { s.sleeper->processor = s.runtime.processors[0]; }),
            "fatal: idle machines: one of them has a processor");
  EXPECT_EQ(ending([](Scene& s) { s.sleeper->goroutine = &s.goroutine(kRunning); }),
            "fatal: idle machines: one of them runs a goroutine");
  EXPECT_EQ(ending([](Scene& s) { s.sleeper->is_spinning = true; }),
            "fatal: idle machines: one of them looks for work");
  EXPECT_EQ(ending([](Scene& s) { s.sleeper->next_processor = s.runtime.processors[0]; }),
            "fatal: idle machines: one of them was called already");
  EXPECT_EQ(ending([](Scene& s) { s.runtime.idle_processor_count.plant(0); }),
            "fatal: idle processors: they are not as many as counted");
  EXPECT_EQ(ending([](Scene& s) { s.runtime.processors[1] = s.runtime.processors[0]; }),
            "fatal: idle processors: one of them is another runtime's");
  EXPECT_EQ(ending([](Scene& s) { s.runtime.processors[1]->idle_link = s.runtime.processors[1]; }),
            "fatal: idle processors: one of them is listed twice");
}

TEST(SchedulerLists, TheGlobalQueueHasTwoEnds) {
  const auto ending = [](auto broken) {
    return ending_of([&broken](Scene& s) {
      push_global(s.runtime, s.goroutine(kRunnable));
      broken(s);
      check_lists(s.runtime);
    });
  };
  EXPECT_EQ(ending([](Scene&) {}), "exit: ");
  EXPECT_EQ(ending([](Scene& s) { s.runtime.global_tail = &s.goroutine(kRunnable); }),
            "fatal: global queue: its tail is not its last goroutine");
  EXPECT_EQ(ending([](Scene& s) { s.runtime.global_count.plant(2); }),
            "fatal: global queue: it is not as long as counted");
  EXPECT_EQ(ending([](Scene& s) { s.runtime.global_head->sched_link = s.runtime.global_head; }),
            "fatal: global queue: a goroutine is in it twice");
  EXPECT_EQ(ending([](Scene& s) {
              s.runtime.global_tail = nullptr;
              push_global(s.runtime, s.goroutine(kRunnable));
            }),
            "fatal: global queue: it has one end");
  EXPECT_EQ(ending([](Scene& s) {
              s.runtime.global_count.plant(9);
              s.runtime.global_head = s.runtime.global_tail = nullptr;
              take_global(s.runtime, *s.runtime.processors[0], 1);
            }),
            "fatal: global queue: it is shorter than counted");
}

TEST(SchedulerLists, AProcessorIsIdleOnce) {
  EXPECT_EQ(ending_of([](Scene& s) { put_idle_processor(s.runtime, *s.runtime.processors[1]); }),
            "fatal: idle processors: one of them becomes idle again");
  EXPECT_EQ(ending_of([](Scene& s) {
              s.runtime.idle_processor_count.plant(2);
              put_idle_processor(s.runtime, *s.runtime.processors[0]);
            }),
            "fatal: idle processors: more than there are");
  EXPECT_EQ(ending_of([](Scene& s) {
              s.runtime.idle_processor_count.plant(0);
              take_idle_processor(s.runtime);
            }),
            "fatal: idle processors: negative count");
}

TEST(CheckDead, FindsNothingLeftToDo) {
  const auto ending = [](auto broken) {
    return ending_of([&broken](Scene& s) {
      s.runtime.machine_count = 1;
      put_idle_processor(s.runtime, *s.runtime.processors[0]);
      broken(s);
      check_all_idle(s.runtime);
    });
  };
  EXPECT_EQ(ending([](Scene&) {}), "exit: ");
  EXPECT_EQ(ending([](Scene& s) { s.runtime.machine_count = 2; }),
            "fatal: check_dead: a machine is at work");
  EXPECT_EQ(ending([](Scene& s) { take_idle_processor(s.runtime); }),
            "fatal: check_dead: a processor is nobody's, and not idle");
  EXPECT_EQ(ending([](Scene& s) { s.runtime.spinning_count.plant(1); }),
            "fatal: check_dead: somebody still looks for work");
  EXPECT_EQ(ending([](Scene& s) { push_global(s.runtime, s.goroutine(kRunnable)); }),
            "fatal: check_dead: the global queue is not empty");
}

TEST(Runnable, IsInNobodysHands) {
  const auto ending = [](auto broken) {
    return ending_of([&broken](Scene& s) {
      Goroutine& g = s.goroutine(kRunnable);
      broken(s, g);
      check_runnable(g);
    });
  };
  EXPECT_EQ(ending([](Scene&, Goroutine&) {}), "exit: ");
  EXPECT_EQ(ending([](Scene&, Goroutine& g) { g.status.plant(kRunnable | kScan); }), "exit: ");
  EXPECT_EQ(ending([](Scene&, Goroutine& g) { g.status.plant(kWaiting); }),
            "fatal: runnable: its status says otherwise");
  EXPECT_EQ(ending([](Scene&, Goroutine& g) { g.sched_link = &g; }),
            "fatal: runnable: it is on a list");
  EXPECT_EQ(
      ending([](Scene& s, Goroutine& g) { g.stack_cache = &s.runtime.processors[0]->stacks; }),
      "fatal: runnable: it holds on to a processor's stacks");
  EXPECT_EQ(ending([](Scene&, Goroutine& g) { g.locks_held = 1; }),
            "fatal: runnable: it holds a channel's lock");
  EXPECT_EQ(ending([](Scene&, Goroutine& g) { g.in_syscall = true; }),
            "fatal: runnable: it is in a system call");
}

/// How a program ends whose second step breaks something of its machine or goroutine.
template <class Break>
std::string ending_of_step(Break broken) {
  const Body main({[broken](Machine& m, Goroutine& g) { broken(m, g); }, yield()});
  return run_program(kOneProcessor, main).ending();
}

TEST(BetweenSteps, AMachineRunsItsGoroutineOnItsProcessor) {
  EXPECT_EQ(ending_of_step([](Machine&, Goroutine&) {}), "exit: ");
  EXPECT_EQ(ending_of_step([](Machine& m, Goroutine&) { m.goroutine = nullptr; }),
            "fatal: machine: it runs another goroutine than its own");
  EXPECT_EQ(ending_of_step([](Machine&, Goroutine& g) { g.status.plant(kRunnable); }),
            "fatal: machine: its goroutine does not run");
  EXPECT_EQ(ending_of_step([](Machine& m, Goroutine&) { m.processor = nullptr; }),
            "fatal: machine: it runs a goroutine without a processor");
  EXPECT_EQ(ending_of_step([](Machine&, Goroutine& g) { g.stack_cache = nullptr; }),
            "fatal: machine: its goroutine uses another processor's stacks");
  EXPECT_EQ(ending_of_step([](Machine&, Goroutine& g) { g.in_syscall = true; }),
            "fatal: machine: its goroutine is in a system call");
}

TEST(Park, IsForAReasonAndOnce) {
  const auto ending = [](auto broken) {
    const Body main({[broken](Machine& m, Goroutine& g) {
      Action action = park(m, g, nullptr, nullptr, WaitReason::kChanSend);
      broken(m, g);
      return action;
    }});
    return run_program(kOneProcessor, main).ending();
  };
  EXPECT_EQ(ending([](Machine&, Goroutine& g) { g.wait_reason = WaitReason::kNone; }),
            "fatal: park: for no reason");
  EXPECT_EQ(ending([](Machine&, Goroutine& g) { g.nosplit = 1; }),
            "fatal: park: in a nosplit region");
  EXPECT_EQ(ending([](Machine&, Goroutine& g) { g.locks_held = 1; }),
            "fatal: park: nobody is to unlock the channels that are locked");
  EXPECT_EQ(ending([](Machine& m, Goroutine& g) {
              m.park.argument = &g;
              (void)park(m, g, nullptr, nullptr, WaitReason::kChanSend);
            }),
            "fatal: park: it has parked already");
}

TEST(RunQueueInvariants, HoldsEachGoroutineOnceAndWithinItsSlots) {
  const auto ending = [](auto body) {
    return run_thread({}, [&body] { body(make<Queues>()); }).ending();
  };
  Overflow overflow;
  EXPECT_EQ(ending([&](Queues& q) { q.a.put(nullptr, true, overflow.items, overflow.count); }),
            "fatal: run queue: nothing is put into it");
  EXPECT_EQ(ending([](Queues& q) { q.put(1, true), q.put(1, true); }),
            "fatal: run queue: a goroutine is put into it twice");
  EXPECT_EQ(ending([](Queues& q) { q.a.steal_from(q.a, true); }),
            "fatal: run queue: its owner steals from itself");
  EXPECT_EQ(ending([&](Queues& q) {
              q.put(1);
              own(q.b).put(q.g(2), false, overflow.items, overflow.count);
              own(q.b).steal_from(q.a, true);
            }),
            "fatal: run queue: a thief has work of its own");
}

}  // namespace
}  // namespace concertina
