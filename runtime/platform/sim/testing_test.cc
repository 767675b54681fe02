#include "platform/sim/testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace concertina::test {
namespace {

using Numbers = std::vector<std::uint32_t>;

// Thread 0 says 0 twice and thread 1 says 1 twice, each time after a yield point.
void two_speakers() {
  auto& object = make<platform::Atomic<std::uint32_t>>(0u);
  start([&object] {
    for (int i = 0; i < 2; ++i) {
      object.fetch_add(1, Site::kTest);
      say(1);
    }
  });
  for (int i = 0; i < 2; ++i) {
    object.fetch_add(1, Site::kChanLen);
    say(0);
  }
  platform::spin_until(object, [](std::uint32_t v) { return v == 4; }, Site::kStatusLoad);
}

TEST(Testing, FirstEnabledPrefersLowNumbers) {
  const RunResult run = run_body(two_speakers);
  EXPECT_EQ(run.report.outcome, Outcome::kExit);
  EXPECT_EQ(run.report.message, "");
  EXPECT_EQ(run.said(), (Numbers{0, 0, 1, 1}));
}

TEST(Testing, PicksAreOneADecision) {
  Picks picks({1, 1, 0, 1});  // the thread's start, 1 speaks, 0 speaks
  EXPECT_EQ(run_body(picks, two_speakers).said(), (Numbers{1, 0, 1, 0}));
  EXPECT_EQ(picks.misses(), 0u);
}

TEST(Testing, APickOfADisabledThreadIsAMiss) {
  Picks picks({7});
  EXPECT_EQ(run_body(picks, two_speakers).said(), (Numbers{0, 0, 1, 1}));
  EXPECT_EQ(picks.misses(), 1u);
}

TEST(Testing, SwitchesGoByThreadSiteAndOccurrence) {
  Switches switches({{.from = 0, .site = Site::kChanLen, .to = 1, .occurrence = 2},
                     {.from = 1, .site = Site::kTest, .to = 0, .occurrence = 2}});
  EXPECT_EQ(run_body(switches, two_speakers).said(), (Numbers{0, 1, 0, 1}));
  EXPECT_TRUE(switches.all_fired());
}

TEST(Testing, ASwitchThatNeverHappensIsSeen) {
  Switches switches({{.from = 0, .site = Site::kSelectLock, .to = 1}});
  run_body(switches, two_speakers);
  EXPECT_FALSE(switches.all_fired());
}

TEST(Testing, ARandomScheduleIsAFunctionOfItsSeed) {
  std::vector<Numbers> seen;
  for (unsigned seed = 0; seed < 20; ++seed) {
    Random first(seed), second(seed);
    seen.push_back(run_body(first, two_speakers).said());
    EXPECT_EQ(run_body(second, two_speakers).said(), seen.back());
  }
  EXPECT_NE(std::find_if(seen.begin(), seen.end(), [&](const Numbers& n) { return n != seen[0]; }),
            seen.end());
}

TEST(Testing, TheStepLogCountsByThreadAndSite) {
  StepLog log;
  run_body({.log = log.get()}, two_speakers);
  EXPECT_EQ(log.count(0, Site::kChanLen), 2u);
  EXPECT_EQ(log.count(1, Site::kTest), 2u);
  EXPECT_EQ(log.count(1, Site::kChanLen), 0u);
}

}  // namespace
}  // namespace concertina::test
