// What the minimiser holds its reductions and its examiner to: a state that is wrong on purpose
// ends the process with the rule's words.
#include <gtest/gtest.h>

#include "minimize/minimize.h"
#include "minimize/reduce_program.h"
#include "mutate/generate.h"

namespace concertina::fuzzers {
namespace {

/// Answers with the candidate after the last.
class Wrong final : public Examiner {
 public:
  std::optional<std::size_t> first_match(std::span<const Input> candidates) override {
    return candidates.size();
  }
  std::vector<Key> keys_of(const Input&) override { return {}; }
};

TEST(MinimizeDeathTest, BeginsWithAValidInputAndGoesOnWithOneOfTheCandidates) {
  Random random(1);
  Input input = generate(random);
  input.schedule.seed = 1;  // there is a simpler schedule
  Wrong wrong;
  EXPECT_DEATH(minimize(input, wrong, {}), "an examiner answers with one of the candidates");
  input.program.functions.clear();
  EXPECT_DEATH(minimize(input, wrong, {}), "begins with a valid input: there is no main function");
}

TEST(ReduceDeathTest, TakesAValidProgram) {
  Program program;
  program.functions.resize(1);
  program.functions[0].body.resize(1);
  program.functions[0].body[0].code = Code::kLoop;
  EXPECT_DEATH(reduce(program, Reduction::kDropOperation, 0), "a valid body ends its blocks");
  EXPECT_DEATH(reduce(program, Reduction::kSmallerFrame, 0), "a valid program of a valid one");
}

}  // namespace
}  // namespace concertina::fuzzers
