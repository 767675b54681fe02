// The layout of frames: what is where, and what a stack copy learns of it.
#include "interp/compiled.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace concertina::fuzzers {
namespace {

Operation on(Code code, std::uint8_t channel) {
  Operation operation;
  operation.code = code;
  operation.channel = channel;
  return operation;
}

Operation loop(std::uint8_t count) {
  Operation operation;
  operation.code = Code::kLoop;
  operation.count = count;
  return operation;
}

Program with_channels(std::initializer_list<std::uint8_t> size_classes) {
  Program program;
  for (const std::uint8_t size_class : size_classes) program.channels.push_back({0, size_class});
  program.functions.resize(1);
  return program;
}

struct Range {
  std::uint32_t begin, end;
};

// Everything in the frame that has a meaning, by offsets.
std::vector<Range> used(const Compiled& compiled, const CompiledFunction& f) {
  std::vector<Range> ranges{{0, sizeof(Frame)}};
  for (unsigned c = 0; c < kChannelsMax; ++c) {
    if ((f.uses >> c & 1) == 0) continue;
    ranges.push_back({f.pointer_offset[c], f.pointer_offset[c] + 8u});
    ranges.push_back({f.serial_offset[c], f.serial_offset[c] + 8u});
    ranges.push_back({f.local_offset[c] - static_cast<std::uint32_t>(sizeof(Tag)),
                      f.local_offset[c] + std::max(1u, compiled.element_bytes[c])});
  }
  std::sort(ranges.begin(), ranges.end(), [](Range a, Range b) { return a.begin < b.begin; });
  return ranges;
}

TEST(Compiled, NothingInAFrameOverlaps) {
  Program program = with_channels({0, 1, 2, 3, 4, 6, 9, 11});
  for (std::uint8_t c = 0; c < 8; ++c) {
    program.functions[0].body.push_back(on(Code::kSend, c));
  }
  for (std::uint8_t padding = 0; padding < kFramePaddingClasses; ++padding) {
    program.functions[0].frame_class = padding;
    Compiled compiled;
    compiled.compile(program);
    const CompiledFunction& f = compiled.functions[0];
    const std::vector<Range> ranges = used(compiled, f);
    ASSERT_EQ(ranges.size(), 1u + 3 * 8);
    for (std::size_t i = 1; i < ranges.size(); ++i) {
      EXPECT_LE(ranges[i - 1].end, ranges[i].begin);
    }
    EXPECT_EQ(f.function.frame_bytes % 16, 0u);
    EXPECT_EQ(f.function.dead_bytes, f.function.frame_bytes - ((ranges.back().end + 7) & ~7u));
    EXPECT_GE(f.function.dead_bytes, kFramePaddings[padding]);
    EXPECT_LT(f.function.dead_bytes, kFramePaddings[padding] + 16u);
  }
}

TEST(Compiled, ElementsWithoutBytesHaveAnAddressInTheFrame) {
  Program program = with_channels({0});
  program.functions[0].body = {on(Code::kReceive, 0)};
  Compiled compiled;
  compiled.compile(program);
  EXPECT_LT(compiled.functions[0].local_offset[0], compiled.functions[0].function.frame_bytes);
}

TEST(Compiled, ACopyIsToldOfPointersAndOfNothingElse) {
  Program program = with_channels({4, 4, 4});
  program.functions[0].body = {on(Code::kSend, 2), on(Code::kReceive, 0)};
  Compiled compiled;
  compiled.compile(program);
  const CompiledFunction& f = compiled.functions[0];
  const FrameLayout& layout = f.function.layout;
  std::set<std::uint16_t> pointers(layout.pointers, layout.pointers + layout.pointer_count);
  EXPECT_EQ(pointers, (std::set<std::uint16_t>{f.pointer_offset[0], f.pointer_offset[2]}));
  for (const std::uint16_t offset : pointers) EXPECT_EQ(offset % 8, 0u);
}

TEST(Compiled, AFunctionHasLocalsForTheChannelsThatItNames) {
  Program program = with_channels({4, 4, 4, 4, 4, 4, 4, 4});
  Operation select;
  select.code = Code::kSelect;
  select.cases = {{.channel = 1}, {.channel = kNil}, {.channel = 6, .is_send = true}};
  program.functions.resize(3);
  program.functions[0].body = {select};
  program.functions[1].body = {on(Code::kClose, 0), on(Code::kLen, 2), on(Code::kRange, 3),
                               on(Code::kEnd, 0), on(Code::kSend, kNil)};
  // The default of a field that the operation does not use names no channel.
  program.functions[2].body = {on(Code::kYield, 0), on(Code::kCheck, 0)};
  Compiled compiled;
  compiled.compile(program);
  EXPECT_EQ(compiled.functions[0].uses, 1u << 1 | 1u << 6);
  EXPECT_EQ(compiled.functions[1].uses, 1u << 0 | 1u << 2 | 1u << 3);
  EXPECT_EQ(compiled.functions[2].uses, 0u);
  EXPECT_EQ(compiled.functions[2].function.layout.pointer_count, 0u);
}

TEST(Compiled, BracketsFindTheirPartners) {
  Program program = with_channels({4});
  program.functions[0].body = {loop(2),               // 0
                               on(Code::kRange, 0),   // 1
                               on(Code::kYield, 0),   // 2
                               on(Code::kEnd, 0),     // 3
                               loop(3),               // 4
                               on(Code::kEnd, 0),     // 5
                               on(Code::kEnd, 0),     // 6
                               on(Code::kYield, 0)};  // 7
  Compiled compiled;
  compiled.compile(program);
  const CompiledFunction& f = compiled.functions[0];
  const std::pair<unsigned, unsigned> brackets[] = {{0, 6}, {1, 3}, {4, 5}};
  for (const auto& [open, close] : brackets) {
    EXPECT_EQ(f.blocks.partner[open], close);
    EXPECT_EQ(f.blocks.partner[close], open);
  }
  const unsigned levels[] = {0, 1, 2, 1, 1, 1, 0, 0};
  for (unsigned i = 0; i < 8; ++i) EXPECT_EQ(f.blocks.level[i], levels[i]) << i;
}

TEST(Compiled, FunctionsAreKnownToEventsAndToTheInterpreter) {
  Program program = with_channels({});
  program.functions.resize(kFunctionsMax);
  Compiled compiled;
  compiled.compile(program);
  for (unsigned i = 0; i < kFunctionsMax; ++i) {
    const concertina::Function& function = compiled.functions[i].function;
    EXPECT_EQ(function.id, FunctionId::kFirstOfProgram + i);
    EXPECT_EQ(function.data, &compiled.functions[i]);
    EXPECT_EQ(function.step, &run_program_function);
    EXPECT_EQ(compiled.functions[i].source, &program.functions[i]);
    EXPECT_EQ(compiled.functions[i].program, &compiled);
  }
}

TEST(Compiled, KnowsNothingOfTheProgramBefore) {
  Program large = with_channels({11, 11});
  large.functions[0].frame_class = 7;
  large.functions[0].body = {loop(2), on(Code::kSend, 0), on(Code::kSend, 1), on(Code::kEnd, 0)};
  Program small = with_channels({4});
  small.functions[0].body = {on(Code::kSend, 0)};
  Compiled reused;
  reused.compile(large);
  reused.compile(small);
  Compiled fresh;
  fresh.compile(small);
  EXPECT_EQ(reused.functions[0].uses, fresh.functions[0].uses);
  EXPECT_EQ(reused.functions[0].function.frame_bytes, fresh.functions[0].function.frame_bytes);
  EXPECT_EQ(reused.functions[0].function.layout.pointer_count, 1u);
  EXPECT_EQ(reused.functions[0].local_offset[0], fresh.functions[0].local_offset[0]);
}

}  // namespace
}  // namespace concertina::fuzzers
