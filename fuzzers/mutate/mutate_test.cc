#include "mutate/mutate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "mutate/draw.h"
#include "mutate/engine_bytes.h"
#include "mutate/generate.h"

namespace concertina::fuzzers {
namespace {

TEST(Mutate, AHundredThousandStepsStayValid) {
  Random random(1);
  Input input;
  for (unsigned i = 0; i < 100'000; ++i) {
    mutate(input, random);
    ASSERT_EQ(validate(input), "") << i;
  }
}

TEST(Mutate, RepairsAnInputThatIsNotValid) {
  Random random(2);
  for (unsigned i = 0; i < 1000; ++i) {
    Input input = generate(random);
    input.program.functions[0].body.resize(kOperationsMax + 5);
    input.schedule.processors = 99;
    mutate_program(input.program, random);
    mutate_schedule(input.schedule, input.program, random);
    ASSERT_EQ(validate(input), "") << i;
  }
}

TEST(Mutate, IsAFunctionOfItsDrawsAndNearlyAlwaysChangesTheInput) {
  Random source(3);
  unsigned unchanged = 0;
  for (unsigned i = 0; i < 10'000; ++i) {
    const Input input = generate(source);
    Input first = input;
    Input second = input;
    Random one(i);
    Random two(i);
    mutate(first, one);
    mutate(second, two);
    ASSERT_EQ(first, second);
    if (first == input) ++unchanged;
  }
  EXPECT_LT(unchanged, 200U);
}

TEST(Mutate, AnEmptyProgramGivesWayToAGeneratedOne) {
  Random random(4);
  for (unsigned i = 0; i < 1000; ++i) {
    Input input = decode({});
    mutate(input, random);
    std::size_t operations = 0;
    for (const Function& function : input.program.functions) operations += function.body.size();
    EXPECT_GE(operations, 2U);
  }
}

TEST(Mutate, OneHalfAtATime) {
  Random random(5);
  unsigned programs = 0;
  unsigned schedules = 0;
  unsigned both = 0;
  for (unsigned i = 0; i < 10'000; ++i) {
    const Input before = generate(random);
    Input after = before;
    mutate(after, random);
    const bool program = !(after.program == before.program);
    const bool schedule = !(after.schedule == before.schedule);
    if (program && schedule) {
      ++both;
    } else {
      programs += program ? 1 : 0;
      schedules += schedule ? 1 : 0;
    }
  }
  EXPECT_NEAR(programs, 4750, 300);
  EXPECT_NEAR(schedules, 4750, 300);
  EXPECT_NEAR(both, 500, 100) << "freshly generated, or made busy";
}

TEST(Mutate, ASchedulesMutationAlwaysReseeds) {
  Random random(6);
  const Input input = generate(random);
  for (unsigned i = 0; i < 10'000; ++i) {
    Schedule schedule = input.schedule;
    mutate_schedule(schedule, input.program, random);
    ASSERT_NE(schedule.seed, input.schedule.seed);
    const Input child = crossover(input, {input.program, schedule}, random);
    ASSERT_NE(child.schedule.seed, input.schedule.seed);
    ASSERT_NE(child.schedule.seed, schedule.seed);
  }
}

TEST(Mutate, MachinesBecomeFewAndManyAgain) {
  Random random(8);
  Input input = generate(random);
  unsigned few = 0, many = 0;
  for (unsigned i = 0; i < 20'000; ++i) {
    const unsigned before = input.schedule.machines_max;
    mutate_schedule(input.schedule, input.program, random);
    const unsigned after = input.schedule.machines_max;
    few += before == kMachinesMax && after < kMachinesMax ? 1 : 0;
    many += before < kMachinesMax && after == kMachinesMax ? 1 : 0;
  }
  EXPECT_GT(few, 25U);
  EXPECT_GT(many, 25U);
}

TEST(Mutate, SlicesBecomeShortAndUsualAgain) {
  Random random(9);
  Input input = generate(random);
  unsigned shorter = 0, usual = 0;
  for (unsigned i = 0; i < 20'000; ++i) {
    const unsigned before = input.schedule.slice;
    mutate_schedule(input.schedule, input.program, random);
    const unsigned after = input.schedule.slice;
    shorter += before == kSliceDefault && after < kSliceDefault ? 1 : 0;
    usual += before < kSliceDefault && after == kSliceDefault ? 1 : 0;
  }
  EXPECT_GT(shorter, 25U);
  EXPECT_GT(usual, 25U);
}

TEST(Mutate, ConstraintsAreAddedFlippedChangedAndRemoved) {
  Random random(13);
  Schedule schedule;
  const Program program = generate(random).program;
  std::array<unsigned, kConstraintsMax + 1> sizes{};
  unsigned wanted = 0;
  unsigned all = 0;
  for (unsigned i = 0; i < 20'000; ++i) {
    mutate_schedule(schedule, program, random);
    ++sizes.at(schedule.constraints.size());
    for (const Constraint& constraint : schedule.constraints) {
      ++all;
      wanted += constraint.is_wanted ? 1 : 0;
    }
  }
  for (unsigned size = 0; size <= 3; ++size) EXPECT_GT(sizes[size], 200U) << size;
  EXPECT_GT(wanted, all / 8);
  EXPECT_LT(wanted, 7 * all / 8);
}

// From one small program, mutation alone reaches every operation, pointer use, default and limit.
TEST(Mutate, ReachesEveryOperation) {
  Random random(7);
  std::array<unsigned, static_cast<std::size_t>(Code::kCount)> codes{};
  unsigned functions = 0;
  unsigned channels = 0;
  for (unsigned chain = 0; chain < 300; ++chain) {
    Program program;
    program.channels.resize(1);
    program.functions.resize(2);
    program.functions[0].body = {make_call(Code::kSpawn, 1), make_on(Code::kSend, 0)};
    for (unsigned i = 0; i < 100; ++i) mutate_program(program, random);
    functions += program.functions.size() > 2 ? 1 : 0;
    channels += program.channels.size() > 1 ? 1 : 0;
    for (const Function& function : program.functions) {
      for (const Operation& operation : function.body) {
        ++codes.at(static_cast<std::size_t>(operation.code));
      }
    }
  }
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (Code(i) != Code::kRange) EXPECT_GT(codes[i], 20U) << code_name(Code(i));
  }
  EXPECT_GT(functions, 250U);
  EXPECT_GT(channels, 250U);
}

TEST(Crossover, IsValidAndTakesFromBoth) {
  Random random(8);
  unsigned with_a = 0;
  unsigned with_b = 0;
  for (unsigned i = 0; i < 20'000; ++i) {
    const Input a = generate(random);
    const Input b = generate(random);
    const Input child = crossover(a, b, random);
    ASSERT_EQ(validate(child), "") << i;
    if (child.program == a.program) ++with_a;
    if (child.schedule.stack_events == b.schedule.stack_events &&
        child.schedule.move_at_every_prologue == b.schedule.move_at_every_prologue &&
        child.schedule.depth == b.schedule.depth) {
      ++with_b;
    }
  }
  EXPECT_GT(with_a, 8000U);
  EXPECT_GT(with_b, 4000U);
}

TEST(Outline, MovesTheOperationDownAndKeepsItsLocals) {
  Random random(9);
  Program program;
  program.channels.resize(1);
  program.functions.resize(1);
  program.functions[0].body = {make_on(Code::kReceive, 0)};
  ASSERT_TRUE(outline(program, 0, 0, 2, random));
  EXPECT_EQ(validate(program), "");
  ASSERT_EQ(program.functions.size(), 3U);
  ASSERT_EQ(program.functions[0].body.size(), 2U);
  EXPECT_EQ(program.functions[0].body[0], make_call(Code::kCall, 1));
  EXPECT_EQ(program.functions[0].body[1], make_on(Code::kLen, 0)) << "the frame has a local for c0";
  Operation passed_on = make_call(Code::kCall, 2);
  passed_on.by_pointer = true;
  EXPECT_EQ(program.functions[1].body[0], passed_on);
  Operation received = make_on(Code::kReceive, 0);
  received.by_pointer = true;
  EXPECT_EQ(program.functions[2].body[0], received);
}

TEST(EngineBytes, StayWithinTheBufferAndDecode) {
  Random random(10);
  for (unsigned i = 0; i < 20'000; ++i) {
    const std::size_t max_size = random.below(i % 2 == 0 ? 64 : 600);
    Bytes buffer = encode(generate(random));
    const std::size_t size = std::min(buffer.size(), max_size);
    buffer.assign(max_size + 8, 0xa5);
    for (std::size_t at = 0; at < size; ++at) buffer[at] = static_cast<std::uint8_t>(random.next());
    const Bytes guard(buffer.end() - 8, buffer.end());
    const std::size_t mutated =
        mutate_bytes(buffer.data(), size, max_size, static_cast<unsigned>(random.next()));
    ASSERT_LE(mutated, max_size);
    ASSERT_EQ(Bytes(buffer.end() - 8, buffer.end()), guard);
    ASSERT_EQ(validate(decode({buffer.data(), mutated})), "");
  }
}

TEST(EngineBytes, MutateIsAFunctionOfItsSeed) {
  Random random(11);
  const Bytes bytes = encode(generate(random));
  Bytes results[3];
  for (unsigned i = 0; i < 3; ++i) {
    results[i] = bytes;
    results[i].resize(512);
    results[i].resize(mutate_bytes(results[i].data(), bytes.size(), 512, i == 2 ? 6 : 5));
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_NE(results[0], results[2]);
}

TEST(EngineBytes, CrossoverFitsItsBuffer) {
  Random random(12);
  for (unsigned i = 0; i < 20'000; ++i) {
    const Bytes a = encode(generate(random));
    const Bytes b = encode(generate(random));
    Bytes out(random.below(400), 0);
    const std::size_t size = crossover_bytes(a.data(), a.size(), b.data(), b.size(), out.data(),
                                             out.size(), static_cast<unsigned>(random.next()));
    ASSERT_LE(size, out.size());
    ASSERT_EQ(validate(decode({out.data(), size})), "");
  }
}

}  // namespace
}  // namespace concertina::fuzzers
