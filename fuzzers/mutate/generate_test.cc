#include "mutate/generate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace concertina::fuzzers {
namespace {

constexpr unsigned kInputs = 20'000;

std::size_t operations(const Program& program) {
  std::size_t sum = 0;
  for (const Function& function : program.functions) sum += function.body.size();
  return sum;
}

/// Does one function send on a channel that another one receives from, by whichever operations?
bool communicates(const Program& program) {
  std::array<std::uint32_t, kChannelsMax> senders{};
  std::array<std::uint32_t, kChannelsMax> receivers{};
  for (std::size_t f = 0; f < program.functions.size(); ++f) {
    for (const Operation& operation : program.functions[f].body) {
      const Code code = operation.code;
      const bool is_send = code == Code::kSend || code == Code::kTrySend || code == Code::kClose;
      if (uses_channel(code) && operation.channel != kNil) {
        (is_send ? senders : receivers).at(operation.channel) |= 1U << f;
      }
      for (const Case& one : operation.cases) {
        if (one.channel != kNil) (one.is_send ? senders : receivers).at(one.channel) |= 1U << f;
      }
    }
  }
  for (std::size_t c = 0; c < program.channels.size(); ++c) {
    const std::uint32_t both = senders[c] | receivers[c];
    if (senders[c] != 0 && receivers[c] != 0 && (both & (both - 1)) != 0) return true;
  }
  return false;
}

bool spawns(const Program& program) {
  const std::vector<Operation>& main = program.functions[0].body;
  return std::any_of(main.begin(), main.end(),
                     [](const Operation& operation) { return operation.code == Code::kSpawn; });
}

TEST(Generate, IsValidAndAFunctionOfItsDraws) {
  for (unsigned i = 0; i < kInputs; ++i) {
    Random random(i);
    Random again(i);
    const Input input = generate(random);
    ASSERT_EQ(validate(input), "") << i;
    ASSERT_EQ(generate(again), input) << i;
  }
}

TEST(Generate, MostProgramsCommunicateAndAreSmall) {
  Random random(1);
  unsigned communicating = 0;
  unsigned spawning = 0;
  std::vector<std::size_t> sizes;
  for (unsigned i = 0; i < kInputs; ++i) {
    const Program program = generate(random).program;
    if (communicates(program)) ++communicating;
    if (spawns(program)) ++spawning;
    sizes.push_back(operations(program));
  }
  std::sort(sizes.begin(), sizes.end());
  EXPECT_GT(communicating, kInputs * 95 / 100);
  EXPECT_GT(spawning, kInputs * 97 / 100);
  EXPECT_GE(sizes[kInputs / 2], 6U);
  EXPECT_LE(sizes[kInputs / 2], 20U);
  EXPECT_LE(sizes[kInputs * 99 / 100], 50U);
}

TEST(Generate, EveryOperationStrategyActionAndKnobComesUp) {
  Random random(2);
  std::array<unsigned, static_cast<std::size_t>(Code::kCount)> codes{};
  std::array<unsigned, static_cast<std::size_t>(Strategy::kCount)> strategies{};
  std::array<unsigned, static_cast<std::size_t>(DeviationKind::kCount)> kinds{};
  std::array<unsigned, 1 + static_cast<unsigned>(kLastStackAction)> actions{};
  std::array<unsigned, 11> knobs{};
  unsigned pointers = 0;
  for (unsigned i = 0; i < kInputs; ++i) {
    const Input input = generate(random);
    for (const Function& function : input.program.functions) {
      for (const Operation& operation : function.body) {
        ++codes.at(static_cast<std::size_t>(operation.code));
        if (operation.by_pointer) ++pointers;
      }
    }
    const Schedule& schedule = input.schedule;
    ++strategies.at(static_cast<std::size_t>(schedule.strategy));
    for (const StackEvent& event : schedule.stack_events) {
      ++actions.at(static_cast<std::size_t>(event.action));
    }
    for (const Deviation& deviation : schedule.deviations) {
      ++kinds.at(static_cast<std::size_t>(deviation.kind));
    }
    knobs[0] += schedule.move_at_every_prologue ? 1 : 0;
    knobs[1] += schedule.reuse_stacks ? 0 : 1;
    knobs[2] += schedule.cache_stacks ? 0 : 1;
    knobs[3] += schedule.shrink_stacks ? 0 : 1;
    knobs[4] += schedule.machines_max == kMachinesMax ? 0 : 1;
    knobs[5] += schedule.slice == kSliceDefault ? 0 : 1;
    knobs[6] += schedule.adaptive_start ? 1 : 0;
    knobs[7] += schedule.elastic_buffers ? 1 : 0;
    knobs[8] += schedule.native_frames ? 0 : 1;
    knobs[9] += schedule.poison ? 0 : 1;
    knobs[10] += schedule.standing_requests ? 1 : 0;
  }
  for (std::size_t i = 0; i < codes.size(); ++i) EXPECT_GT(codes[i], 100U) << code_name(Code(i));
  const auto drawn = [&](Strategy strategy) {
    return strategies.at(static_cast<std::size_t>(strategy));
  };
  EXPECT_GT(drawn(Strategy::kRandom), kInputs / 40);
  EXPECT_GT(drawn(Strategy::kPct), kInputs / 6);
  EXPECT_GT(drawn(Strategy::kPos), kInputs / 4);
  EXPECT_GT(drawn(Strategy::kReadsFrom), kInputs / 4);
  EXPECT_EQ(drawn(Strategy::kSurw) + drawn(Strategy::kNonPreemptive), 0U);
  for (const unsigned n : kinds) EXPECT_GT(n, 500U);
  for (const unsigned n : knobs) EXPECT_GT(n, 300U);
  for (std::size_t i = 1; i < actions.size(); ++i) EXPECT_GT(actions[i], 1000U) << i;
  EXPECT_EQ(actions[0], 0U);
  EXPECT_GT(pointers, kInputs / 4);
}

TEST(Generate, StackEventsComeAsOftenAsAskedAndWhereTheyMatter) {
  Random random(3);
  unsigned with_events = 0;
  for (unsigned i = 0; i < kInputs; ++i) {
    const Input input = generate(random, {.stack_events_percent = 60});
    if (!input.schedule.stack_events.empty()) ++with_events;
    for (const StackEvent& event : input.schedule.stack_events) {
      const std::string_view site = site_name(event.key.site);
      const bool is_scan =
          event.action == StackAction::kScanShrink || event.action == StackAction::kScanMove;
      const bool may_be_anywhere = event.action == StackAction::kPreempt ||
                                   event.action == StackAction::kInterrupt ||
                                   event.action == StackAction::kAssist;
      // A growth may also be asked for before the first prologue.
      const bool is_prologue = site.ends_with("-prologue") ||
                               event.key.site == Site::kExecuteStatus ||
                               (event.action == StackAction::kShrink && site.ends_with("-point"));
      EXPECT_TRUE(may_be_anywhere || is_scan != is_prologue || site == "execute-status") << site;
      EXPECT_LT(event.key.occurrence, 12);
    }
  }
  EXPECT_NEAR(with_events, kInputs * 60 / 100, kInputs / 50);
  for (unsigned i = 0; i < 1000; ++i) {
    const Input input = generate(random, {.stack_events_percent = 0, .deviations_percent = 0});
    EXPECT_TRUE(input.schedule.stack_events.empty() && input.schedule.deviations.empty());
  }
}

TEST(Generate, BothFormsHoldEveryGeneratedInput) {
  Random random(4);
  for (unsigned i = 0; i < 100'000; ++i) {
    const Input input = generate(random);
    const Bytes bytes = encode(input);
    ASSERT_EQ(decode(bytes), input) << i;
    ASSERT_LE(bytes.size(), 512U) << "libFuzzer's buffer";
  }
}

}  // namespace
}  // namespace concertina::fuzzers
