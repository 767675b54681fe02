// The unbounded search against brute force on random tiny programs: equal trace classes, equal
// outcomes. CONCERTINA_TINY_PROGRAMS says how many (default 1000, with a sanitizer 100).
#include "verify/source_dpor.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "base/sanitizer.h"
#include "verify/testing.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint64_t kRunsMax = 200'000;
constexpr unsigned kBoundNone = StateCache::kPreemptionsMax;
constexpr BoundedOptions kBruteForce{.pruning = Pruning::kNone, .skips_private = false};

unsigned programs_wanted() {
  const char* const text = std::getenv("CONCERTINA_TINY_PROGRAMS");
  return text != nullptr ? static_cast<unsigned>(std::strtoul(text, nullptr, 10))
         : sanitizer::kWatchesRaces || sanitizer::kSeesPoison ? 100U
                                                              : 1000U;
}

Reached reach(simulator::World& world, const TinyProgram& program) {
  Reached reached;
  SourceDpor search;
  search.start(Schedule{});
  while (!search.is_done() && search.runs() < kRunsMax) {
    search.begin_run();
    const test::RunResult run = run_tiny(world, program, search);
    const SourceDpor::RunEnd end = search.end_run(run.report.outcome != Outcome::kHung);
    EXPECT_FALSE(end.has_diverged);
    if (end.is_cut) continue;
    reached.classes.insert(end.trace_class);
    reached.outcomes.insert(outcome_of(run, ~ThreadMask{0}));
  }
  reached.runs = search.runs();
  reached.is_complete = search.is_done();
  return reached;
}

TEST(SourceDpor, ReachesWhatBruteForceReaches) {
  simulator::World world;
  Random random(11);
  std::uint64_t runs = 0;
  std::uint64_t runs_of_brute_force = 0;
  std::uint64_t classes = 0;
  unsigned compared = 0;
  unsigned differ = 0;
  for (unsigned i = 0; i < programs_wanted(); ++i) {
    const TinyProgram program = draw_tiny(random);
    const Reached all = explore_tiny(world, program, kBoundNone, kBruteForce, kRunsMax);
    if (!all.is_complete) continue;
    const Reached some = reach(world, program);
    ++compared;
    differ +=
        some.is_complete && some.classes == all.classes && some.outcomes == all.outcomes ? 0 : 1;
    runs += some.runs;
    runs_of_brute_force += all.runs;
    classes += all.classes.size();
  }
  std::printf("%u programs, %llu classes; brute force %llu runs, source-DPOR %llu; %u differ\n",
              compared, static_cast<unsigned long long>(classes),
              static_cast<unsigned long long>(runs_of_brute_force),
              static_cast<unsigned long long>(runs), differ);
  EXPECT_EQ(differ, 0U);
  EXPECT_GT(compared, programs_wanted() * 9 / 10);
  EXPECT_LT(runs, runs_of_brute_force / 2) << "it prunes nothing";
}

}  // namespace
}  // namespace concertina::fuzzers
