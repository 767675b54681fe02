// The pruned searches against brute force: the sets of trace classes and of outcomes that they
// reach must be equal, within each bound, on random tiny programs. CONCERTINA_TINY_PROGRAMS says
// how many (default 1000, with a sanitizer 100).
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "base/sanitizer.h"
#include "verify/testing.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint64_t kRunsMax = 60'000;  // of brute force, a program and bound
constexpr unsigned kBoundNone = StateCache::kPreemptionsMax;
constexpr BoundedOptions kBruteForce{.pruning = Pruning::kNone, .skips_private = false};
constexpr BoundedOptions kShipped{};

unsigned programs_wanted() {
  const char* const text = std::getenv("CONCERTINA_TINY_PROGRAMS");
  return text != nullptr ? static_cast<unsigned>(std::strtoul(text, nullptr, 10))
         : sanitizer::kWatchesRaces || sanitizer::kSeesPoison ? 100U
                                                              : 1000U;
}

struct Tally {
  unsigned programs = 0;
  unsigned too_large = 0;
  unsigned differ = 0;
  std::uint64_t runs_brute = 0;
  std::uint64_t runs_pruned = 0;
  std::uint64_t classes = 0;
};

/// Of `count` random programs, in how many does the pruned search reach another set?
Tally compare(unsigned count, unsigned bound, const BoundedOptions& pruned) {
  simulator::World world;
  Random random(7);
  Tally tally;
  for (unsigned i = 0; i < count; ++i) {
    const TinyProgram program = draw_tiny(random);
    const Reached all = explore_tiny(world, program, bound, kBruteForce, kRunsMax);
    if (!all.is_complete) {
      ++tally.too_large;
      continue;
    }
    const Reached some = explore_tiny(world, program, bound, pruned, kRunsMax * 2);
    ++tally.programs;
    // Of a run that a thread ended the private steps are those that it may have forestalled.
    const bool is_exact = !(pruned.skips_private && program.ends_the_run);
    const bool is_equal = is_exact ? some.classes == all.classes && some.outcomes == all.outcomes
                                   : some.views == all.views;
    tally.differ += is_equal && some.is_complete ? 0 : 1;
    tally.runs_brute += all.runs;
    tally.runs_pruned += some.runs;
    tally.classes += all.classes.size();
  }
  std::printf(
      "bound %u: %u programs (%u too large), %llu classes; brute force %llu runs, pruned "
      "%llu runs; %u programs differ\n",
      bound, tally.programs, tally.too_large, static_cast<unsigned long long>(tally.classes),
      static_cast<unsigned long long>(tally.runs_brute),
      static_cast<unsigned long long>(tally.runs_pruned), tally.differ);
  return tally;
}

TEST(CrossCheck, StatesAndPrivateStepsLoseNothingWithinABound) {
  for (const unsigned bound : {0U, 1U, 2U, 3U, kBoundNone}) {
    const Tally tally = compare(programs_wanted(), bound, kShipped);
    EXPECT_EQ(tally.differ, 0U) << "bound " << bound;
    EXPECT_LT(tally.too_large, programs_wanted() / 10) << "bound " << bound;
  }
}

TEST(CrossCheck, StatesAloneLoseNothing) {
  for (const unsigned bound : {1U, 2U}) {
    EXPECT_EQ(compare(200, bound, {.skips_private = false}).differ, 0U) << "bound " << bound;
  }
}

// The check can fail: what one would try first loses schedules within a bound.
TEST(CrossCheck, PlainSleepSetsLoseSchedulesWithinABound) {
  const BoundedOptions sleep_sets{.pruning = Pruning::kSleepSets, .skips_private = false};
  EXPECT_GT(compare(1000, 0, sleep_sets).differ + compare(1000, 1, sleep_sets).differ, 0U);
}

}  // namespace
}  // namespace concertina::fuzzers
