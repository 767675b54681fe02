#include <gtest/gtest.h>

#include "oracle/judge.h"

namespace concertina::fuzzers {
namespace {

Verdict judge(Outcome outcome, const char* message) {
  Trace trace;
  trace.outcome = outcome;
  trace.message = message;
  trace.steps = 20;
  const Verdict verdict = fuzzers::judge(Program{}, trace);
  return verdict.oracle == "progress" ? verdict : Verdict{};
}

TEST(Progress, AnyOtherEndPasses) {
  for (const Outcome outcome :
       {Outcome::kExit, Outcome::kDeadlock, Outcome::kPanic, Outcome::kFatal, Outcome::kHung}) {
    EXPECT_FALSE(judge(outcome, "words").failed());
  }
}

TEST(ProgressFail, TheLimitIsTheKind) {
  const Verdict verdict = judge(Outcome::kBudget, "steps per run");
  EXPECT_EQ(verdict.signature(), "progress: steps per run");
  EXPECT_EQ(verdict.detail, "the run was stopped after 20 steps and 0 events");
  EXPECT_EQ(judge(Outcome::kBudget, "").signature(), "progress: unnamed limit");
}

}  // namespace
}  // namespace concertina::fuzzers
