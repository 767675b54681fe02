#include "schedule/choosers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "schedule/testing.h"

namespace concertina::fuzzers {
namespace {

/// A stand-in for the simulator: `threads` threads, all enabled for ever, each at kTest on its own
/// goroutine unless the test says otherwise.
struct FakeRun {
  FakeRun(const Schedule& schedule, unsigned threads) : chooser(choosers.prepare(schedule)) {
    for (unsigned t = 0; t < threads; ++t) {
      pending[t] = {.site = Site::kTest, .path = child_path(kMainPath, t)};
      enabled |= bit(static_cast<ThreadId>(t));
      chooser.started(static_cast<ThreadId>(t));
    }
  }

  ThreadId step() { return step(enabled); }

  ThreadId step(ThreadMask mask) {
    current = count(mask) > 1 ? chooser.pick(mask, current, pending.data()) : lowest(mask);
    EXPECT_NE(mask & bit(current), 0U);
    if (chooser.observes()) chooser.executing(current, pending.data());
    return current;
  }

  std::vector<ThreadId> steps(unsigned n) {
    std::vector<ThreadId> picked(n);
    for (ThreadId& thread : picked) thread = step();
    return picked;
  }

  Choosers choosers;
  Chooser& chooser;
  std::array<Pending, kThreadsMax> pending{};
  ThreadMask enabled = 0;
  ThreadId current = 0;
};

Schedule with(Strategy strategy, std::uint64_t seed, std::uint8_t depth = 3) {
  Schedule schedule;
  schedule.strategy = strategy;
  schedule.seed = seed;
  schedule.depth = depth;
  return schedule;
}

/// With all that a search would have written into it.
Schedule full(Strategy strategy, std::uint64_t seed) {
  Schedule schedule = with(strategy, seed);
  schedule.horizon = 100;
  schedule.constraints = {{true, tiny_site(3), tiny_site(2), 0},
                          {false, tiny_site(4), tiny_site(1), 1},
                          {true, tiny_site(1), tiny_site(4), 0}};
  schedule.targets = {{kSchedulerPath, 0}, {kSchedulerPath, 1}};
  schedule.thread_counts = {{kSchedulerPath, 0, 9}, {kSchedulerPath, 12, 61}};
  return schedule;
}

Schedule holding(std::uint8_t value, const Key& key) {
  Schedule schedule;
  schedule.deviations = {{DeviationKind::kHold, key, value}};
  return schedule;
}

class EachStrategy : public testing::TestWithParam<Strategy> {};

INSTANTIATE_TEST_SUITE_P(Choosers, EachStrategy,
                         testing::Values(Strategy::kRandom, Strategy::kPct,
                                         Strategy::kNonPreemptive, Strategy::kPos,
                                         Strategy::kReadsFrom, Strategy::kSurw,
                                         Strategy::kPortfolio),
                         [](const auto& info) {
                           std::string name(strategy_name(info.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_P(EachStrategy, NameIsReversible) {
  EXPECT_EQ(strategy_by_name(strategy_name(GetParam())), GetParam());
  EXPECT_EQ(strategy_by_name("rnadom"), Strategy::kCount);
}

TEST_P(EachStrategy, IsAFunctionOfTheSchedule) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    FakeRun first(with(GetParam(), seed), 5);
    FakeRun second(with(GetParam(), seed), 5);
    ASSERT_EQ(first.steps(300), second.steps(300));
    ASSERT_EQ(first.chooser.choose(1000, Site::kSelectOrder, 1),
              second.chooser.choose(1000, Site::kSelectOrder, 1));
  }
}

TEST_P(EachStrategy, IsTheSameInTheFirstAndInTheNthRunOfAProcess) {
  Choosers choosers;
  const Schedule schedule = with(GetParam(), 7);
  std::array<Pending, kThreadsMax> pending{};
  std::vector<ThreadId> runs[2];
  for (auto& picked : runs) {
    Chooser& chooser = choosers.prepare(schedule);
    for (ThreadId t = 0; t < 4; ++t) chooser.started(t);
    for (unsigned i = 0; i < 200; ++i) picked.push_back(chooser.pick(0xf, 0, pending.data()));
    Chooser& other = choosers.prepare(with(GetParam(), 8));
    for (ThreadId t = 0; t < 4; ++t) other.started(t);
    other.pick(0xf, 0, pending.data());
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST_P(EachStrategy, NeverPicksOutsideTheMask) {
  Random random(3);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    FakeRun run(full(GetParam(), seed), kThreadsMax);
    for (ObjectId object = 1; object < 4; ++object) run.chooser.made(object, kSchedulerPath);
    for (Pending& pending : run.pending) {
      pending.is_spinning = random.percent(30);
      pending.object = random.below(4);
      pending.site = tiny_site(random.below(6));
      pending.kind = static_cast<OperationKind>(random.below(12));
      pending.path = random.percent(50) ? kSchedulerPath : child_path(kMainPath, random.below(3));
    }
    for (unsigned i = 0; i < 100; ++i) run.step(1 + random.below((1U << kThreadsMax) - 1));
  }
}

// One thread looks, again and again, for what the other does at its end.
TEST_P(EachStrategy, ASpinningThreadDoesNotStarveTheOthers) {
  using K = OperationKind;
  TinyProgram program;
  program.objects = 2;
  std::vector<TinyOperation> worker(60, {K::kStore, 2, tiny_site(1)});
  worker.push_back({K::kStore, 1, tiny_site(2), [](auto& s, auto) { s.shared[1] = 1; }});
  // Twelve that spin, one that works. "Failed" is that it has got to its end.
  program.add(12, {{K::kSpin, 1, tiny_site(3)}, {K::kStore, 2, tiny_site(4)}});
  program.add(1, worker);
  program.threads[0].push_back(
      {K::kLoad, 1, tiny_site(5), [](auto& s, auto) { s.has_failed = true; }});
  Choosers choosers;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    EXPECT_TRUE(program.run(choosers.prepare(full(GetParam(), seed)), 3000)) << seed;
  }
}

TEST_P(EachStrategy, DrawsStayInRangeAndReachAllOfIt) {
  FakeRun run(with(GetParam(), 5), 2);
  std::array<unsigned, 7> drawn{};
  for (unsigned i = 0; i < 7000; ++i) {
    ++drawn.at(run.chooser.choose(7, Site::kSelectOrder, kMainPath));
  }
  for (const unsigned n : drawn) EXPECT_NEAR(n, 1000, 150);
  EXPECT_EQ(run.chooser.choose(1, Site::kSelectOrder, kMainPath), 0U);
}

TEST(Portfolio, IsEachOfTheOthersBySeedAndNothingUnknown) {
  std::array<unsigned, static_cast<unsigned>(Strategy::kCount)> times{};
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    ++times.at(static_cast<unsigned>(effective_strategy(full(Strategy::kPortfolio, seed))));
  }
  for (const Strategy strategy :
       {Strategy::kPct, Strategy::kPos, Strategy::kReadsFrom, Strategy::kSurw}) {
    EXPECT_NEAR(times.at(static_cast<unsigned>(strategy)), 1000, 150) << strategy_name(strategy);
  }
}

TEST(Pct, AKnownHorizonBoundsTheChangePoints) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Schedule schedule = with(Strategy::kPct, seed, 10);
    schedule.horizon = static_cast<std::uint16_t>(1 + seed % 40);
    Pct pct;
    pct.reset(schedule);
    ASSERT_EQ(pct.change_points().size(), 9U);
    EXPECT_LT(pct.change_points().back(), std::max<unsigned>(schedule.horizon, kDepthMax));
  }
}

TEST(RandomWalk, IsUniformOverTheEnabledThreads) {
  FakeRun run(with(Strategy::kRandom, 1), 6);
  const ThreadMask mask = 0b101101;
  std::array<unsigned, 6> picked{};
  for (unsigned i = 0; i < 40'000; ++i) ++picked.at(run.step(mask));
  for (ThreadId t = 0; t < 6; ++t) {
    EXPECT_NEAR(picked[t], (mask & bit(t)) != 0 ? 10'000 : 0, 400) << unsigned{t};
  }
}

TEST(Pct, RunsOneThreadBetweenChangePoints) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Schedule schedule = with(Strategy::kPct, seed, 4);
    FakeRun run(schedule, 8);
    Pct pct;
    pct.reset(schedule);
    ASSERT_EQ(pct.change_points().size(), 3U);
    const std::vector<ThreadId> picked = run.steps(1100);
    std::vector<std::uint32_t> changes;
    for (std::uint32_t i = 1; i < picked.size(); ++i) {
      if (picked[i] != picked[i - 1]) changes.push_back(i);
    }
    std::vector<std::uint32_t> points(pct.change_points().begin(), pct.change_points().end());
    if (points[0] == 0) points.erase(points.begin());  // a change before the first pick is not seen
    ASSERT_EQ(changes, points) << "seed " << seed;
  }
}

TEST(Pct, AThreadThatFellStaysBelowAllThatDidNot) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    FakeRun run(with(Strategy::kPct, seed, 4), 8);
    std::vector<ThreadId> picked = run.steps(1100);
    picked.erase(std::unique(picked.begin(), picked.end()), picked.end());
    std::sort(picked.begin(), picked.end());
    EXPECT_EQ(std::unique(picked.begin(), picked.end()), picked.end()) << "seed " << seed;
  }
}

