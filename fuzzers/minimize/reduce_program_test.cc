#include "minimize/reduce_program.h"

#include <gtest/gtest.h>

#include "input/input.h"
#include "minimize/size.h"
#include "mutate/generate.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kPrograms = 300;

Program program_of(const char* body) {
  CaseFile file;
  const std::string text = std::string("# title: t\n# expect: pass\nversion 1\n\n") + body +
                           "\nschedule processors=2 strategy=random depth=3 seed=0x1\n";
  const ParseError error = parse(text, file);
  EXPECT_EQ(error.reason, "") << error.line << ":" << error.column;
  return file.input.program;
}

bool offers(const Program& program, Reduction kind, const Program& wanted) {
  for (std::size_t i = 0;; ++i) {
    const auto reduced = reduce(program, kind, i);
    if (!reduced) return false;
    if (*reduced == wanted) return true;
  }
}

class EachReduction : public testing::TestWithParam<unsigned> {};

INSTANTIATE_TEST_SUITE_P(Reductions, EachReduction,
                         testing::Range(0U, static_cast<unsigned>(Reduction::kCount)));

TEST_P(EachReduction, GivesValidProgramsAndComesToAnEnd) {
  Random random(GetParam() + 1);
  unsigned smaller = 0;
  for (unsigned n = 0; n < kPrograms; ++n) {
    const Program program = generate(random).program;
    for (std::size_t i = 0;; ++i) {
      const auto reduced = reduce(program, static_cast<Reduction>(GetParam()), i);
      if (!reduced) break;
      ASSERT_EQ(validate(*reduced), "") << to_go(program) << i << "\n" << to_go(*reduced);
      ASSERT_LT(i, 10'000U);
      if (cost_of(*reduced) < cost_of(program)) ++smaller;
    }
  }
  EXPECT_GT(smaller, 0U);
}

TEST(Reduce, DropsAFunctionWithItsMentions) {
  EXPECT_TRUE(offers(program_of("chan c0 cap=0 size=8\nfunc f0 frame=0 {\n go f1\n go f2\n}\n"
                                "func f1 frame=0 {\n send c0\n}\nfunc f2 frame=0 {\n recv c0\n}\n"),
                     Reduction::kDropFunction,
                     program_of("chan c0 cap=0 size=8\nfunc f0 frame=0 {\n go f1\n}\n"
                                "func f1 frame=0 {\n recv c0\n}\n")));
}

TEST(Reduce, DropsALoopWithItsBodyOrKeepsTheBody) {
  const Program looped = program_of(
      "chan c0 cap=1 size=8\nfunc f0 frame=0 {\n loop 3 {\n  send c0\n  recv c0\n }\n yield\n}\n");
  EXPECT_TRUE(offers(looped, Reduction::kDropOperation,
                     program_of("chan c0 cap=1 size=8\nfunc f0 frame=0 {\n yield\n}\n")));
  EXPECT_TRUE(offers(looped, Reduction::kUnwrapBlock,
                     program_of("chan c0 cap=1 size=8\nfunc f0 frame=0 {\n send c0\n recv c0\n"
                                " yield\n}\n")));
}

TEST(Reduce, InlinesWhatAGoroutineDid) {
  EXPECT_TRUE(offers(program_of("chan c0 cap=1 size=8\nfunc f0 frame=0 {\n go f1\n recv c0\n}\n"
                                "func f1 frame=0 {\n send c0\n}\n"),
                     Reduction::kInlineSpawn,
                     program_of("chan c0 cap=1 size=8\nfunc f0 frame=0 {\n send c0\n recv c0\n}\n"
                                "func f1 frame=0 {\n send c0\n}\n")));
}

TEST(Reduce, CutsRecursion) {
  EXPECT_TRUE(offers(program_of("func f0 frame=0 {\n go f0\n yield\n}\n"), Reduction::kCutRecursion,
                     program_of("func f0 frame=0 {\n go f1\n yield\n}\n"
                                "func f1 frame=0 {\n yield\n}\n")));
}

TEST(Reduce, MergesChannelsAndRenumbersTheRest) {
  EXPECT_TRUE(offers(
      program_of("chan c0 cap=0 size=8\nchan c1 cap=1 size=8\nchan c2 cap=2 size=8\n"
                 "func f0 frame=0 {\n send c1\n send c2\n select { recv c0; send c1 }\n}\n"),
      Reduction::kMergeChannels,
      program_of("chan c0 cap=0 size=8\nchan c1 cap=2 size=8\n"
                 "func f0 frame=0 {\n send c0\n send c1\n select { recv c0; send c0 }\n}\n")));
}

TEST(Reduce, ASelectOfOneCaseIsThatOperation) {
  const Program select =
      program_of("chan c0 cap=0 size=8\nfunc f0 frame=0 {\n select { recv c0 by_pointer }\n}\n");
  EXPECT_TRUE(
      offers(select, Reduction::kSelectBecomesPlain,
             program_of("chan c0 cap=0 size=8\nfunc f0 frame=0 {\n recv c0 by_pointer\n}\n")));
}

TEST(Reduce, DropsWhatNobodyUses) {
  EXPECT_TRUE(offers(program_of("chan c0 cap=0 size=8\nchan c1 cap=0 size=8\n"
                                "func f0 frame=0 {\n send c1\n}\nfunc f1 frame=0 {\n yield\n}\n"),
                     Reduction::kDropUnused,
                     program_of("chan c0 cap=0 size=8\nfunc f0 frame=0 {\n send c0\n}\n")));
}

}  // namespace
}  // namespace concertina::fuzzers
