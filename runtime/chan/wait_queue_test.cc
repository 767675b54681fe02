#include "chan/wait_queue.h"

#include <gtest/gtest.h>

#include "chan/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

// One sudog a goroutine; ids start at 1. case_index names the sudog.
struct Waiters {
  Waiters() {
    lock.lock(Site::kTest);
    other_lock.lock(Site::kTest);
  }

  platform::Mutex lock{LockRank::kChannel, 1};
  platform::Mutex other_lock{LockRank::kChannel, 2};
  WaitQueue queue{lock};
  WaitQueue other{other_lock};
  Sudog* sudogs[8] = {};

  Sudog& sudog(std::uint16_t id) {
    if (sudogs[id] == nullptr) {
      auto& pool = make<StackPool>(StackKnobs{}, make<SpanHeap>(true));
      sudogs[id] = &make<Sudog>();
      sudogs[id]->goroutine = &make<Goroutine>(GoroutineId{id}, kMainPath, pool);
      sudogs[id]->case_index = id;
    }
    return *sudogs[id];
  }
  void enqueue(std::initializer_list<std::uint16_t> ids) {
    for (const std::uint16_t id : ids) queue.enqueue(sudog(id));
  }
  void say_queue() {
    say(100 + queue.size());
    while (const Sudog* const next = queue.dequeue()) say(next->case_index);
    say(queue.looks_empty(Site::kTest));
  }
};

template <class F>
Ids said_by(F body) {
  const auto run = run_thread({}, [&body] { body(make<Waiters>()); });
  EXPECT_EQ(run.ending(), "exit: ");
  return run.said();
}

TEST(WaitQueue, FirstComeFirstServed) {
  EXPECT_EQ(said_by([](Waiters& w) {
              say(w.queue.looks_empty(Site::kTest));
              w.enqueue({1, 2, 3});
              say(w.queue.looks_empty(Site::kTest));
              w.say_queue();
              w.enqueue({1});  // usable again after it was empty
              w.say_queue();
            }),
            (Ids{1, 0, 103, 1, 2, 3, 1, 101, 1, 1}));
}

TEST(WaitQueue, RemovesFromEveryPlace) {
  const auto without = [](std::uint16_t removed) {
    return said_by([removed](Waiters& w) {
      w.enqueue({1, 2, 3});
      w.queue.remove(w.sudog(removed));
      w.enqueue({4});
      w.say_queue();
      say(w.sudog(removed).next == nullptr && w.sudog(removed).previous == nullptr);
    });
  };
  EXPECT_EQ(without(1), (Ids{103, 2, 3, 4, 1, 1}));
  EXPECT_EQ(without(2), (Ids{103, 1, 3, 4, 1, 1}));
  EXPECT_EQ(without(3), (Ids{103, 1, 2, 4, 1, 1}));
}

TEST(WaitQueue, NeighboursOfARemovedOneKnowEachOther) {
  EXPECT_EQ(said_by([](Waiters& w) {
              w.enqueue({1, 2, 3});
              w.queue.remove(w.sudog(2));
              w.queue.remove(w.sudog(3));
              w.enqueue({4});
              w.say_queue();
            }),
            (Ids{102, 1, 4, 1}));
}

TEST(WaitQueue, RemovesTheOnlyOne) {
  EXPECT_EQ(said_by([](Waiters& w) {
              w.enqueue({1});
              w.queue.remove(w.sudog(1));
              w.enqueue({2});
              w.say_queue();
            }),
            (Ids{101, 2, 1}));
}

TEST(WaitQueue, RemovingWhatWasDequeuedChangesNothing) {
  const auto after_dequeue = [](std::initializer_list<std::uint16_t> ids) {
    return said_by([ids](Waiters& w) {
      w.enqueue(ids);
      w.queue.dequeue();
      w.queue.remove(w.sudog(1));
      w.queue.remove(w.sudog(1));
      w.say_queue();
    });
  };
  EXPECT_EQ(after_dequeue({1}), (Ids{100, 1}));
  EXPECT_EQ(after_dequeue({1, 2}), (Ids{101, 2, 1}));
  EXPECT_EQ(after_dequeue({1, 2, 3}), (Ids{102, 2, 3, 1}));
}