// With two threads and d = 3, the second fall decides again: by rank, so either may run on.
TEST(Pct, FallenThreadsKeepARandomOrder) {
  unsigned first_runs_on = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    FakeRun run(with(Strategy::kPct, seed, 3), 2);
    const std::vector<ThreadId> picked = run.steps(1100);
    if (picked.front() == picked.back()) ++first_runs_on;
  }
  EXPECT_NEAR(first_runs_on, 500, 60);
}

TEST(Pct, DepthOneNeverChanges) {
  FakeRun run(with(Strategy::kPct, 11, 1), 8);
  const std::vector<ThreadId> picked = run.steps(2000);
  EXPECT_EQ(std::count(picked.begin(), picked.end(), picked[0]), 2000);
}

TEST(Pct, NewThreadsComeInAtARandomRank) {
  std::array<unsigned, 4> first{};
  for (std::uint64_t seed = 0; seed < 8000; ++seed) {
    FakeRun run(with(Strategy::kPct, seed, 1), 4);
    ++first.at(run.step());
  }
  for (const unsigned n : first) EXPECT_NEAR(n, 2000, 150);
}

TEST(Pct, ASpinningThreadFallsAndAllSpinningTakeTurns) {
  FakeRun run(with(Strategy::kPct, 2, 1), 4);
  const ThreadId first = run.step();
  run.pending[first].is_spinning = true;
  const ThreadId second = run.step();
  EXPECT_NE(second, first);
  run.pending[first].is_spinning = false;
  EXPECT_EQ(run.step(), second) << "it stays lowest after it has stopped spinning";
  for (Pending& pending : run.pending) pending.is_spinning = true;
  std::array<unsigned, 4> turns{};
  for (const ThreadId thread : run.steps(40)) ++turns.at(thread);
  EXPECT_EQ(turns, (std::array<unsigned, 4>{10, 10, 10, 10}));
}

