#include "oracle/judge.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "oracle/history.h"

namespace concertina::fuzzers {
namespace {

using enum EventKind;

std::string oracle_of(const History& history, Outcome outcome, const char* message = "") {
  const Verdict verdict = judge(Program{}, history.trace(outcome, message));
  if (verdict.failed()) {
    const auto names = oracle_names();
    EXPECT_NE(std::find(names.begin(), names.end(), verdict.oracle), names.end());
  }
  return verdict.oracle;
}

TEST(Judge, ASoundRunPasses) {
  History h;
  h.channel(1, 1).add(kStackAllocated, 1, 0, {0, 1, 2048}).add(kStarted, 1);
  h.send(1, 1, 5).add(kSendToBuffer, 1, 1).sent(1, 1);
  h.add(kExited, 1).add(kStackFreed, 1, 0, {0, 1, 2048});
  h.add(kEndChannel, 0, 1, {1}).add(kEndCounts, 0);
  EXPECT_EQ(oracle_of(h, Outcome::kExit), "");
}

TEST(Judge, EachOracleIsAsked) {
  History stack, locks, channels, locals, leaks;
  EXPECT_EQ(oracle_of(stack.add(kStackFreed, 1, 0, {1}), Outcome::kPanic), "stack");
  EXPECT_EQ(oracle_of(locks.unlock(1, 5, LockRank::kChannel), Outcome::kPanic), "lock_order");
  EXPECT_EQ(oracle_of(channels.sent(1, 0), Outcome::kHung), "channels");
  EXPECT_EQ(oracle_of(locals.add(kLocalRead, 1, 0, {0, 1, 5}), Outcome::kHung), "locals");
  EXPECT_EQ(oracle_of(History(), Outcome::kHung), "deadlock");
  EXPECT_EQ(oracle_of(leaks.add(kEndCounts, 0, 0, {0, 1}), Outcome::kExit), "leaks");
  EXPECT_EQ(oracle_of(History(), Outcome::kBudget, "steps per run"), "progress");
  EXPECT_EQ(oracle_of(History(), Outcome::kFatal, "frame chain: x"), "invariants");
}

TEST(Judge, CausesComeFirst) {
  History h;
  h.add(kLocalRead, 1, 0, {0, 1, 5}).sent(1, 0);
  EXPECT_EQ(oracle_of(h, Outcome::kHung), "channels");
  h.unlock(1, 5, LockRank::kChannel);
  EXPECT_EQ(oracle_of(h, Outcome::kHung), "lock_order");
  h.add(kStackFreed, 1, 0, {1});
  EXPECT_EQ(oracle_of(h, Outcome::kHung), "stack");
  EXPECT_EQ(oracle_of(h, Outcome::kFatal, "frame chain: x"), "invariants");
}

}  // namespace
}  // namespace concertina::fuzzers
