#include "sched/scheduler.h"

#include <gtest/gtest.h>

#include <memory>

#include "sched/scheduler_internal.h"
#include "sched/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

// --- Spawning ------------------------------------------------------------------------------------

TEST(Spawn, ChildRunsWithItsArgumentAndPath) {
  const Body child({[](Machine&, Goroutine& g) {
    announce(g, 1, argument_of(g));
    announce(g, 2, g.path);
  }});
  const Body main({go(child, 7), go(child, 8), yield()});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), (Ids{8, 7}));  // the second one kicked the first out of run-next
  EXPECT_EQ(run.notes(2), (Ids{child_path(kMainPath, 1), child_path(kMainPath, 0)}));
  EXPECT_EQ(run.count(EventKind::kSpawned), 3u);
  EXPECT_EQ(run.count(EventKind::kStarted), 3u);
  EXPECT_EQ(run.count(EventKind::kExited), 3u);
}

TEST(Spawn, ChildMayNeedALargeFirstStack) {
  const Body child({note(1, 1)}, 20'000);
  const Body main({go(child)});
  const auto run = run_program({}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{1});
  EXPECT_EQ(run.of<event::StackAllocated>().at(1).bytes, 32'768u);
}

TEST(Spawn, GivesNullWhenTheLimitIsReached) {
  const Body child({note(1, 1)});
  const Body main({loop(kGoroutinesLimit - 1, {go(child)}), [&child](Machine& m, Goroutine& g) {
                     announce(g, 2, spawn(m, g, child.function(), nullptr) == nullptr);
                     announce(g, 3, m.runtime->goroutine_count.inspect());
                     announce(g, 4, g.spawn_count);
                   }});
  const auto run = run_program({}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1).size(), kGoroutinesLimit - 1);
  EXPECT_EQ(run.notes(2), Ids{1});
  EXPECT_EQ(run.notes(3), Ids{kGoroutinesLimit});
  EXPECT_EQ(run.notes(4), Ids{kGoroutinesLimit - 1});  // none for those that were not made
}

TEST(Spawn, TakesThePlaceOfADeadGoroutine) {
  const Body child({note(1, 1), yield()});
  const Body main(
      {loop(50, {go(child), go(child), yield(), yield(), yield()}), [](Machine& m, Goroutine&) {
         platform::record(
             event::LocalRead{.slot = 2, .token = m.runtime->goroutine_count.inspect()});
       }});
  RunSetup setup = kOneProcessor;
  setup.knobs.goroutines_max = 3;
  EXPECT_EQ(run_program(setup, main).notes(1).size(), 2u);
  setup.knobs.reuse_goroutines = true;
  const auto run = run_program(setup, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1).size(), 100u);
  EXPECT_EQ(run.notes(2), Ids{3});
}

TEST(Spawn, NextLifeBeginsLikeTheFirst) {
  const Body child({[](Machine&, Goroutine& g) {
    announce(g, 1, g.spawn_count);
    announce(g, 2, g.preempt.inspect());
    announce(g, 3, argument_of(g));
    g.spawn_count = 7;
    ask(g, kPreemptShrink, Site::kTest);
  }});
  const Body main({go(child, 5), yield(), yield(), go(child, 6), yield(), yield()});
  RunSetup setup = kOneProcessor;
  setup.knobs.goroutines_max = 2;
  setup.knobs.reuse_goroutines = true;
  const auto run = run_program(setup, main);
  EXPECT_EQ(run.notes(1), (Ids{0, 0}));
  EXPECT_EQ(run.notes(2), (Ids{0, 0}));
  EXPECT_EQ(run.notes(3), (Ids{5, 6}));
  EXPECT_EQ(run.count(EventKind::kStarted, 2), 2u);
}

TEST(Spawn, MoreGoroutinesThanALocalQueueHoldsAllRun) {
  const Body child({yield(), note(1, 1)});
  const Body main({loop(kRunQueueSlots * 2, {go(child)})});
  RunSetup setup = kOneProcessor;
  setup.knobs.goroutines_max = kRunQueueSlots * 2 + 1;
  const auto run = run_program(setup, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1).size(), kRunQueueSlots * 2);
}

// --- Order on one processor ----------------------------------------------------------------------