TEST(Hold, TheThreadIsNotPickedForSoManyDecisions) {
  const SpawnPath path = child_path(kMainPath, 1);
  for (std::uint8_t seed = 0; seed < 50; ++seed) {
    Schedule schedule = holding(20, {path, Site::kChanSendLock, 0});
    schedule.seed = seed;
    FakeRun run(schedule, 2);
    run.steps(5);
    for (unsigned i = 0; run.step() != 1; ++i) ASSERT_LT(i, 1000U);
    run.pending[1].site = Site::kChanSendLock;  // where thread 1 has arrived
    for (const ThreadId thread : run.steps(20)) ASSERT_EQ(thread, 0);
    const std::vector<ThreadId> later = run.steps(30);
    EXPECT_NE(std::count(later.begin(), later.end(), 1), 0) << "the hold ends";
  }
}

TEST(Hold, GivesWayWhenNothingElseIsEnabled) {
  FakeRun run(holding(255, {kAnyPath, Site::kTest, 0}), 3);
  // Thread 0 arrives first. The other two go, until they are disabled.
  for (const ThreadId thread : run.steps(100)) EXPECT_NE(thread, 0);
  EXPECT_EQ(run.step(0b001), 0);
}

TEST(Hold, TwoHeldThreadsStillAdvance) {
  Schedule schedule = holding(255, {child_path(kMainPath, 0), Site::kTest, 0});
  schedule.deviations.push_back(schedule.deviations[0]);
  schedule.deviations[1].key.path = child_path(kMainPath, 1);
  FakeRun run(schedule, 2);
  const std::vector<ThreadId> picked = run.steps(100);
  EXPECT_NE(std::count(picked.begin(), picked.end(), 0), 0);
  EXPECT_NE(std::count(picked.begin(), picked.end(), 1), 0);
}

