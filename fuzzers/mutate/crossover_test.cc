// Crossover: which half comes from whom.
#include <gtest/gtest.h>

#include "mutate/draw.h"
#include "mutate/mutate.h"
#include "mutate/testing.h"

namespace concertina::fuzzers::test {
namespace {

Input first() {
  Input input;
  input.program = program(
      "chan c0 cap=1 size=8 "
      "func f0 frame=0 { go f1 send c0 }"
      "func f1 frame=32 { recv c0 }");
  input.schedule.processors = 1;
  input.schedule.stack_events = {{StackAction::kMove, {kMainPath, Site::kUserPrologue, 0}}};
  input.schedule.constraints = {
      {.is_wanted = true, .reader = Site::kParkStatus, .writer = Site::kReadyStatus}};
  return input;
}

Input second() {
  Input input;
  input.program = program(
      "chan c0 cap=2 size=24 chan c1 cap=3 size=64 "
      "func f0 frame=128 { go f2 call f1 close c1 }"
      "func f1 frame=256 { select { recv c1; send nil } go f0 }"
      "func f2 frame=512 { send c0 }");
  input.schedule.processors = 4;
  input.schedule.stack_events = {{StackAction::kGrow, {kAnyPath, Site::kSendPrologue, 1}},
                                 {StackAction::kScanMove, {kAnyPath, Site::kParkStatus, 2}}};
  input.schedule.deviations = {{DeviationKind::kHold, {kAnyPath, Site::kWakeUnlock, 0}, 8}};
  return input;
}

/// The crossovers by the first seeds, seeds of schedules aside.
std::vector<Input> children() {
  std::vector<Input> list;
  for (unsigned seed = 0; seed < 400; ++seed) {
    Random random(seed);
    list.push_back(crossover(first(), second(), random));
    EXPECT_EQ(validate(list.back()), "");
    list.back().schedule.seed = 0;
  }
  return list;
}

unsigned how_often(const std::vector<Input>& list, auto condition) {
  return static_cast<unsigned>(std::count_if(list.begin(), list.end(), condition));
}

TEST(Crossover, TheProgramOfOneWithTheScheduleOfTheOther) {
  const Input expected{first().program, second().schedule};
  EXPECT_GT(how_often(children(), [&](const Input& c) { return c == expected; }), 60u);
}

TEST(Crossover, BothMainsAndTheGoroutinesOfBoth) {
  // f1 and f2 of the second are f2 and f3, its channels come behind; a call of main means main.
  const Program joined = program(
      "chan c0 cap=1 size=8 chan c1 cap=2 size=24 chan c2 cap=3 size=64 "
      "func f0 frame=0 { go f1 send c0 go f3 call f2 close c2 }"
      "func f1 frame=32 { recv c0 }"
      "func f2 frame=256 { select { recv c2; send nil } go f0 }"
      "func f3 frame=512 { send c1 }");
  const Input expected{joined, first().schedule};
  EXPECT_GT(how_often(children(), [&](const Input& c) { return c == expected; }), 60u);
}

TEST(Crossover, FunctionsOfEitherInTheirPlaces) {
  const Input a = first(), b = second();
  unsigned mixed = 0, seen[2][2] = {};
  for (const Input& child : children()) {
    if (child.program == a.program || child.program.channels.size() != 2) continue;
    ++mixed;
    EXPECT_EQ(child.schedule, a.schedule);
    EXPECT_EQ(child.program.channels[0], a.program.channels[0]) << "those of the first stay";
    EXPECT_EQ(child.program.channels[1], b.program.channels[1]);
    ASSERT_EQ(child.program.functions.size(), 3u);
    bool from_second[2];
    for (unsigned f = 0; f < 2; ++f) {
      from_second[f] = child.program.functions[f] == b.program.functions[f];
      EXPECT_TRUE(from_second[f] || child.program.functions[f] == a.program.functions[f]);
    }
    EXPECT_EQ(child.program.functions[2], b.program.functions[2]);
    ++seen[from_second[0]][from_second[1]];
  }
  EXPECT_GT(mixed, 60u);
  for (const auto& row : seen) {
    for (const unsigned n : row) EXPECT_GT(n, 8u);
  }
}

TEST(Crossover, WishesOfBoth) {
  const Input a = first(), b = second();
  unsigned all = 0, others = 0;
  for (const Input& child : children()) {
    if (!(child.program == a.program) || child.schedule == b.schedule) continue;
    ++others;
    Schedule rest = child.schedule;
    rest.stack_events = a.schedule.stack_events;
    rest.deviations = a.schedule.deviations;
    rest.constraints = a.schedule.constraints;
    EXPECT_EQ(rest, a.schedule) << "the first's but for the lists";
    EXPECT_LE(child.schedule.deviations.size(), 1u);
    EXPECT_LE(child.schedule.constraints.size(), 1u);
    std::vector<StackEvent> both = a.schedule.stack_events;
    both.insert(both.end(), b.schedule.stack_events.begin(), b.schedule.stack_events.end());
    if (child.schedule.stack_events == both) ++all;
    // A sublist, in order.
    std::size_t at = 0;
    for (const StackEvent& event : child.schedule.stack_events) {
      while (at < both.size() && !(both[at] == event)) ++at;
      EXPECT_LT(at++, both.size());
    }
  }
  EXPECT_GT(others, 60u);
  EXPECT_GT(all, 5u);
  EXPECT_LT(all, others / 2);
}

TEST(Crossover, OfFullOnesFits) {
  Input full = second();
  full.program.channels.resize(kChannelsMax);
  full.program.functions.resize(kFunctionsMax);
  full.program.functions[0].body.resize(kOperationsMax);
  full.schedule.stack_events.resize(kStackEventsMax, full.schedule.stack_events[0]);
  full.schedule.deviations.resize(kDeviationsMax, full.schedule.deviations[0]);
  full.schedule.constraints.resize(kConstraintsMax, first().schedule.constraints[0]);
  ASSERT_EQ(validate(full), "");
  for (unsigned seed = 0; seed < 200; ++seed) {
    Random random(seed);
    ASSERT_EQ(validate(crossover(full, full, random)), "") << seed;
  }
}

}  // namespace
}  // namespace concertina::fuzzers::test
