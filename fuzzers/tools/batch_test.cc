#include "tools/batch.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tools/child.h"
#include "tools/generator.h"

namespace concertina::fuzzers {
namespace {

// What the stand-in for run and judge does with an input: the seed says it.
constexpr std::uint64_t kPasses = 0, kFails = 1, kFailsOtherwise = 2, kDies = 3, kReports = 4,
                        kHangs = 5;

Verdict act(const Input& input) {
  switch (input.schedule.seed) {
    case kFails:
      return {"channels", "lost value", "token 7\nis gone"};
    case kFailsOtherwise:
      return {"locals", "torn", ""};
    case kDies:
      std::abort();
    case kReports:
      std::fprintf(stderr,
                   "WARNING: ThreadSanitizer: data race (pid=1)\n"
                   "  Write of size 8 at 0x1 by thread T1:\n    #0 adjust /x/y.cc:1:2\n"
                   "  Previous read of size 8 at 0x1 by thread T2:\n    #0 send /x/y.cc:3:4\n");
      _Exit(66);
    case kHangs:
      for (;;) {
      }
    default:
      return {};
  }
}

std::vector<Input> inputs(std::initializer_list<std::uint64_t> seeds) {
  std::vector<Input> result;
  for (const std::uint64_t seed : seeds) {
    result.emplace_back();
    result.back().schedule.seed = seed;
  }
  return result;
}

std::optional<std::size_t> first_match(const std::string& signature,
                                       std::initializer_list<std::uint64_t> seeds) {
  BatchExaminer examiner(signature, 1, &act);
  const auto match = examiner.first_match(inputs(seeds));
  return match;
}

// No run in this process: the tests of child.h, in the same binary, fork after this one.
TEST(Batch, KeysAreThePlacesThatARunPassed) {
  const Input input = generated_input(7, 0);
  BatchExaminer examiner("", 20);
  const std::vector<Key> keys = examiner.keys_of(input);
  const ChildRun child = run_in_child(input, {});
  ASSERT_GT(keys.size(), 50U);
  ASSERT_EQ(keys.size(), child.trace.steps);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(keys[i].site, child.trace.last_steps[i].site);
    EXPECT_EQ(keys[i].path, child.trace.last_steps[i].path);
  }
}

TEST(Batch, FindsTheFirstWithThatSignature) {
  EXPECT_EQ(first_match("channels: lost value", {kPasses, kFailsOtherwise, kFails, kFails}), 2U);
  EXPECT_EQ(first_match("", {kPasses, kFailsOtherwise, kFails}), 1U);
  EXPECT_EQ(first_match("channels: lost value", {kPasses, kFailsOtherwise}), std::nullopt);
  EXPECT_EQ(first_match("channels: lost value", {}), std::nullopt);
}

TEST(Batch, TheVerdictOfTheMatchComesWithIt) {
  BatchExaminer examiner("", 1, &act);
  ASSERT_EQ(examiner.first_match(inputs({kFails})), 0U);
  EXPECT_EQ(examiner.verdict().signature(), "channels: lost value");
  EXPECT_EQ(examiner.verdict().detail, "token 7\nis gone");
}

TEST(Batch, ACandidateThatDiesIsJudgedAndTheRestGoesOn) {
  EXPECT_EQ(first_match("channels: lost value", {kDies, kPasses, kReports, kFails}), 3U);
  EXPECT_EQ(first_match("race: data race: adjust | send", {kFails, kDies, kReports, kFails}), 2U);
  EXPECT_EQ(first_match("channels: lost value", {kPasses, kDies}), std::nullopt);
}

TEST(Batch, GivesUpWhenTooManyDieOfSomethingElse) {
  EXPECT_EQ(first_match("channels: lost value",
                        {kDies, kDies, kDies, kDies, kDies, kDies, kDies, kDies, kFails}),
            std::nullopt);
}

TEST(Batch, ACandidateThatHangsIsKilledAndTheRestGoesOn) {
  EXPECT_EQ(first_match("channels: lost value", {kPasses, kHangs, kFails}), 2U);
  EXPECT_EQ(first_match("progress: watchdog", {kPasses, kHangs, kFails}), 1U);
}

}  // namespace
}  // namespace concertina::fuzzers