// The third arrival anywhere: threads 0 and 1 arrive at the start, then whoever has gone comes
// back.
TEST(Hold, OccurrencesOfAnyPathCountAllThreads) {
  FakeRun run(holding(9, {kAnyPath, Site::kTest, 2}), 2);
  const ThreadId gone = run.step();
  for (const ThreadId thread : run.steps(9)) EXPECT_NE(thread, gone);
}

TEST(Prefer, TheThreadGoesOnForSoManyDecisionsUnlessItOnlyWaits) {
  unsigned always_it = 0;
  const SpawnPath path = child_path(kMainPath, 1);
  for (std::uint8_t seed = 0; seed < 50; ++seed) {
    Schedule schedule = holding(10, {path, Site::kChanSendLock, 0});
    schedule.deviations[0].kind = DeviationKind::kPrefer;
    schedule.seed = seed;
    FakeRun run(schedule, 3);
    while (run.step() != 1) {
    }
    run.pending[1].site = Site::kChanSendLock;
    EXPECT_EQ(run.steps(4), std::vector<ThreadId>(4, 1));
    run.pending[1].is_spinning = true;
    const std::vector<ThreadId> meanwhile = run.steps(3);
    always_it += std::count(meanwhile.begin(), meanwhile.end(), 1) == 3;
    run.pending[1].is_spinning = false;
    EXPECT_EQ(run.steps(3), std::vector<ThreadId>(3, 1));
    const std::vector<ThreadId> later = run.steps(30);
    EXPECT_NE(std::count(later.begin(), later.end(), 1), 30) << "the preference ends";
  }
  EXPECT_LT(always_it, 10U) << "of 50, by chance";
}

TEST(Choose, TheDrawIsTheValueAndLaterDrawsAreUntouched) {
  Schedule plain = with(Strategy::kRandom, 9);
  Schedule wish = plain;
  wish.deviations = {{DeviationKind::kChoose, {kMainPath, Site::kSelectOrder, 1}, 12}};
  FakeRun without(plain, 2);
  FakeRun run(wish, 2);
  EXPECT_FALSE(run.chooser.observes());
  for (unsigned i = 0; i < 10; ++i) {
    const std::uint32_t other = without.chooser.choose(5, Site::kSelectOrder, kMainPath);
    const std::uint32_t drawn = run.chooser.choose(5, Site::kSelectOrder, kMainPath);
    EXPECT_EQ(drawn, i == 1 ? 12 % 5 : other) << i;
    EXPECT_EQ(without.chooser.choose(5, Site::kStealOrder, kMainPath),
              run.chooser.choose(5, Site::kStealOrder, kMainPath));
    EXPECT_EQ(without.chooser.choose(5, Site::kSelectOrder, kSchedulerPath),
              run.chooser.choose(5, Site::kSelectOrder, kSchedulerPath));
  }
}

TEST(NonPreemptive, AThreadRunsUntilItWaits) {
  FakeRun run(with(Strategy::kNonPreemptive, 1), 4);
  EXPECT_EQ(run.steps(5), (std::vector<ThreadId>(5, 0)));
  EXPECT_EQ(run.step(0b1110), 1);  // 0 waits: the next one
  EXPECT_EQ(run.step(0b1111), 1);  // 0 may run, but 1 has not stopped
  EXPECT_EQ(run.step(0b1101), 2);
  EXPECT_EQ(run.step(0b0011), 0);  // round and round
}

TEST(NonPreemptive, WhoSpinsGivesWayAndSpinnersTakeTurns) {
  FakeRun run(with(Strategy::kNonPreemptive, 1), 3);
  run.pending[0].is_spinning = true;
  EXPECT_EQ(run.step(), 1);
  run.pending[1].is_spinning = run.pending[2].is_spinning = true;
  EXPECT_EQ(run.steps(4), (std::vector<ThreadId>{2, 0, 1, 2}));
}

TEST(NonPreemptive, AHoldIsItsOnlyPreemption) {
  const SpawnPath path = child_path(kMainPath, 0);
  Schedule schedule = holding(3, {path, Site::kTest, 2});
  schedule.strategy = Strategy::kNonPreemptive;
  FakeRun run(schedule, 2);
  run.pending[0].path = path;
  EXPECT_EQ(run.steps(3), (std::vector<ThreadId>{0, 0, 1}));
}

}  // namespace
}  // namespace concertina::fuzzers
