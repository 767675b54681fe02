#include "program/program.h"

#include <gtest/gtest.h>

#include <functional>

namespace concertina::fuzzers {
namespace {

Operation operation(Code code) {
  Operation made;
  made.code = code;
  if (code == Code::kLoop) made.count = 1;
  return made;
}

/// Two channels, two functions, one operation of each code, all rules kept.
Program valid_program() {
  Program program;
  program.channels = {{0, 4}, {3, 11}};
  program.functions.resize(2);
  for (unsigned code = 0; code < static_cast<unsigned>(Code::kCount); ++code) {
    program.functions[0].body.push_back(operation(static_cast<Code>(code)));
  }
  program.functions[0].body.push_back(operation(Code::kEnd));  // closes kLoop; the other one kRange
  return program;
}

constexpr std::size_t at(Code code) { return static_cast<std::size_t>(code); }

TEST(Program, OneOfEachIsValid) { EXPECT_EQ(validate(valid_program()), ""); }

TEST(Program, CodeNamesAreDistinctAndReversible) {
  for (unsigned i = 0; i < static_cast<unsigned>(Code::kCount); ++i) {
    const auto code = static_cast<Code>(i);
    EXPECT_EQ(code_by_name(code_name(code)), code) << code_name(code);
  }
  EXPECT_EQ(code_by_name("sned"), Code::kCount);
}

struct Broken {
  const char* rule;
  std::function<void(Program&)> breaks;
};

const Broken kBroken[] = {
    {"too many channels", [](Program& p) { p.channels.resize(kChannelsMax + 1); }},
    {"channel 1: capacity is out of range",
     [](Program& p) { p.channels[1].capacity = kCapacityMax + 1; }},
    {"channel 0: size class is out of range",
     [](Program& p) { p.channels[0].size_class = kElementSizeClasses; }},
    {"there is no main function", [](Program& p) { p.functions.clear(); }},
    {"too many functions", [](Program& p) { p.functions.resize(kFunctionsMax + 1); }},
    {"function 1: frame class is out of range",
     [](Program& p) { p.functions[1].frame_class = kFramePaddingClasses; }},
    {"function 1: too many operations",
     [](Program& p) { p.functions[1].body.resize(kOperationsMax + 1); }},
    {"function 0: operation 0: no such function",
     [](Program& p) { p.functions[0].body[at(Code::kSpawn)].function = 2; }},
    {"function 0: operation 2: a loop's count is out of range",
     [](Program& p) { p.functions[0].body[at(Code::kLoop)].count = 0; }},
    {"function 0: operation 2: a loop's count is out of range",
     [](Program& p) { p.functions[0].body[at(Code::kLoop)].count = kLoopCountMax + 1; }},
    {"function 0: operation 14: a system call's length is out of range",
     [](Program& p) { p.functions[0].body[at(Code::kSyscall)].count = kSyscallLengthMax + 1; }},
    {"function 0: operation 5: no such channel",
     [](Program& p) { p.functions[0].body[at(Code::kSend)].channel = 2; }},
    {"function 0: operation 11: case names no channel of the program",
     [](Program& p) { p.functions[0].body[at(Code::kSelect)].cases = {{2, false, false}}; }},
    {"function 0: operation 11: too many cases",
     [](Program& p) { p.functions[0].body[at(Code::kSelect)].cases.resize(kCasesMax + 1); }},
    {"function 0: operation 12: unknown code",
     [](Program& p) { p.functions[0].body[at(Code::kYield)].code = Code::kCount; }},
    {"function 0: operation 12: channel is set but not used",
     [](Program& p) { p.functions[0].body[at(Code::kYield)].channel = 1; }},
    {"function 0: operation 12: function is set but not used",
     [](Program& p) { p.functions[0].body[at(Code::kYield)].function = 1; }},
    {"function 0: operation 12: count is set but not used",
     [](Program& p) { p.functions[0].body[at(Code::kYield)].count = 1; }},
    {"function 0: operation 12: by_pointer is set but not used",
     [](Program& p) { p.functions[0].body[at(Code::kYield)].by_pointer = true; }},
    {"function 0: operation 12: default is set but not used",
     [](Program& p) { p.functions[0].body[at(Code::kYield)].has_default = true; }},
    {"function 0: operation 12: cases are set but not used",
     [](Program& p) { p.functions[0].body[at(Code::kYield)].cases.resize(1); }},
    {"function 1: operation 0: end without a block",
     [](Program& p) { p.functions[1].body = {operation(Code::kEnd)}; }},
    {"function 1: a block is not ended",
     [](Program& p) { p.functions[1].body = {operation(Code::kLoop)}; }},
    {"function 1: operation 3: blocks are nested too deep",
     [](Program& p) { p.functions[1].body.assign(kNestingMax + 1, operation(Code::kLoop)); }},
};

TEST(Program, EachBrokenRuleIsNamed) {
  for (const Broken& broken : kBroken) {
    Program program = valid_program();
    broken.breaks(program);
    EXPECT_EQ(validate(program), broken.rule);
  }
}

TEST(Program, NormaliseRepairsEachBrokenRule) {
  for (const Broken& broken : kBroken) {
    Program program = valid_program();
    broken.breaks(program);
    normalise(program);
    EXPECT_EQ(validate(program), "") << broken.rule;
  }
}

TEST(Program, NormaliseLeavesAValidProgramAlone) {
  Program program = valid_program();
  normalise(program);
  EXPECT_EQ(program, valid_program());
}

TEST(Program, NormaliseClosesBlocksWithinTheLimit) {
  Program program = valid_program();
  program.functions[1].body.assign(kOperationsMax, operation(Code::kYield));
  for (std::size_t i = 0; i < kNestingMax; ++i)
    program.functions[1].body[i] = operation(Code::kLoop);
  normalise(program);
  EXPECT_EQ(validate(program), "");
  EXPECT_EQ(program.functions[1].body.size(), kOperationsMax);
  EXPECT_EQ(program.functions[1].body[kOperationsMax - 4].code, Code::kYield);
  EXPECT_EQ(program.functions[1].body[kOperationsMax - 3].code, Code::kEnd);
}

TEST(Program, NormaliseOpensNoBlockThatItCouldNotClose) {
  Program program = valid_program();
  program.functions[1].body.assign(kOperationsMax - 1, operation(Code::kYield));
  program.functions[1].body.push_back(operation(Code::kLoop));
  normalise(program);
  EXPECT_EQ(validate(program), "");
  EXPECT_EQ(program.functions[1].body.size(), kOperationsMax - 1);
}

}  // namespace
}  // namespace concertina::fuzzers