// Go keys by sudog and not by goroutine (#8896): a select may name a channel twice.
TEST(WaitQueue, RemovesTheSudogAndNotItsGoroutinesFirst) {
  EXPECT_EQ(said_by([](Waiters& w) {
              w.sudog(2).goroutine = w.sudog(1).goroutine;
              w.enqueue({1, 2});
              w.queue.remove(w.sudog(2));
              w.say_queue();
            }),
            (Ids{101, 1, 1}));
}

TEST(WaitQueue, DequeuedSudogHasNoLinks) {
  EXPECT_EQ(said_by([](Waiters& w) {
              w.enqueue({1, 2});
              const Sudog* const first = w.queue.dequeue();
              say(first->next == nullptr && first->previous == nullptr);
              say(w.sudog(2).previous == nullptr);
            }),
            (Ids{1, 1}));
}

TEST(WaitQueue, DequeueDropsASelectThatAnotherWakerHasWon) {
  EXPECT_EQ(said_by([](Waiters& w) {
              w.enqueue({1, 2, 3});
              w.sudog(1).is_select = w.sudog(3).is_select = true;
              w.sudog(1).goroutine->select_done.plant(1);
              w.say_queue();
              say(w.sudog(3).goroutine->select_done.inspect());
              say(w.sudog(2).goroutine->select_done.inspect());
            }),
            (Ids{103, 2, 3, 1, 1, 0}));
}

TEST(WaitQueue, DequeueOfLosersOnlyGivesNothing) {
  EXPECT_EQ(said_by([](Waiters& w) {
              w.enqueue({1, 2});
              for (const std::uint16_t id : {std::uint16_t{1}, std::uint16_t{2}}) {
                w.sudog(id).is_select = true;
                w.sudog(id).goroutine->select_done.plant(1);
              }
              say(w.queue.dequeue() == nullptr);
              say(100 + w.queue.size());
            }),
            (Ids{1, 100}));
}

// --- Races, over all schedules -------------------------------------------------------------------

template <class F, class Check>
void for_all_schedules(F body, Check check) {
  EveryRun every;
  do {
    check(run_thread(every.setup, body));
  } while (!::testing::Test::HasFailure() && every.next());
}

// One goroutine selects on two channels whose wakers, under different locks, come at once.
TEST(WaitQueue, ExactlyOneOfTwoWakersWinsASelect) {
  for_all_schedules(
      [] {
        auto& w = make<Waiters>();
        auto& finished = make<platform::Atomic<std::uint32_t>>(0u);
        w.sudog(2).goroutine = w.sudog(1).goroutine;
        w.sudog(1).is_select = w.sudog(2).is_select = true;
        w.queue.enqueue(w.sudog(1));
        w.other.enqueue(w.sudog(2));
        w.other_lock.unlock(Site::kTest);
        start([&w, &finished] {
          w.other_lock.lock(Site::kTest);
          if (const Sudog* const won = w.other.dequeue()) say(won->case_index);
          finished.store(1, Site::kTest);
        });
        if (const Sudog* const won = w.queue.dequeue()) say(won->case_index);
        spin_for(finished, 1);
      },
      [](const ProgramRun& run) { EXPECT_EQ(run.said().size(), 1u); });
}

// A thread that sees an empty queue without the lock may rely on it: the operation took effect.
TEST(WaitQueue, LooksEmptyOnlyOnceTheRaceIsDecided) {
  for_all_schedules(
      [] {
        auto& w = make<Waiters>();
        auto& finished = make<platform::Atomic<std::uint32_t>>(0u);
        w.enqueue({1});
        w.sudog(1).is_select = true;
        start([&w, &finished] {
          const bool is_empty = w.queue.looks_empty(Site::kTest);
          say(is_empty && w.sudogs[1]->goroutine->select_done.inspect() == 0);
          finished.store(1, Site::kTest);
        });
        (void)w.queue.dequeue();
        spin_for(finished, 1);
      },
      [](const ProgramRun& run) { EXPECT_EQ(run.said(), Ids{0}); });
}

}  // namespace
}  // namespace concertina
