// The global queue and the list of idle processors.
#include <gtest/gtest.h>

#include "sched/scheduler_internal.h"
#include "sched/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

// A runtime with processors and goroutines that nobody runs.
struct Parts {
  explicit Parts(unsigned processors)
      : runtime(make<Runtime>(Knobs{.processors = processors, .stacks = {}})) {
    for (unsigned i = 0; i < processors; ++i) {
      runtime.processors[i] = &make<Processor>(static_cast<std::uint16_t>(i));
      runtime.processors[i]->run_queue.owner.take();
    }
  }
  Goroutine& g(std::uint32_t id) {
    if (goroutines[id] == nullptr) {
      goroutines[id] =
          &make<Goroutine>(static_cast<GoroutineId>(id), kMainPath, runtime.stack_pool);
      goroutines[id]->status.plant(kRunnable);
    }
    return *goroutines[id];
  }
  void fill_global(std::uint32_t count) {
    for (std::uint32_t id = 1; id <= count; ++id) {
      Goroutine* const one[1] = {&g(id)};
      put_global(runtime, one, 1);
    }
  }
  void lock() { runtime.lock.lock(Site::kSchedulerLock); }
  void unlock() { runtime.lock.unlock(Site::kSchedulerUnlock); }
  Goroutine* take(unsigned max) {
    lock();
    Goroutine* const taken = take_global(runtime, *runtime.processors[0], max);
    unlock();
    return taken;
  }
  void say_local() {
    bool inherits = false;
    while (Goroutine* const next = runtime.processors[0]->run_queue.get(inherits)) say(next->id);
  }

  Runtime& runtime;
  Goroutine* goroutines[24] = {};
};

TEST(GlobalQueue, GivesInOrderOfPutting) {
  const auto run = run_thread({}, [] {
    auto& parts = make<Parts>(1u);
    parts.fill_global(3);
    while (Goroutine* const g = parts.take(1)) say(g->id);
    say(parts.runtime.global_tail == nullptr);
    parts.fill_global(1);  // usable again after it was empty
    say(parts.take(1)->id);
  });
  EXPECT_EQ(run.said(), (Ids{1, 2, 3, 1, 1}));
}

TEST(GlobalQueue, ProcessorTakesAFairShare) {
  const auto run = run_thread({}, [] {
    auto& parts = make<Parts>(4u);
    parts.fill_global(8);
    say(parts.take(0)->id);  // 8 / 4 + 1 = 3: one to run, two to keep
    say(100);
    parts.say_local();
    say(100 + parts.runtime.global_count.inspect());
  });
  EXPECT_EQ(run.said(), (Ids{1, 100, 2, 3, 105}));
}

TEST(GlobalQueue, ShareIsAtMostHalfARing) {
  const auto run = run_thread({}, [] {
    auto& parts = make<Parts>(1u);
    parts.fill_global(20);
    say(parts.take(0)->id);
    parts.say_local();
    say(100 + parts.runtime.global_count.inspect());
  });
  EXPECT_EQ(run.said(), (Ids{1, 2, 3, 4, 116}));
}

TEST(GlobalQueue, ShareIsAtMostWhatTheCallerAsksFor) {
  const auto run = run_thread({}, [] {
    auto& parts = make<Parts>(1u);
    parts.fill_global(8);
    say(parts.take(2)->id);
    parts.say_local();
    say(100 + parts.runtime.global_count.inspect());
  });
  EXPECT_EQ(run.said(), (Ids{1, 2, 106}));
}

TEST(GlobalQueue, OverflowOfALocalQueueArrivesInOrder) {
  const auto run = run_thread({}, [] {
    auto& parts = make<Parts>(1u);
    auto& m = make<Machine>(std::uint16_t{0}, parts.runtime);
    m.processor = parts.runtime.processors[0];
    for (std::uint32_t id = 1; id <= kRunQueueSlots + 1; ++id) {
      put_runnable(m, parts.g(id), false);
    }
    while (Goroutine* const g = parts.take(1)) say(g->id);
    say(100);
    parts.say_local();
  });
  EXPECT_EQ(run.said(), (Ids{1, 2, 3, 4, 9, 100, 5, 6, 7, 8}));
}

TEST(GlobalQueue, BatchThatDoesNotFitIsFatal) {
  const auto run = run_thread({}, [] {
    auto& parts = make<Parts>(1u);
    auto& m = make<Machine>(std::uint16_t{0}, parts.runtime);
    m.processor = parts.runtime.processors[0];
    for (std::uint32_t id = 10; id < 10 + kRunQueueSlots; ++id) {
      put_runnable(m, parts.g(id), false);
    }
    parts.fill_global(4);
    parts.take(0);
  });
  EXPECT_EQ(run.ending(), "fatal: run queue: a batch from the global queue does not fit");
}

TEST(IdleProcessors, AreCountedAndTheLatestIsTakenFirst) {
  const auto run = run_thread({}, [] {
    auto& parts = make<Parts>(2u);
    parts.lock();
    put_idle_processor(parts.runtime, *parts.runtime.processors[0]);
    put_idle_processor(parts.runtime, *parts.runtime.processors[1]);
    say(parts.runtime.idle_processor_count.inspect());
    say(100 + take_idle_processor(parts.runtime)->id);
    say(100 + take_idle_processor(parts.runtime)->id);
    say(parts.runtime.idle_processor_count.inspect());
    say(take_idle_processor(parts.runtime) == nullptr);
    parts.unlock();
  });
  EXPECT_EQ(run.said(), (Ids{2, 101, 100, 0, 1}));
}

TEST(SchedulerLock, IsDemandedByWhatItGuards) {
  const auto ending = [](auto action) {
    return run_thread({}, [&action] { action(make<Parts>(1u)); }).ending();
  };
  EXPECT_EQ(ending([](Parts& parts) { push_global(parts.runtime, parts.g(1)); }),
            "fatal: scheduler lock: the global queue needs it");
  EXPECT_EQ(
      ending([](Parts& parts) { take_global(parts.runtime, *parts.runtime.processors[0], 0); }),
      "fatal: scheduler lock: the global queue needs it");
  EXPECT_EQ(
      ending([](Parts& parts) { put_idle_processor(parts.runtime, *parts.runtime.processors[0]); }),
      "fatal: scheduler lock: idle processors need it");
  EXPECT_EQ(ending([](Parts& parts) { take_idle_processor(parts.runtime); }),
            "fatal: scheduler lock: idle processors need it");
  EXPECT_EQ(ending([](Parts& parts) { check_dead(parts.runtime); }),
            "fatal: scheduler lock: check_dead needs it");
}

}  // namespace
}  // namespace concertina
