// Runs on real threads: how they end, and what the platform does by itself.
#include "platform/threads/run.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "platform.h"
#include "platform/threads/testing.h"

namespace concertina::test {
namespace {

using platform::Atomic;
using platform::Mutex;
using platform::Note;
using Counter = Atomic<std::uint32_t>;
using threaded::Config;

constexpr Site kSite = Site::kTest;

void await(Counter& counter, std::uint32_t value) {
  platform::spin_until(counter, [value](std::uint32_t v) { return v == value; }, kSite);
}

// --- The end -------------------------------------------------------------------------------------

TEST(Stop, MayComeFromManyThreadsAtOnce) {
  for (unsigned i = 0; i < 50; ++i) {
    const RunResult run = run_body([] {
      for (unsigned thread = 0; thread < 3; ++thread) {
        start([] { platform::stop(Outcome::kPanic, "a panic"); });
      }
      platform::stop(Outcome::kPanic, "a panic");
    });
    ASSERT_EQ(run.report.outcome, Outcome::kPanic);
    ASSERT_EQ(run.report.message, "a panic");
  }
}

// Each thread waits in its own way for something that never comes; run returns all the same.
TEST(Stop, FindsThreadsWhereverTheyWait) {
  for (unsigned i = 0; i < 20; ++i) {
    const RunResult run = run_body([] {
      auto& waiting = make<Counter>(0u);
      auto& biased = make<Mutex>(LockRank::kChannel, 1u);
      auto& mutex = make<Mutex>(LockRank::kScheduler);
      auto& note = make<Note>();
      auto& never = make<Counter>(0u);
      mutex.lock(kSite);
      biased.lock(kSite);
      const auto arrive = [&waiting] { waiting.fetch_add(1, kSite); };
      start([&, arrive] { arrive(), mutex.lock(kSite); });
      start([&, arrive] { arrive(), mutex.lock(kSite); });
      start([&, arrive] { arrive(), biased.lock(kSite); });
      start([&, arrive] { arrive(), biased.lock(kSite); });
      start([&, arrive] { arrive(), note.sleep(kSite); });
      start([&, arrive] { arrive(), await(never, 1); });
      start([arrive] { arrive(), platform::sleep_ns(1'000'000'000'000, kSite); });
      start([arrive] { arrive(), (void)platform::await_scan_request(kSite); });
      start([&, arrive] {
        arrive();
        for (;;) (void)never.load(kSite);
      });
      await(waiting, 9);
      platform::sleep_ns(1'000'000, kSite);  // until most have gone to sleep
    });
    ASSERT_EQ(run.report.outcome, Outcome::kExit);
  }
}

TEST(Stop, KeepsItsMessage) {
  const RunResult run = run_body([] {
    char text[] = "a message on the stack that no small string holds";
    platform::stop(Outcome::kFatal, text);
  });
  EXPECT_EQ(run.report.message, "a message on the stack that no small string holds");
}

TEST(Hung, WhenTheOnlyThreadSleeps) {
  const RunResult run = run_body([] { make<Note>().sleep(kSite); });
  EXPECT_EQ(run.report.outcome, Outcome::kHung);
  EXPECT_EQ(run.report.message, "no thread can take a step");
}

TEST(Hung, WhenEveryThreadSleepsOrHasEnded) {
  for (unsigned i = 0; i < 50; ++i) {
    const RunResult run = run_body([] {
      auto& first = make<Note>();
      start([] {});
      start([&first] {
        EXPECT_TRUE(first.wake(kSite));
        make<Note>().sleep(kSite);
      });
      start([] { (void)platform::await_scan_request(kSite); });
      first.sleep(kSite);
      first.clear();
      first.sleep(kSite);
    });
    ASSERT_EQ(run.report.outcome, Outcome::kHung);
  }
}

// Never while somebody is awake: two threads that wake each other all the time.
TEST(Hung, NotWhileSleepersWakeEachOther) {
  const RunResult run = run_body(Config{}, [] {
    constexpr unsigned kRounds = 2000;
    auto& ping = make<Note>();
    auto& pong = make<Note>();
    start([&] {
      for (unsigned round = 0; round < kRounds; ++round) {
        ping.sleep(kSite);
        ping.clear();
        EXPECT_TRUE(pong.wake(kSite));
      }
    });
    for (unsigned round = 0; round < kRounds; ++round) {
      EXPECT_TRUE(ping.wake(kSite));
      pong.sleep(kSite);
      pong.clear();
    }
  });
  EXPECT_EQ(run.report.outcome, Outcome::kExit);
}

TEST(Hung, NotWhileTheScannerHasARequest) {
  const RunResult run = run_body(Config{}, [] {
    constexpr unsigned kRounds = 1000;
    auto& served = make<Note>();
    start([&] {
      for (;;) {
        (void)platform::await_scan_request(kSite);
        EXPECT_TRUE(served.wake(kSite));
      }
    });
    for (unsigned round = 0; round < kRounds; ++round) {
      platform::post_scan_request({});
      served.sleep(kSite);
      served.clear();
    }
  });
  EXPECT_EQ(run.report.outcome, Outcome::kExit);
}

TEST(Limit, EndsARunThatTakesLonger) {
  const RunResult run = run_body(Config{.limit_ns = 1'000'000}, [] {
    auto& never = make<Counter>(0u);
    await(never, 1);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kHung);
  EXPECT_EQ(run.report.message, "time limit of the run");
}

TEST(Limit, ThreadsPerRun) {
  const RunResult run = run_body([] {
    for (unsigned i = 0; i < threaded::kThreadsMax; ++i) start([] { make<Note>().sleep(kSite); });
  });
  EXPECT_EQ(run.report.outcome, Outcome::kBudget);
  EXPECT_EQ(run.report.message, "threads per run");
}

TEST(Limit, EventsPerRun) {
  const RunResult run = run_body(Config{.events_max = 10}, [] {
    for (std::uint32_t i = 0; i < 20; ++i) say(i);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kBudget);
  EXPECT_EQ(run.report.message, "events per run");
  EXPECT_EQ(run.said().size(), 10u);
}

// --- Lock order ----------------------------------------------------------------------------------

std::string message_of_locking(LockRank first, std::uint32_t first_order, LockRank second,
                               std::uint32_t second_order) {
  return run_body([=] {
           auto& outer = make<Mutex>(first, first_order);
           auto& inner = make<Mutex>(second, second_order);
           outer.lock(kSite);
           inner.lock(kSite);
           outer.unlock(kSite);  // in any order
           inner.unlock(kSite);
         })
      .report.message;
}

TEST(LockOrder, IncreasingRanksAndChannelIdsPass) {
  EXPECT_EQ(message_of_locking(LockRank::kScheduler, 0, LockRank::kChannel, 1), "");
  EXPECT_EQ(message_of_locking(LockRank::kChannel, 1, LockRank::kChannel, 2), "");
  EXPECT_EQ(message_of_locking(LockRank::kChannelLeaf, 3, LockRank::kChannelLeaf, 9), "");
  EXPECT_EQ(message_of_locking(LockRank::kChannelLeaf, 3, LockRank::kStackPool, 0), "");
}

TEST(LockOrder, HoldsWhoFreezesAndWhoChangesWhatMayBeFrozen) {
  const auto message_with = [](LockRank held, bool freezes) {
    return run_body([=] {
             auto& variable =
                 make<platform::OwnedAtomic<std::uint32_t>>(1u, LockRank::kStackScan, 7u);
             auto& mutex = make<Mutex>(held);
             std::uint32_t expected = 1;
             platform::begin_freezing();
             mutex.lock(kSite);
             if (freezes) {
               variable.freeze(expected, 3, kSite);
             } else {
               variable.update_unless_frozen(expected, 2, kSite);
             }
             mutex.unlock(kSite);
           })
        .report.message;
  };
  const std::string wrong = "lock order: stack-scan 7 is wanted by a thread that holds scheduler 0";
  EXPECT_EQ(message_with(LockRank::kScheduler, true), wrong);
  EXPECT_EQ(message_with(LockRank::kAllGoroutines, true), "");
  EXPECT_EQ(message_with(LockRank::kScheduler, false), kCostlyChecks ? wrong : "");
  EXPECT_EQ(message_with(LockRank::kAllGoroutines, false), "");
}

TEST(LockOrder, AnythingElseIsFatal) {
  EXPECT_EQ(message_of_locking(LockRank::kChannel, 4, LockRank::kScheduler, 0),
            "lock order: scheduler 0 is wanted by a thread that holds channel 4");
  EXPECT_EQ(message_of_locking(LockRank::kChannel, 2, LockRank::kChannel, 1),
            "lock order: channel 1 is wanted by a thread that holds channel 2");
  EXPECT_EQ(message_of_locking(LockRank::kScheduler, 0, LockRank::kScheduler, 0),
            "lock order: scheduler 0 is wanted by a thread that holds scheduler 0");  // two of them
  EXPECT_EQ(message_of_locking(LockRank::kChannelLeaf, 1, LockRank::kSudogCache, 0),
            "lock order: sudog-cache 0 is wanted by a thread that holds channel-leaf 1");
}

TEST(LockOrder, OnlyTheHolderUnlocks) {
  const RunResult run = run_body([] { make<Mutex>(LockRank::kScheduler).unlock(kSite); });
  EXPECT_EQ(run.report.message, "lock order: a thread unlocks what it does not hold");
}

TEST(LockOrder, ThereIsRoomForALargeSelect) {
  const RunResult run = run_body([] {
    Mutex* locks[kSelectCasesMax + 2];
    for (std::uint32_t i = 0; i < kSelectCasesMax; ++i) {
      locks[i] = &make<Mutex>(LockRank::kChannel, i + 1);
    }
    locks[kSelectCasesMax] = &make<Mutex>(LockRank::kSudogCache);
    locks[kSelectCasesMax + 1] = &make<Mutex>(LockRank::kStackPool);
    for (Mutex* const lock : locks) lock->lock(kSite);
    for (Mutex* const lock : locks) EXPECT_TRUE(lock->is_held_by_me());
    for (Mutex* const lock : locks) lock->unlock(kSite);
  });
  EXPECT_EQ(run.report.message, "");
}

// --- Barriers ------------------------------------------------------------------------------------

/// As long as it lives, the kernel does not put the fences that it had promised.
class RefusingKernel {
 public:
  RefusingKernel() {
    threaded::ask_kernel_for_fences = [] { return -1L; };
  }
  ~RefusingKernel() { threaded::ask_kernel_for_fences = before_; }

 private:
  long (*const before_)() = threaded::ask_kernel_for_fences;
};

// The light side continues without a fence, so a fence of the heavy side's own would order nothing.
template <class Body>
void expect_refused_barrier_to_end_the_run(Body body) {
  if (!threaded::kernel_puts_fences) GTEST_SKIP() << "no membarrier here: both sides are a fence";
  const RefusingKernel refusing;
  const RunResult run = run_body(body);
  EXPECT_EQ(run.report.outcome, Outcome::kFatal);
  EXPECT_EQ(run.report.message,
            "memory barrier: the kernel refuses membarrier, which it had promised");
}

TEST(Barrier, RefusedToWhoTakesABiasAwayEndsTheRun) {
  expect_refused_barrier_to_end_the_run([] {
    auto& mutex = make<Mutex>(LockRank::kChannel, 7u);
    auto& taken = make<Counter>(0u);
    start([&] {
      mutex.lock(kSite);
      taken.store(1, kSite);
    });
    await(taken, 1);
  });
}

TEST(Barrier, RefusedToWhoIsAboutToSleepOnALockEndsTheRun) {
  expect_refused_barrier_to_end_the_run([] {
    auto& mutex = make<Mutex>(LockRank::kScheduler);
    mutex.lock(kSite);
    start([&] { mutex.lock(kSite); });
    make<Note>().sleep(kSite);
  });
}

TEST(Barrier, RefusedToWhoFreezesEndsTheRun) {
  expect_refused_barrier_to_end_the_run([] { platform::begin_freezing(); });
}

// --- Events --------------------------------------------------------------------------------------

// What one lock orders is in that order in the list, too.
TEST(Events, AreInTheOrderOfTheLockThatTheyAreAnnouncedUnder) {
  const RunResult run = run_body([] {
    constexpr unsigned kThreads = 3, kRounds = 300;
    auto& mutex = make<Mutex>(LockRank::kScheduler);
    auto& number = make<std::uint32_t>(0u);
    auto& done = make<Counter>(0u);
    for (unsigned thread = 0; thread < kThreads; ++thread) {
      start([&] {
        for (unsigned round = 0; round < kRounds; ++round) {
          mutex.lock(kSite);
          say(number++);
          mutex.unlock(kSite);
        }
        done.fetch_add(1, kSite);
      });
    }
    await(done, kThreads);
  });
  const auto said = run.said();
  ASSERT_EQ(said.size(), 900u);
  for (std::uint32_t i = 0; i < said.size(); ++i) ASSERT_EQ(said[i], i);
  for (std::uint32_t i = 0; i < run.events.size(); ++i) ASSERT_EQ(run.events[i].step, i);
}

TEST(Events, LocksAreAmongThem) {
  const RunResult run = run_body([] {
    auto& mutex = make<Mutex>(LockRank::kChannel, 7u);
    mutex.lock_as(LockRank::kChannelLeaf, kSite);
    mutex.unlock(kSite);
  });
  ASSERT_EQ(run.events.size(), 2u);
  const auto taken = as<event::LockAcquired>(run.events[0]);
  EXPECT_EQ(taken.rank, LockRank::kChannelLeaf);
  EXPECT_EQ(taken.order, 7u);
  EXPECT_EQ(as<event::LockReleased>(run.events[1]).lock, taken.lock);
}

TEST(Events, FrozenVariablesAreAmongThem) {
  const RunResult run = run_body([] {
    auto& variable = make<platform::OwnedAtomic<std::uint32_t>>(1u, LockRank::kStackScan, 7u);
    std::uint32_t expected = 1;
    platform::begin_freezing();
    EXPECT_TRUE(variable.freeze(expected, 3, kSite));
    EXPECT_TRUE(variable.thaw(expected = 3, 1, kSite));
  });
  ASSERT_EQ(run.events.size(), 2u);
  const auto taken = as<event::LockAcquired>(run.events[0]);
  EXPECT_EQ(taken.rank, LockRank::kStackScan);
  EXPECT_EQ(taken.order, 7u);
  EXPECT_EQ(as<event::LockReleased>(run.events[1]).lock, taken.lock);
}

TEST(Events, NoneAreKeptUnlessAskedFor) {
  const RunResult run = run_body(Config{}, [] {
    say(1);
    EXPECT_EQ(platform::step(), 0u);
  });
  EXPECT_TRUE(run.events.empty());
}

// --- Disturbance ---------------------------------------------------------------------------------

TEST(Disturbance, APrologueMovesOrGrowsOneInSoMany) {
  const RunResult run = run_body(Config{.move_one_in = 4, .grow_one_in = 8}, [] {
    unsigned moves = 0, grows = 0;
    for (unsigned i = 0; i < 8000; ++i) {
      const StackAction action = platform::prologue(Site::kUserPrologue);
      moves += action == StackAction::kMove;
      grows += action == StackAction::kGrow;
    }
    EXPECT_GT(grows, 800u);
    EXPECT_LT(grows, 1200u);
    EXPECT_GT(moves, 1500u);
    EXPECT_LT(moves, 2000u);
  });
  EXPECT_EQ(run.report.message, "");
}

TEST(Disturbance, OneInOneIsAlways) {
  const RunResult run = run_body(Config{.move_one_in = 1}, [] {
    for (unsigned i = 0; i < 100; ++i) {
      EXPECT_EQ(platform::prologue(Site::kUserPrologue), StackAction::kMove);
    }
  });
  EXPECT_EQ(run.report.message, "");
}

TEST(Disturbance, DrawsAreAFunctionOfSeedAndThread) {
  const auto draws = [](std::uint64_t seed) {
    return run_body(Config{.seed = seed, .events_max = 100},
                    [] {
                      for (unsigned i = 0; i < 20; ++i) say(platform::choose(1000, kSite));
                    })
        .said();
  };
  EXPECT_EQ(draws(1), draws(1));
  EXPECT_NE(draws(1), draws(2));
}

TEST(Disturbance, TheScannerWorksByItself) {
  const RunResult run = run_body(Config{.scan_every_ns = 1000}, [] {
    auto& done = make<Counter>(0u);
    start([&] {
      for (unsigned i = 0; i < 4; ++i) {
        const ScanRequest request = platform::await_scan_request(kSite);
        EXPECT_EQ(request.path, kAnyPath);
        EXPECT_EQ(request.move, i % 2 == 0) << "shrinks and moves take turns";
      }
      done.store(1, kSite);
    });
    await(done, 1);
  });
  EXPECT_EQ(run.report.message, "");
}

}  // namespace
}  // namespace concertina::test
