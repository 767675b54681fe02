// What the forms of an input hold each other to: a state that is wrong on purpose ends the process
// with the rule's words.
#include <gtest/gtest.h>

#include "input/input.h"

namespace concertina::fuzzers {
namespace {

CaseFile tiny() {
  CaseFile file;
  file.input.program.functions.resize(1);
  return file;
}

TEST(EncodeDeathTest, TakesAValidInput) {
  Input input = tiny().input;
  EXPECT_EQ(decode(encode(input)), input);
  input.program.functions.clear();
  EXPECT_DEATH(encode(input), "an input that is encoded is valid: there is no main function");
}

TEST(PrintDeathTest, WhatIsPrintedCanBeReadBack) {
  CaseFile file = tiny();
  file.header.title = "# a title that no\nparser would take";
  file.header.expect = "perhaps";
  EXPECT_NE(print(file), "") << "a header is free";
  file.input.schedule.depth = 0;
  EXPECT_DEATH(print(file), "an input is read back from its text: depth is at least 1");
  file = tiny();
  file.input.program.functions[0].frame_class = kFramePaddingClasses;
  EXPECT_DEATH(print(file), "a frame has one of the sizes");
}

TEST(GoTextDeathTest, ABracketClosesABlock) {
  Program program = tiny().input.program;
  program.functions[0].body.resize(1);
  program.functions[0].body[0].code = Code::kEnd;
  EXPECT_DEATH(to_go(program), "a bracket closes an open block");
}

}  // namespace
}  // namespace concertina::fuzzers