TEST(Order, YieldGoesBehindWhoWaitsInTheGlobalQueue) {
  const Body second({note(1, 20), yield(), note(1, 21)});
  const Body first({note(1, 10), yield(), note(1, 11)});
  const Body main({go(second), go(first), yield(), note(1, 1), yield(), note(1, 2)});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.notes(1), (Ids{10, 20, 1, 11, 21, 2}));
}

TEST(Order, YieldGoesBehindWhatOthersPutIntoTheLocalQueueLater) {
  const Body third({note(1, 30)});
  const Body fourth({note(1, 40)});
  const Body first({go(third), go(fourth), note(1, 10)});
  const Body main({go(first), yield(), note(1, 1)});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.notes(1), (Ids{10, 40, 30, 1}));
}

TEST(Order, ReadiedGoroutineRunsNext) {
  const Body sleeper({park_here(), note(1, 1)});
  const Body other({note(1, 2)});
  const Body main({go(sleeper), yield(), go(other), ready_goroutine(2)});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), (Ids{1, 2}));
}

// Goroutines that make each other runnable keep the local ring full; main waits in the global queue
// and must get its turn after kSchedulerTicksPerGlobalPoll of them at the latest.
TEST(Order, GlobalQueueIsPolledThoughTheLocalOneIsNeverEmpty) {
  const Body busy({loop(20, {[](Machine& m, Goroutine& g) {
                               announce(g, 1, m.processor->tick);
                               const GoroutineId other =
                                   g.id == 4 ? 2 : static_cast<GoroutineId>(g.id + 1);
                               Goroutine& next = goroutine(m, other);
                               if (next.status.inspect() != kWaiting) return Action::kNext;
                               cas_status(next, kWaiting, kRunnable, Site::kTest);
                               put_runnable(m, next, false);
                               return Action::kNext;
                             },
                             park_here()})});
  const Body main({go(busy), go(busy), go(busy), yield(), note(2, 1),
                   [](Machine&, Goroutine&) { platform::stop(Outcome::kExit, "main ran"); }});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: main ran");
  EXPECT_LE(run.notes(1).size(), kSchedulerTicksPerGlobalPoll);
}

TEST(Order, RunNextIsInheritedAndMakesNoTick) {
  const Body child({[](Machine& m, Goroutine& g) { announce(g, 1, m.processor->tick); }});
  const Body main({[](Machine& m, Goroutine& g) { announce(g, 1, m.processor->tick); }, go(child)});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.notes(1), (Ids{1, 1}));
}

// --- Park and ready ------------------------------------------------------------------------------

bool announce_commit(Goroutine& g, void* argument) {
  const auto& m = *static_cast<Machine*>(argument);
  announce(g, 1, g.status.inspect());
  announce(g, 2, m.goroutine == nullptr);
  announce(g, 3, g.stack_cache == nullptr);
  return true;
}

TEST(Park, CommitRunsAfterTheStatusIsWaitingAndTheMachineHasLetGo) {
  const Body sleeper({[](Machine& m, Goroutine& g) {
    return park(m, g, &announce_commit, &m, WaitReason::kSelect);
  }});
  const Body main({go(sleeper), yield(), ready_goroutine(2)});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{kWaiting});
  EXPECT_EQ(run.notes(2), Ids{1});
  EXPECT_EQ(run.notes(3), Ids{1});
  const auto parked = run.of<event::Parked>();
  ASSERT_EQ(parked.size(), 1u);
  EXPECT_EQ(parked[0].reason, WaitReason::kSelect);
}

TEST(Park, RefusedCommitResumesAtOnce) {
  const Body other({note(1, 9)});
  const Body main(
      {go(other), park_here([](Goroutine&, void*) { return false; }), [](Machine& m, Goroutine& g) {
         announce(g, 1, 1);
         announce(g, 2, g.status.inspect());
         announce(g, 3, m.goroutine == &g);
         announce(g, 4, g.stack_cache == &m.processor->stacks);
       }});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), (Ids{1, 9}));
  EXPECT_EQ(run.notes(2), Ids{kRunning});
  EXPECT_EQ(run.notes(3), Ids{1});
  EXPECT_EQ(run.notes(4), Ids{1});
}

