#include <gtest/gtest.h>

#include "oracle/judge.h"

namespace concertina::fuzzers {
namespace {

Verdict judge(Outcome outcome, const char* message) {
  Trace trace;
  trace.outcome = outcome;
  trace.message = message;
  const Verdict verdict = fuzzers::judge(Program{}, trace);
  return verdict.oracle == "invariants" ? verdict : Verdict{};
}

TEST(Invariants, AnyOtherEndPasses) {
  for (const Outcome outcome :
       {Outcome::kExit, Outcome::kDeadlock, Outcome::kPanic, Outcome::kHung, Outcome::kBudget}) {
    EXPECT_FALSE(judge(outcome, "words: more").failed());
  }
}

TEST(InvariantsFail, TheInvariantIsTheKind) {
  const Verdict verdict = judge(Outcome::kFatal, "frame chain: a frame without header");
  EXPECT_EQ(verdict.signature(), "invariants: frame chain");
  EXPECT_EQ(verdict.detail, "frame chain: a frame without header");
  EXPECT_EQ(judge(Outcome::kFatal, "stack overflow").signature(), "invariants: stack overflow");
  EXPECT_EQ(judge(Outcome::kFatal, "").signature(), "invariants: unnamed invariant");
  EXPECT_EQ(judge(Outcome::kFatal, ": x").signature(), "invariants: unnamed invariant");
}

}  // namespace
}  // namespace concertina::fuzzers
