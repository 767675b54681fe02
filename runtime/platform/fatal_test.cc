#include "platform/fatal.h"

#include <gtest/gtest.h>

#include "platform_testing.h"

namespace concertina::test {
namespace {

TEST(Fatal, EndsTheRunWithTheInvariantAndTheDetail) {
  const RunResult run =
      run_body([] { fatal("stack pool", "a detail that no small string holds"); });
  EXPECT_EQ(run.report.outcome, Outcome::kFatal);
  EXPECT_EQ(run.report.message, "stack pool: a detail that no small string holds");
}

TEST(Fatal, RequireLetsWhatHoldsPass) {
  EXPECT_EQ(run_body([] { require(true, "never"); }).report.outcome, Outcome::kExit);
}

TEST(Fatal, RequireStopsOnWhatDoesNot) {
  const RunResult run = run_body([] { require(false, "a broken promise"); });
  EXPECT_EQ(run.report.outcome, Outcome::kFatal);
  EXPECT_EQ(run.report.message, "a broken promise: ");
}

}  // namespace
}  // namespace concertina::test