// The commit function hands the goroutine over to a waker on another machine, in every schedule.
TEST(Park, WakerMayBeFasterThanTheParkingMachine) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    Flags* flags = nullptr;
    const Body waker({[&](Machine& m, Goroutine& g) {
      spin_for(flags->a, 1);
      ready(m, g, goroutine(m, 1));
    }});
    const Body main({go(waker),
                     [&](Machine& m, Goroutine& g) {
                       return park(
                           m, g,
                           [](Goroutine&, void* shared) {
                             static_cast<Flags*>(shared)->a.store(1, Site::kTest);
                             return true;
                           },
                           flags, WaitReason::kChanReceive);
                     },
                     note(1, 1)});
    const AnyRun any(seed);
    const auto run = run_program(with_flags(flags, any.setup), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(run.notes(1), Ids{1});
  }
}

TEST(Ready, OfAGoroutineThatDoesNotWaitIsFatal) {
  const Body child({yield()});
  const Body main({go(child), ready_goroutine(2)});
  EXPECT_EQ(run_program(kOneProcessor, main).ending(),
            "fatal: goroutine status: not the status that the transition starts from");
}

TEST(Ready, UnderAChannelLockIsFatal) {
  const Body sleeper({park_here()});
  const Body main(
      {go(sleeper), yield(), [](Machine&, Goroutine& g) { g.locks_held = 1; }, ready_goroutine(2)});
  EXPECT_EQ(run_program(kOneProcessor, main).ending(),
            "fatal: ready under a channel lock: it may wait for a suspender that wants the lock");
}

TEST(Ready, FromOutsideGoesToTheGlobalQueue) {
  const Body sleeper({park_here(), note(1, 2)});
  const Body other({note(1, 3)});
  const Body main({go(sleeper), yield(), go(other), [](Machine& m, Goroutine&) {
                     ready_from_outside(*m.runtime, goroutine(m, 2));
                   }});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), (Ids{3, 2}));
  const auto readied = run.of<event::Readied>();
  ASSERT_EQ(readied.size(), 1u);
  EXPECT_EQ(readied[0].target, 2u);
}

// --- Exit and panic ------------------------------------------------------------------------------

TEST(Exit, FreesTheStack) {
  const Body child({grow(2)});
  const Body main({go(child), yield()});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: ");
  const auto exited = run.find(EventKind::kExited, 2);
  const auto freed = run.find(EventKind::kStackFreed, 2, exited);
  ASSERT_LT(freed, run.events.size());
  EXPECT_EQ(as<event::StackFreed>(run.events[freed]).bytes, kStackMin * 4);
  EXPECT_EQ(run.of<event::EndCounts>().at(0).stacks, 0u);
}

TEST(Exit, StillHoldingSomethingIsFatal) {
  const auto ending = [](auto corrupt) {
    const Body main({[corrupt](Machine&, Goroutine& g) { corrupt(g); }});
    return run_program({}, main).ending();
  };
  const std::string expected = "fatal: goroutine exit: it still waits on a channel or holds a lock";
  EXPECT_EQ(ending([](Goroutine& g) { g.locks_held = 1; }), expected);
  EXPECT_EQ(ending([](Goroutine& g) { g.waiting = &make<Sudog>(); }), expected);
  EXPECT_EQ(ending([](Goroutine& g) { g.nosplit = 1; }), expected);
}

TEST(Panic, SaysWhatAndWhere) {
  const auto panicking = [](PanicKind kind) {
    const Body main({[kind](Machine&, Goroutine& g) { panic(g, kind, 5); }});
    const auto run = run_program({}, main);
    const auto panicked = run.of<event::Panicked>();
    EXPECT_EQ(panicked.size(), 1u);
    EXPECT_EQ(panicked.at(0).channel, 5);
    EXPECT_EQ(panicked.at(0).panic, kind);
    return run.ending();
  };
  EXPECT_EQ(panicking(PanicKind::kSendOnClosed), "panic: send on closed channel");
  EXPECT_EQ(panicking(PanicKind::kCloseOfClosed), "panic: close of closed channel");
  EXPECT_EQ(panicking(PanicKind::kCloseOfNil), "panic: close of nil channel");
}

// --- Preemption ----------------------------------------------------------------------------------

// What a suspender does with a goroutine that has stopped for it.
Op release_preempted(GoroutineId id) {
  return [=](Machine& m, Goroutine& g) {
    Goroutine& stopped = goroutine(m, id);
    announce(g, 1, stopped.status.inspect());
    cas_status(stopped, kPreempted, kWaiting, Site::kScanSuspend);
    ready_from_outside(*m.runtime, stopped);
  };
}

