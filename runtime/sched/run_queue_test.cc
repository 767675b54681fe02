#include "sched/run_queue.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sched/run_queue_testing.h"

namespace concertina {
namespace {

using namespace test;

TEST(RunQueue, GivesInOrderOfPutting) {
  const auto run = run_thread({}, [] {
    auto& q = make<Queues>();
    for (std::uint32_t round = 0; round < 3; ++round) {  // the ring wraps around
      for (std::uint32_t id = 1; id <= 5; ++id) q.put(id);
      say_all(q.a);
    }
  });
  EXPECT_EQ(run.said(), (Ids{1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5}));
}

TEST(RunQueue, RunNextGoesFirstAndKicksItsPredecessorToTheTail) {
  const auto run = run_thread({}, [] {
    auto& q = make<Queues>();
    q.put(1);
    q.put(2, true);
    q.put(3, true);
    bool inherits = false;
    say(id_of(q.a.get(inherits)));
    say(inherits ? 100 : 0);
    say(id_of(q.a.get(inherits)));
    say(inherits ? 100 : 0);
    say_all(q.a);
  });
  EXPECT_EQ(run.said(), (Ids{3, 100, 1, 0, 2}));
}

TEST(RunQueue, RunNextGoesLastAndInheritsNothingOnceTheSliceIsOver) {
  const auto run = run_thread({}, [] {
    auto& q = make<Queues>();
    for (const std::uint32_t id : {1u, 2u}) q.put(id);
    q.put(3, true);
    for (unsigned i = 0; i < 4; ++i) {
      bool inherits = true;
      say(id_of(q.a.get(inherits, true)));
      say(inherits ? 100 : 0);
    }
  });
  EXPECT_EQ(run.said(), (Ids{1, 0, 2, 0, 3, 0, kNone, 0}));
}

TEST(RunQueue, FullRingMovesItsOlderHalfAndTheNewcomerOut) {
  const auto run = run_thread({}, [] {
    auto& q = make<Queues>();
    Overflow overflow;
    for (std::uint32_t id = 1; id <= kRunQueueSlots; ++id) {
      require(q.a.put(q.g(id), false, overflow.items, overflow.count), "test", "has room");
    }
    require(!q.a.put(q.g(9), false, overflow.items, overflow.count), "test", "is full");
    for (unsigned i = 0; i < overflow.count; ++i) say(overflow.items[i]->id);
    say(100);
    say_all(q.a);
  });
  EXPECT_EQ(run.said(), (Ids{1, 2, 3, 4, 9, 100, 5, 6, 7, 8}));
}

TEST(RunQueue, FullRingMovesTheOneOutThatRunNextKicked) {
  const auto run = run_thread({}, [] {
    auto& q = make<Queues>();
    Overflow overflow;
    q.put(10, true);
    for (std::uint32_t id = 1; id <= kRunQueueSlots; ++id) q.put(id);
    require(!q.a.put(q.g(11), true, overflow.items, overflow.count), "test", "is full");
    for (unsigned i = 0; i < overflow.count; ++i) say(overflow.items[i]->id);
    say(100);
    say_all(q.a);
  });
  EXPECT_EQ(run.said(), (Ids{1, 2, 3, 4, 10, 100, 11, 5, 6, 7, 8}));
}

TEST(RunQueue, ThiefTakesTheOlderHalfRoundedUp) {
  const auto run = run_thread({}, [] {
    auto& q = make<Queues>();
    for (std::uint32_t id = 1; id <= 5; ++id) q.put(id);
    say(id_of(own(q.b).steal_from(q.a, false)));
    say_all(q.b);
    say(100);
    say_all(q.a);
  });
  EXPECT_EQ(run.said(), (Ids{3, 1, 2, 100, 4, 5}));
}

TEST(RunQueue, ThiefGetsNothingFromAnEmptyQueue) {
  const auto run = run_thread({}, [] {
    auto& q = make<Queues>();
    say(id_of(own(q.b).steal_from(q.a, false)));
    say(id_of(own(q.b).steal_from(q.a, true)));
  });
  EXPECT_EQ(run.said(), (Ids{kNone, kNone}));
}

TEST(RunQueue, RunNextIsStolenOnlyWhenAskedFor) {
  const auto run = run_thread({}, [] {
    auto& q = make<Queues>();
    q.put(1, true);
    say(id_of(own(q.b).steal_from(q.a, false)));
    say(id_of(own(q.b).steal_from(q.a, true)));
    say(id_of(own(q.b).steal_from(q.a, true)));
  });
  EXPECT_EQ(run.said(), (Ids{kNone, 1, kNone}));
}

TEST(RunQueue, RunNextIsStolenOnlyWhenTheRingIsEmpty) {
  const auto run = run_thread({}, [] {
    auto& q = make<Queues>();
    q.put(1, true);
    q.put(2);
    say(id_of(own(q.b).steal_from(q.a, true)));
    say(id_of(own(q.b).steal_from(q.a, true)));
  });
  EXPECT_EQ(run.said(), (Ids{2, 1}));
}

TEST(RunQueue, IsEmptyKnowsRingAndRunNext) {
  const auto run = run_thread({}, [] {
    auto& q = make<Queues>();
    say(q.a.is_empty());
    q.put(1);
    say(q.a.is_empty());
    get(q.a);
    say(q.a.is_empty());
    q.put(2, true);
    say(q.a.is_empty());
    get(q.a);
    say(q.a.is_empty());
  });
  EXPECT_EQ(run.said(), (Ids{1, 0, 1, 0, 1}));
}

// --- Races, over all schedules -------------------------------------------------------------------

template <class F, class Check>
void for_all_schedules(F body, Check check, unsigned schedules_min = 1) {
  EveryRun every;
  do {
    check(run_thread(every.setup, body));
  } while (!::testing::Test::HasFailure() && every.next());
  EXPECT_TRUE(every.were_at_least(schedules_min));
}

TEST(RunQueue, IsEmptyIsNeverTrueWhileRunNextIsKickedIntoTheRing) {
  for_all_schedules(
      [] {
        auto& shared = make<Shared>();
        shared.queues.g(2);
        shared.queues.put(1, true);
        start([&shared] {
          say(shared.queues.a.is_empty());
          shared.finish();
        });
        shared.queues.put(2, true);
        get(shared.queues.a);  // the run-next slot is empty again, the ring is not
        wait_for(shared, 1);
      },
      [](const ProgramRun& run) { EXPECT_EQ(run.said(), Ids{0}); }, 50);
}

TEST(RunQueue, IsEmptyIsNeverTrueWhileOneIsPutAndAnotherTaken) {
  for_all_schedules(
      [] {
        auto& shared = make<Shared>();
        shared.queues.g(2);
        shared.queues.put(1, true);
        start([&shared] {
          say(shared.queues.a.is_empty());
          shared.finish();
        });
        shared.queues.put(2, false);
        get(shared.queues.a);
        wait_for(shared, 1);
      },
      [](const ProgramRun& run) { EXPECT_EQ(run.said(), Ids{0}); });
}

Ids sorted(Ids ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

TEST(RunQueue, OwnerAndThiefShareEachGoroutineOut) {
  for_all_schedules(
      [] {
        auto& shared = make<Shared>();
        for (std::uint32_t id = 1; id <= 2; ++id) shared.queues.put(id);
        shared.queues.put(3, true);
        start([&shared] {
          if (Goroutine* const g = own(shared.queues.b).steal_from(shared.queues.a, true))
            say(g->id);
          shared.finish();
        });
        say_all(shared.queues.a);
        wait_for(shared, 1);
        say_all(shared.queues.b);
      },
      [](const ProgramRun& run) { EXPECT_EQ(sorted(run.said()), (Ids{1, 2, 3})); }, 100);
}

TEST(RunQueue, OverflowAndThiefShareEachGoroutineOut) {
  for_all_schedules(
      [] {
        auto& shared = make<Shared>();
        for (std::uint32_t id = 1; id <= kRunQueueSlots; ++id) shared.queues.put(id);
        shared.queues.g(9);
        start([&shared] {
          if (Goroutine* const g = own(shared.queues.b).steal_from(shared.queues.a, false))
            say(g->id);
          shared.finish();
        });
        Overflow overflow;
        shared.queues.a.put(shared.queues.g(9), false, overflow.items, overflow.count);
        for (unsigned i = 0; i < overflow.count; ++i) say(overflow.items[i]->id);
        wait_for(shared, 1);
        say_all(shared.queues.a);
        say_all(shared.queues.b);
      },
      [](const ProgramRun& run) {
        EXPECT_EQ(sorted(run.said()), (Ids{1, 2, 3, 4, 5, 6, 7, 8, 9}));
      });
}

TEST(RunQueue, TwoThievesShareEachGoroutineOut) {
  for_all_schedules(
      [] {
        auto& shared = make<Shared>();
        auto& third = make<RunQueue>();
        for (std::uint32_t id = 1; id <= 3; ++id) shared.queues.put(id);
        start([&shared] {
          if (Goroutine* const g = own(shared.queues.b).steal_from(shared.queues.a, true))
            say(g->id);
          shared.finish();
        });
        if (Goroutine* const g = own(third).steal_from(shared.queues.a, true)) say(g->id);
        wait_for(shared, 1);
        say_all(shared.queues.a);
        say_all(shared.queues.b);
        say_all(third);
      },
      [](const ProgramRun& run) { EXPECT_EQ(sorted(run.said()), (Ids{1, 2, 3})); });
}

}  // namespace
}  // namespace concertina
