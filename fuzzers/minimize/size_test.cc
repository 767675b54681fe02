#include "minimize/size.h"

#include <gtest/gtest.h>

namespace concertina::fuzzers {
namespace {

Operation operation(Code code, std::uint8_t function = 0, std::uint8_t count = 0) {
  Operation made;
  made.code = code;
  made.function = function;
  made.count = count;
  return made;
}

TEST(Size, CountsGoroutinesThroughLoopsAndCalls) {
  Input input;
  input.program.functions.resize(3);
  EXPECT_EQ(size_of(input).goroutines, 1U);
  input.program.functions[0].body = {operation(Code::kLoop, 0, 3), operation(Code::kSpawn, 2),
                                     operation(Code::kEnd), operation(Code::kCall, 1)};
  input.program.functions[1].body = {operation(Code::kSpawn, 2), operation(Code::kSpawn, 2)};
  EXPECT_EQ(size_of(input).goroutines, 6U);
  EXPECT_EQ(size_of(input).operations, 5U);  // a closing bracket is none
}

TEST(Size, ARecursiveProgramHasAsManyAsAllowed) {
  Input input;
  input.program.functions.resize(1);
  input.program.functions[0].body = {operation(Code::kSpawn, 0)};
  EXPECT_EQ(size_of(input).goroutines, kGoroutinesMax);
}

TEST(Size, AShortProgramOfManyGoroutinesIsDearerThanALongerOneOfTwo) {
  Program recursive, plain;
  recursive.functions.resize(1);
  recursive.functions[0].body = {operation(Code::kSpawn, 0)};
  plain.functions.resize(2);
  plain.functions[0].body = {operation(Code::kSpawn, 1), operation(Code::kYield)};
  plain.functions[1].body = {operation(Code::kYield), operation(Code::kYield)};
  EXPECT_GT(cost_of(recursive), cost_of(plain));
}

TEST(Size, PreemptionsAreHoldsAndPreferences) {
  Input input;
  input.program.functions.resize(1);
  input.schedule.deviations = {{DeviationKind::kHold, {}, 1}, {DeviationKind::kChoose, {}, 1}};
  EXPECT_EQ(size_of(input).preemptions, 1U);
  input.schedule.deviations.push_back({DeviationKind::kPrefer, {}, 1});
  EXPECT_EQ(size_of(input).preemptions, 2U);
  EXPECT_FALSE(size_of(input).is_free_of_chance);
  input.schedule.strategy = Strategy::kNonPreemptive;
  EXPECT_TRUE(size_of(input).is_free_of_chance);
}

TEST(Size, EveryWishAndSettingCosts) {
  Schedule plain;
  plain.strategy = Strategy::kNonPreemptive;
  const auto dearer = [&](auto change) {
    Schedule changed = plain;
    change(changed);
    return cost_of(changed) > cost_of(plain);
  };
  EXPECT_TRUE(dearer([](Schedule& s) { s.strategy = Strategy::kRandom; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.seed = 1; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.processors = 3; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.move_at_every_prologue = true; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.cache_stacks = false; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.adaptive_start = true; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.elastic_buffers = true; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.native_frames = false; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.poison = false; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.standing_requests = true; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.machines_max = kMachinesMax - 1; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.slice = 1; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.stack_events.resize(1); }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.deviations.resize(1); }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.horizon = 1; }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.constraints.resize(1); }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.targets.resize(1); }));
  EXPECT_TRUE(dearer([](Schedule& s) { s.thread_counts.resize(1); }));
}

}  // namespace
}  // namespace concertina::fuzzers
