#include "minimize/minimize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>

#include "minimize/reduce_schedule.h"
#include "mutate/generate.h"

namespace concertina::fuzzers {
namespace {

/// A bug by its definition: no runtime, so that what is minimal is known.
class Definition final : public Examiner {
 public:
  explicit Definition(std::function<bool(const Input&)> fails) : fails_(std::move(fails)) {}

  std::optional<std::size_t> first_match(std::span<const Input> candidates) override {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      EXPECT_EQ(validate(candidates[i]), "");
      ++runs;
      if (fails_(candidates[i])) return i;
    }
    return std::nullopt;
  }
  std::vector<Key> keys_of(const Input&) override { return passed; }

  std::uint64_t runs = 0;
  std::vector<Key> passed;

 private:
  std::function<bool(const Input&)> fails_;
};

unsigned count_of(const Program& program, Code code) {
  unsigned count = 0;
  for (const Function& function : program.functions) {
    for (const Operation& operation : function.body) count += operation.code == code ? 1 : 0;
  }
  return count;
}

Input generated(std::uint64_t seed, const std::function<bool(const Input&)>& wanted) {
  Random random(seed);
  for (;;) {
    Input input = generate(random);
    if (wanted(input)) return input;
  }
}

bool two_sends_and_a_spawn(const Input& input) {
  return count_of(input.program, Code::kSend) >= 2 && count_of(input.program, Code::kSpawn) >= 1;
}

// As when a child process is killed from outside.
TEST(Minimize, WhatWasReachedIsKeptWhenTheExaminerCannotGoOn) {
  const Input input = generated(1, &two_sends_and_a_spawn);
  Input reached = input;
  Definition bug([&](const Input& candidate) {
    if (cost_of(reached.program) < cost_of(input.program)) throw std::runtime_error("killed");
    return two_sends_and_a_spawn(candidate);
  });
  MinimizeOptions options;
  options.progress = [&](const char*, const Input& smaller, std::uint64_t) { reached = smaller; };
  const Minimized minimized = minimize(input, bug, options);
  EXPECT_EQ(minimized.why_cut_off, "killed");
  EXPECT_EQ(minimized.input, reached);
  EXPECT_NE(minimized.input, input);
}

TEST(Minimize, LeavesWhatTheFailureNeeds) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Definition bug(&two_sends_and_a_spawn);
    const Minimized minimized = minimize(generated(seed, &two_sends_and_a_spawn), bug, {});
    const Size size = size_of(minimized.input);
    EXPECT_TRUE(two_sends_and_a_spawn(minimized.input));
    EXPECT_EQ(size.operations, 3U) << print({{}, minimized.input});
    EXPECT_LE(size.functions, 3U);  // a send counts though nobody calls its function
    EXPECT_EQ(size.stack_events, 0U);
    EXPECT_EQ(size.preemptions, 0U);
    EXPECT_TRUE(size.is_free_of_chance);
    EXPECT_EQ(minimized.runs, bug.runs);
    EXPECT_FALSE(minimized.is_out_of_budget);
  }
}

TEST(Minimize, AProgramThatNeedsAnotherScheduleIsFoundOne) {
  // It fails only under schedules whose seed fits the size of its program.
  const auto fails = [](const Input& input) {
    return two_sends_and_a_spawn(input) && input.schedule.seed % 8 == size_of(input).operations % 8;
  };
  Definition bug(fails);
  const Minimized minimized = minimize(generated(3, fails), bug, {});
  EXPECT_EQ(size_of(minimized.input).operations, 3U);
  EXPECT_EQ(minimized.input.schedule.seed % 8, 3U);
}

TEST(Minimize, FindsTheFewestPreemptions) {
  const Key lock{kMainPath, Site::kChanSendLock, 1};
  const Key wake{kMainPath, Site::kParkStatus, 0};
  const auto holds = [](const Schedule& schedule, const Key& key) {
    return std::any_of(
        schedule.deviations.begin(), schedule.deviations.end(),
        [&](const Deviation& d) { return d.kind == DeviationKind::kHold && d.key == key; });
  };
  // By chance, or by two preemptions in the right places.
  const auto fails = [&](const Input& input) {
    if (input.schedule.strategy == Strategy::kNonPreemptive) {
      return holds(input.schedule, lock) && holds(input.schedule, wake);
    }
    return input.schedule.seed % 4 == 0;
  };
  Definition bug(fails);
  bug.passed = {{kMainPath, Site::kChanSendLock, 0},
                {kMainPath, Site::kChanSendLock, 0},
                {kMainPath, Site::kParkStatus, 0},
                {kMainPath, Site::kParkCommitUnlock, 0}};
  const Minimized minimized = minimize(generated(5, fails), bug, {});
  const Size size = size_of(minimized.input);
  EXPECT_TRUE(size.is_free_of_chance);
  EXPECT_EQ(size.preemptions, 2U);
}

