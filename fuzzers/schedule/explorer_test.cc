#include "schedule/explorer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "schedule/testing.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kSeeds = 20;

/// Runs a schedule that the explorer made, and tells it.
bool run_next(const TinyProgram& program, Explorer& explorer, Chooser& chooser) {
  static const auto log = std::make_unique_for_overwrite<RunLog>();
  const bool failed = program.run(chooser, TinyProgram::kStepsMax, log.get());
  explorer.ran(*log);
  return failed;
}

/// Runs to the first failure; `cap` + 1 when there was none.
unsigned executions(const TinyProgram& program, Strategy strategy, std::uint64_t seed,
                    unsigned cap) {
  static Choosers choosers;
  const auto explorer = std::make_unique<Explorer>(Schedule{}, strategy, seed);
  for (unsigned i = 1; i <= cap; ++i) {
    const Schedule& schedule = explorer->next();
    if (run_next(program, *explorer, choosers.prepare(schedule))) return i;
  }
  return cap + 1;
}

struct Found {
  unsigned times = 0;
  double mean = 0;
};

Found search(const TinyProgram& program, Strategy strategy, unsigned cap) {
  Found found;
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    const unsigned runs = executions(program, strategy, seed, cap);
    if (runs > cap) continue;
    ++found.times;
    found.mean += runs;
  }
  found.mean /= std::max(found.times, 1U);
  return found;
}

// The bounds are twice what was measured when they were written: 8, 6, 8, 10, 18.
TEST(Explorer, ReadsFromFindsReorderingsWhateverTheNumberOfThreads) {
  for (const unsigned setters : {2U, 4U, 9U, 14U}) {
    const Found found = search(reorder(setters), Strategy::kReadsFrom, 200);
    EXPECT_EQ(found.times, kSeeds) << setters;
    EXPECT_LE(found.mean, 16) << setters;
  }
  EXPECT_LE(search(two_stage(1, 1), Strategy::kReadsFrom, 200).mean, 20);
  EXPECT_LE(search(two_stage(15, 1), Strategy::kReadsFrom, 500).mean, 36);
}

TEST(Explorer, SurwFindsReorderingsWithWhatItLearnt) {
  const Found found = search(reorder(14), Strategy::kSurw, 500);
  EXPECT_EQ(found.times, kSeeds);
  EXPECT_LE(found.mean, 58);
  EXPECT_LE(search(two_stage(1, 1), Strategy::kSurw, 200).mean, 24);
}

TEST(Explorer, ThePortfolioFindsAll) {
  for (const TinyProgram& program :
       {reorder(2), reorder(4), reorder(9), reorder(14), two_stage(1, 1), two_stage(8, 8)}) {
    const Found found = search(program, Strategy::kPortfolio, 500);
    EXPECT_EQ(found.times, kSeeds);
    EXPECT_LE(found.mean, 40);
  }
}

TEST(Explorer, IsAFunctionOfItsArgumentsAndTheRuns) {
  const TinyProgram program = two_stage(3, 2);
  Choosers choosers;
  for (const Strategy strategy :
       {Strategy::kSurw, Strategy::kReadsFrom, Strategy::kPct, Strategy::kPortfolio}) {
    const auto a = std::make_unique<Explorer>(Schedule{}, strategy, 5);
    const auto b = std::make_unique<Explorer>(Schedule{}, strategy, 5);
    for (unsigned i = 0; i < 100; ++i) {
      const Schedule schedule = a->next();
      ASSERT_EQ(schedule, b->next());
      run_next(program, *a, choosers.prepare(schedule));
      run_next(program, *b, choosers.prepare(schedule));
    }
  }
}

// What an explorer makes is a complete input: without it, the run is the same.
TEST(Explorer, ItsSchedulesReplayWithoutIt) {
  const TinyProgram program = two_stage(3, 2);
  const auto explorer = std::make_unique<Explorer>(Schedule{}, Strategy::kPortfolio, 11);
  Choosers choosers;
  for (unsigned i = 0; i < 300; ++i) {
    const Schedule schedule = explorer->next();
    EXPECT_EQ(validate(schedule), "");
    const bool failed = run_next(program, *explorer, choosers.prepare(schedule));
    Choosers others;
    EXPECT_EQ(program.run(others.prepare(schedule)), failed);
  }
}

/// By strategy: how many of 1,800 schedules the portfolio gives it.
std::map<Strategy, unsigned> shares(Strategy left_out) {
  const TinyProgram program = two_stage(2, 2);
  const auto explorer = std::make_unique<Explorer>(Schedule{}, Strategy::kPortfolio, 3, left_out);
  Choosers choosers;
  std::map<Strategy, unsigned> times;
  for (unsigned i = 0; i < 1800; ++i) {
    const Schedule& schedule = explorer->next();
    ++times[schedule.strategy];
    run_next(program, *explorer, choosers.prepare(schedule));
  }
  return times;
}

// Whatever the search finds: with 1/k of the turns, the best strategy costs at most k times its
// runs.
TEST(Explorer, ThePortfolioGivesEachStrategyItsShare) {
  using Shares = std::map<Strategy, unsigned>;
  EXPECT_EQ(shares(Strategy::kCount),
            (Shares{{Strategy::kReadsFrom, 900}, {Strategy::kPct, 600}, {Strategy::kSurw, 300}}));
  EXPECT_EQ(shares(Strategy::kReadsFrom), (Shares{{Strategy::kPct, 1200}, {Strategy::kSurw, 600}}));
}

TEST(Knowledge, HoldsPairsAProfileAndAHorizon) {
  const auto log = std::make_unique_for_overwrite<RunLog>();
  Choosers choosers;
  Knowledge knowledge;
  Schedule schedule;
  schedule.strategy = Strategy::kPos;
  two_stage(2, 1).run(choosers.prepare(schedule), TinyProgram::kStepsMax, log.get());
  EXPECT_GT(knowledge.learn_reads_from(*log), 0U);
  EXPECT_EQ(knowledge.learn_reads_from(*log), 0U) << "nothing new";
  knowledge.learn_profile(*log);
  knowledge.learn_horizon(*log);
  EXPECT_EQ(knowledge.horizon(), log->decisions);
  ASSERT_FALSE(knowledge.profile().empty());
  for (const ObjectProfile& object : knowledge.profile()) {
    EXPECT_GE(object.threads.size(), 2U);
    EXPECT_EQ(object.key.path, kSchedulerPath);
    std::uint32_t sum = 0;
    for (const ThreadCount& count : object.threads) sum += count.count;
    EXPECT_EQ(sum, object.operations);
    // The lock of x: each of the writers and the reader takes it once.
    if (object.key.ordinal == 2) EXPECT_EQ(object.operations, 3U);
  }
}

}  // namespace
}  // namespace concertina::fuzzers