TEST(Preemption, StopsAtTheNextCallOrReturn) {
  const Body child({[](Machine&, Goroutine& g) { ask(g, kPreemptStop, Site::kTest); }, note(2, 2)});
  const Body main({go(child), yield(), note(2, 1), release_preempted(2)});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{kPreempted});
  EXPECT_EQ(run.notes(2), (Ids{1, 2}));
  EXPECT_TRUE(run.of<event::Preempted>().at(0).for_scanner);
}

TEST(Preemption, StopsAtALoopsBackEdge) {
  const Body child({[](Machine&, Goroutine& g) {
                      ask(g, kPreemptStop, Site::kTest);
                      return Action::kBackEdge;
                    },
                    note(2, 2)});
  const Body main({go(child), yield(), note(2, 1), release_preempted(2)});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(2), (Ids{1, 2}));
}

TEST(Preemption, GoroutineShrinksOrMovesItsOwnStackAndGoesOn) {
  const auto copies = [](std::uint32_t bits) {
    const Body main({grow(3), [bits](Machine&, Goroutine& g) { ask(g, bits, Site::kTest); },
                     note(1, 1),
                     [](Machine&, Goroutine& g) { announce(g, 2, g.preempt.inspect()); }});
    const auto run = run_program({}, main);
    EXPECT_EQ(run.ending(), "exit: ");
    EXPECT_EQ(run.notes(1), Ids{1});
    EXPECT_EQ(run.notes(2), Ids{0});
    EXPECT_FALSE(run.has(EventKind::kPreempted));
    std::vector<std::uint32_t> found;
    for (const auto& copy : run.of<event::CopyBegin>()) {
      if (copy.reason == CopyReason::kGrow) continue;
      found.push_back(static_cast<unsigned>(copy.reason) * 100'000u + copy.new_bytes);
    }
    return found;
  };
  EXPECT_EQ(copies(kPreemptShrink), Ids{100'000u + kStackMin * 4});
  EXPECT_EQ(copies(kPreemptMove), Ids{200'000u + kStackMin * 8});
  EXPECT_EQ(copies(kPreemptMove | kPreemptShrink), Ids{200'000u + kStackMin * 8});
}

TEST(Preemption, WhoIsToShareItsProcessorGoesBehindAllOthers) {
  const Body other({note(1, 2)});
  const Body main({go(other), go(other),
                   [](Machine&, Goroutine& g) { ask(g, kPreemptYield, Site::kTest); }, note(1, 1)});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.notes(1), (Ids{2, 2, 1}));
  EXPECT_FALSE(run.of<event::Preempted>().at(0).for_scanner);
}

TEST(Preemption, StopsForTheScannerRatherThanShares) {
  const Body child(
      {[](Machine&, Goroutine& g) { ask(g, kPreemptStop | kPreemptYield, Site::kTest); },
       note(2, 2)});
  const Body main({go(child), yield(), release_preempted(2)});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{kPreempted});
  EXPECT_EQ(run.of<event::Preempted>().size(), 1u);
}

// Requests to a goroutine that does not run.
ProgramRun run_asked_while_runnable(std::uint32_t bits) {
  const Body child({note(2, 2), note(2, 3)});
  const Body main({go(child),
                   [bits](Machine& m, Goroutine&) { ask(goroutine(m, 2), bits, Site::kTest); },
                   note(2, 1), yield(), release_preempted(2)});
  return run_program(kOneProcessor, main);
}

TEST(Preemption, AGoroutineThatBeginsToRunHasJustShared) {
  const Body child({note(2, 2)});
  const Body main({go(child), [](Machine& m, Goroutine&) {
                     ask(goroutine(m, 2), kPreemptYield, Site::kTest);
                   }});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_FALSE(run.has(EventKind::kPreempted));
}

TEST(Preemption, OtherRequestsWaitUntilTheGoroutineRuns) {
  const auto run = run_asked_while_runnable(kPreemptStop | kPreemptYield);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{kPreempted});
  EXPECT_EQ(run.notes(2), (Ids{1, 2, 3}));
  EXPECT_TRUE(run.of<event::Preempted>().at(0).for_scanner);
}

TEST(Preemption, AnInterruptStopsWhereOnlyALookIsAllowed) {
  const Body looker({[](Machine& m, Goroutine& g) {
    announce(g, 1, goroutine(m, 1).is_async_stopped);
    announce(g, 1, is_shrink_safe(goroutine(m, 1)));
    announce(g, 1, goroutine(m, 1).preempt.inspect());
  }});
  const Body main({go(looker),
                   [](Machine&, Goroutine& g) {
                     ask(g, kPreemptMove, Site::kTest);
                     return Action::kInterrupt;
                   },
                   [](Machine&, Goroutine& g) {
                     announce(g, 2, g.is_async_stopped);
                     announce(g, 2, must_stop(g));
                   },
                   [](Machine&, Goroutine& g) { announce(g, 2, must_stop(g)); }});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), (Ids{1, 0, kPreemptMove}));
  EXPECT_EQ(run.notes(2), (Ids{0, 1, 0})) << "the copy waits for the end of the next step";
  EXPECT_TRUE(run.of<event::Preempted>().at(0).is_async);
  EXPECT_EQ(run.count(EventKind::kCopyBegin), 1u);
}

// --- Time slices ---------------------------------------------------------------------------------

RunSetup with_slice(unsigned slice) {
  RunSetup setup = kOneProcessor;
  setup.knobs.slice = slice;
  setup.knobs.slice_ns = 0;
  return setup;
}

TEST(TimeSlice, EndsAtItsLastSafePoint) {
  const Body other({note(1, 9)});
  const Body main({go(other), note(1, 1), note(1, 2), note(1, 3), note(1, 4)});
  EXPECT_EQ(run_program(with_slice(1), main).notes(1), (Ids{9, 1, 2, 3, 4}));
  EXPECT_EQ(run_program(with_slice(3), main).notes(1), (Ids{1, 2, 9, 3, 4}));
  EXPECT_EQ(run_program(with_slice(5), main).notes(1), (Ids{1, 2, 3, 4, 9}));
  EXPECT_EQ(run_program(with_slice(9), main).of<event::Preempted>().size(), 0u);
}

TEST(TimeSlice, CountsBackEdges) {
  const Body other({note(1, 9)});
  const auto edge = [](std::uint32_t number) {
    return [number](Machine&, Goroutine& g) {
      announce(g, 1, number);
      return Action::kBackEdge;
    };
  };
  const Body main({go(other), edge(1), edge(2), edge(3)});
  EXPECT_EQ(run_program(with_slice(3), main).notes(1), (Ids{1, 2, 9, 3}));
}

// The child is its parent's run-next each time, and so is the parent the child's in turn.
TEST(TimeSlice, IsSharedByWhatRunsNext) {
  const Body grandchild({note(1, 3), note(1, 4)});
  const Body child({note(1, 2), go(grandchild)});
  const Body first({note(1, 1)});
  const Body main({go(first), go(child), note(1, 0)});
  // Main and the child use up the slice together, or each would have had one to itself.
  const auto run = run_program(with_slice(4), main);
  EXPECT_EQ(run.notes(1), (Ids{0, 2, 1, 3, 4}));
}

TEST(TimeSlice, OnceOverIsNotInheritedAndTheRingGoesFirst) {
  const Body first({note(1, 5)});
  const Body second({note(1, 6)});
  const Body main({go(first), go(second), note(1, 1), note(1, 2)});
  EXPECT_EQ(run_program(with_slice(3), main).notes(1), (Ids{1, 5, 6, 2}));
  EXPECT_EQ(run_program(with_slice(9), main).notes(1), (Ids{1, 2, 6, 5}));
}

TEST(TimeSlice, IsFollowedByAnother) {
  const Body main({note(1, 1), note(1, 2), note(1, 3), note(1, 4), note(1, 5)});
  EXPECT_EQ(run_program(with_slice(2), main).of<event::Preempted>().size(), 2u);
}

TEST(TimeSlice, ByTheClockLastsAsLongAsItSays) {
  RunSetup setup = with_slice(1);
  setup.knobs.slice_ns = ~std::uint64_t{0};
  const Body other({note(1, 9)});
  const Body main({go(other), note(1, 1), note(1, 2), note(1, 3)});
  EXPECT_EQ(run_program(setup, main).notes(1), (Ids{1, 2, 3, 9}));
}

TEST(Preemption, LastStepBeforeExitIsNoSafePoint) {
  const Body main({[](Machine&, Goroutine& g) {
    ask(g, kPreemptStop, Site::kTest);
    pop_frame(g);
  }});
  EXPECT_EQ(run_program({}, main).ending(), "exit: ");
}

}  // namespace
}  // namespace concertina