TEST(Minimize, KeepsTheStackEventThatMatters) {
  const auto fails = [](const Input& input) {
    return std::any_of(input.schedule.stack_events.begin(), input.schedule.stack_events.end(),
                       [](const StackEvent& e) { return e.action == StackAction::kScanShrink; });
  };
  Definition bug(fails);
  const Minimized minimized = minimize(generated(1, fails), bug, {});
  ASSERT_EQ(minimized.input.schedule.stack_events.size(), 1U);
  EXPECT_EQ(minimized.input.schedule.stack_events[0].key.occurrence, 0U);
}

TEST(Minimize, StopsAtItsBudgetWithSomethingThatStillFails) {
  Definition bug(&two_sends_and_a_spawn);
  MinimizeOptions options;
  options.runs_max = 50;
  const Minimized minimized = minimize(generated(1, &two_sends_and_a_spawn), bug, options);
  EXPECT_TRUE(minimized.is_out_of_budget);
  EXPECT_TRUE(two_sends_and_a_spawn(minimized.input));
  EXPECT_LT(minimized.runs, 50U + options.schedules_many);
}

TEST(Minimize, IsAFunctionOfItsArguments) {
  Definition first(&two_sends_and_a_spawn), second(&two_sends_and_a_spawn);
  const Input input = generated(9, &two_sends_and_a_spawn);
  EXPECT_EQ(minimize(input, first, {}).input, minimize(input, second, {}).input);
  EXPECT_EQ(first.runs, second.runs);
}

TEST(Schedules, SimplerOnesAreValidAndCheaper) {
  Random random(4);
  for (unsigned i = 0; i < 300; ++i) {
    const Schedule schedule = generate(random).schedule;
    for (const Schedule& simpler : simpler_schedules(schedule)) {
      ASSERT_EQ(validate(simpler), "");
      ASSERT_LT(cost_of(simpler), cost_of(schedule));
    }
  }
}

TEST(Schedules, ALimitOfMachinesGoesOrGrows) {
  Schedule few;
  few.machines_max = 3;
  std::set<unsigned> limits;
  for (const Schedule& simpler : simpler_schedules(few)) limits.insert(simpler.machines_max);
  EXPECT_EQ(limits, (std::set<unsigned>{4, kMachinesMax}));
}

TEST(Schedules, AShortSliceGoesOrGrows) {
  Schedule brief;
  brief.slice = 3;
  std::set<unsigned> slices;
  for (const Schedule& simpler : simpler_schedules(brief)) slices.insert(simpler.slice);
  EXPECT_EQ(slices, (std::set<unsigned>{6, kSliceDefault}));
}

TEST(Schedules, FreshOnesBeginWithTheOldAndDiffer) {
  Random random(4);
  const Input input = generate(random);
  const std::vector<Schedule> fresh = fresh_schedules(input.schedule, input.program, 200, random);
  ASSERT_EQ(fresh.size(), 200U);
  EXPECT_EQ(fresh[0], input.schedule);
  unsigned different = 0;
  for (const Schedule& one : fresh) {
    ASSERT_EQ(validate(one), "");
    different += one == input.schedule ? 0 : 1;
  }
  EXPECT_GT(different, 190U);
}

TEST(Schedules, PlacesCountTheirOccurrence) {
  const Key a{kMainPath, Site::kChanSendLock, 0}, b{kMainPath, Site::kChanSendUnlock, 0};
  const std::vector<Key> passed{a, b, a};
  const std::vector<Key> places = places_of(passed);
  ASSERT_EQ(places.size(), 3U);
  EXPECT_EQ(places[0].occurrence, 0U);
  EXPECT_EQ(places[2].site, a.site);
  EXPECT_EQ(places[2].occurrence, 1U);
}

}  // namespace
}  // namespace concertina::fuzzers
