// What the mutator holds its steps to: a state that is wrong on purpose ends the process with the
// rule's words.
#include <gtest/gtest.h>

#include "mutate/draw.h"
#include "mutate/generate.h"
#include "mutate/mutate.h"
#include "mutate/site_pairs.h"

namespace concertina::fuzzers {
namespace {

TEST(MakeDeathTest, AnOperationNamesWhatItsCodeUses) {
  EXPECT_DEATH(make_loop(kLoopCountMax + 1), "a loop has as many rounds as may be");
  EXPECT_DEATH(make_call(Code::kYield, 0), "a call names a function");
  EXPECT_DEATH(make_on(Code::kSend, kChannelsMax), "an operation on a channel names one, or nil");
}

TEST(MutateDeathTest, ChangesAValidInput) {
  Random random(1);
  Input input = generate(random);
  input.program.functions[0].frame_class = kFramePaddingClasses;
  input.program.functions[0].body.resize(2);
  Random without_luck(2);  // else another input is generated in its place
  EXPECT_DEATH(mutate(input, without_luck), "what is mutated is valid: function 0: frame class");
}

TEST(OutlineDeathTest, MovesAnOperationThatIsThere) {
  Program program;
  program.functions.resize(1);
  Random random(1);
  EXPECT_DEATH(outline(program, 1, 0, 1, random), "is in one of the program's functions");
  EXPECT_DEATH(outline(program, 0, 0, 1, random), "is in the function's body");
  EXPECT_DEATH(inflate(program, 1, random), "before one of the functions");
}

TEST(SitePairsDeathTest, AListIsNoLongerThanMayBe) {
  std::vector<Constraint> constraints(kConstraintsMax + 1);
  Random random(1);
  EXPECT_DEATH(mutate_constraints(constraints, random), "a list that is mutated is valid");
}

}  // namespace
}  // namespace concertina::fuzzers
