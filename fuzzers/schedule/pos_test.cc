#include "schedule/pos.h"

#include <gtest/gtest.h>

#include "schedule/testing.h"

namespace concertina::fuzzers {
namespace {

using K = OperationKind;
constexpr unsigned kRuns = 20'000;

/// In how many runs thread 0's one operation, on `object`, comes after the three of thread 1.
unsigned times_last(ObjectId object) {
  TinyProgram program;
  program.objects = 2;
  program.add(1, {{K::kStore, object, tiny_site(1),
                   [](auto& s, auto) { s.has_failed = s.shared[1] == 3; }}});
  program.add(1, std::vector<TinyOperation>(
                     3, {K::kStore, 1, tiny_site(2), [](auto& s, auto) { ++s.shared[1]; }}));
  Choosers choosers;
  unsigned times = 0;
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) {
    Schedule schedule;
    schedule.strategy = Strategy::kPos;
    schedule.seed = seed;
    times += program.run(choosers.prepare(schedule));
  }
  return times;
}

// Three races, each lost with 1/2.
TEST(Pos, AnOperationThatLostARaceHasANewChanceInTheNext) {
  EXPECT_NEAR(times_last(1), kRuns / 8, kRuns / 100);
}

// One priority against the three others: the lowest of four.
TEST(Pos, IndependentOperationsLeaveThePriorityAlone) {
  EXPECT_NEAR(times_last(2), kRuns / 4, kRuns / 100);
}

TEST(Pos, AThreadStartGoesFirst) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Schedule schedule;
    schedule.seed = seed;
    Pos pos;
    pos.reset(schedule);
    std::array<Pending, kThreadsMax> pending{};
    for (ThreadId thread = 0; thread < 6; ++thread) {
      pos.started(thread);
      pending[thread] = {.site = tiny_site(1), .kind = K::kStore, .is_write = true, .object = 1};
    }
    pending[4].kind = K::kStart;
    EXPECT_EQ(pos.pick(0b111111, 0, pending.data()), 4);
  }
}

// A store that must come last of fifteen conflicting ones, once in 2^14 if losing were for good.
TEST(Pos, FindsAnOrderAmongManyThreads) {
  unsigned found = 0;
  Choosers choosers;
  const TinyProgram program = reorder(14);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Schedule schedule;
    schedule.strategy = Strategy::kPos;
    schedule.seed = seed;
    found += program.run(choosers.prepare(schedule));
  }
  EXPECT_GE(found, 20U) << "of 2000";
}

}  // namespace
}  // namespace concertina::fuzzers
