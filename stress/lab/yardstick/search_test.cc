#include "stress/lab/yardstick/search.h"

#include <gtest/gtest.h>

#include "stress/lab/yardstick/programs/programs.h"
#include "stress/lab/yardstick/runner.h"

namespace concertina::yardstick {
namespace {

TEST(Search, AnUnknownStrategyIsNull) {
  EXPECT_EQ(make_search("randon", 1), nullptr);
  EXPECT_EQ(make_search("", 1), nullptr);
  for (const std::string_view name : strategy_names()) EXPECT_NE(make_search(name, 1), nullptr);
}

TEST(Search, EveryStrategyFollowsFromItsSeed) {
  Runner runner;
  for (const std::string_view name : strategy_names()) {
    const auto hunt = [&](std::uint64_t seed) {
      return runner.hunt(kReorder3, false, *make_search(name, seed), {10'000});
    };
    const Hunt first = hunt(1);
    const Hunt again = hunt(1);
    EXPECT_EQ(first.schedules, again.schedules) << name;
    EXPECT_EQ(first.steps, again.steps) << name;
    bool differs = false;
    for (std::uint64_t seed = 2; seed < 8; ++seed) differs |= hunt(seed).steps != first.steps;
    EXPECT_TRUE(differs) << name;
  }
}

TEST(Hunt, StopsAtTheCap) {
  Runner runner;
  const Hunt hunt = runner.hunt(kReorder100, true, *make_search("random", 1), {7});
  EXPECT_FALSE(hunt.found);
  EXPECT_EQ(hunt.schedules, 7u);
  EXPECT_GT(hunt.steps, 7u * 600);
  EXPECT_LT(hunt.decisions, hunt.steps);
}

TEST(Hunt, StopsAtTheFirstScheduleThatShowsTheBug) {
  Runner runner;
  const auto search = make_search("random", 1);
  const Hunt hunt = runner.hunt(kBluetooth, false, *search, {10'000});
  ASSERT_TRUE(hunt.found);
  const auto again = make_search("random", 1);
  for (std::uint64_t i = 1; i < hunt.schedules; ++i) {
    EXPECT_EQ(runner.run(kBluetooth, false, *again).outcome, Outcome::kExit) << i;
  }
  EXPECT_EQ(runner.run(kBluetooth, false, *again).outcome, Outcome::kFatal);
}

// A run that ends otherwise than well or by the bug is neither: a deadlock where a failed
// expectation is looked for.
TEST(Hunt, CountsWhatIsStrange) {
  Runner runner;
  Program program = kDeadlock01;
  program.bug = Outcome::kFatal;
  const Hunt hunt = runner.hunt(program, false, *make_search("random", 1), {200});
  EXPECT_FALSE(hunt.found);
  EXPECT_EQ(hunt.schedules, 200u);
  EXPECT_GT(hunt.strange, 10u);
  EXPECT_LT(hunt.strange, 190u);
}

TEST(Hunt, ReportsEachRunToTheSearchButTheLast) {
  class Counting final : public Search {
   public:
    Chooser& next() override {
      ++asked;
      return search_->next();
    }
    void ran(const Shown& shown) override {
      ++told;
      EXPECT_EQ(shown.outcome, Outcome::kExit);
      EXPECT_GT(shown.steps, 5u);
      EXPECT_NE(shown.trace_hash, 0u);
    }
    std::uint64_t asked = 0, told = 0;

   private:
    std::unique_ptr<Search> search_ = make_search("random", 1);
  } counting;
  Runner runner;
  const Hunt hunt = runner.hunt(kBluetooth, false, counting, {10'000});
  ASSERT_TRUE(hunt.found);
  EXPECT_EQ(counting.asked, hunt.schedules);
  EXPECT_EQ(counting.told, hunt.schedules - 1);
}

}  // namespace
}  // namespace concertina::yardstick
