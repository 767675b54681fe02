#include "oracle/determinism.h"

#include <gtest/gtest.h>

#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

History run() {
  History h;
  h.channel(1).send(1, 1, 5);
  return h;
}

std::string kind_of(const Trace& first, const Trace& second) {
  const Verdict verdict = judge_determinism(first, second);
  if (verdict.failed()) EXPECT_EQ(verdict.oracle, "determinism");
  return verdict.kind;
}

TEST(Determinism, EqualRunsPass) {
  const History a = run(), b = run();
  EXPECT_EQ(kind_of(a.trace(), b.trace()), "");
}

TEST(DeterminismFail, TheFirstDifferingEventIsNamed) {
  const History a = run();
  History b;
  b.channel(1).send(1, 1, 6);
  const Verdict verdict = judge_determinism(a.trace(), b.trace());
  EXPECT_EQ(verdict.kind, "events differ");
  EXPECT_EQ(verdict.detail,
            "first run: event 1: op-send g1 c1 non_blocking=0 token=5 (thread 1, step 2); "
            "second run: event 1: op-send g1 c1 non_blocking=0 token=6 (thread 1, step 2)");
}

TEST(DeterminismFail, EachFieldOfAnEventCounts) {
  const History a = run();
  const auto differs = [&a](auto change) {
    History b = run();
    change(b.events().back());
    return kind_of(a.trace(), b.trace()) == "events differ";
  };
  EXPECT_TRUE(differs([](Event& e) { e.kind = EventKind::kOpReceive; }));
  EXPECT_TRUE(differs([](Event& e) { ++e.thread; }));
  EXPECT_TRUE(differs([](Event& e) { ++e.goroutine; }));
  EXPECT_TRUE(differs([](Event& e) { ++e.slot_c; }));
  EXPECT_TRUE(differs([](Event& e) { ++e.slot_i; }));
  EXPECT_TRUE(differs([](Event& e) { ++e.slot_a; }));
  EXPECT_TRUE(differs([](Event& e) { ++e.slot_b; }));
  EXPECT_TRUE(differs([](Event& e) { ++e.step; }));
}

TEST(DeterminismFail, OneRunIsLonger) {
  const History a = run();
  History b = run();
  b.sent(1, 1);
  EXPECT_EQ(kind_of(a.trace(), b.trace()), "events differ");
  EXPECT_NE(judge_determinism(a.trace(), b.trace()).detail.find("ended after 2 events"),
            std::string::npos);
}

TEST(DeterminismFail, WhatNoEventShows) {
  const History a = run();
  Trace outcome = a.trace(Outcome::kExit), message = a.trace(), steps = a.trace(),
        decisions = a.trace(), hash = a.trace();
  message.message = "events per run";
  ++steps.steps;
  ++decisions.decisions;
  ++hash.hash;
  EXPECT_EQ(kind_of(a.trace(), outcome), "outcomes differ");
  EXPECT_EQ(kind_of(a.trace(), message), "outcomes differ");
  EXPECT_EQ(kind_of(a.trace(), steps), "steps differ");
  EXPECT_EQ(kind_of(a.trace(), decisions), "steps differ");
  EXPECT_EQ(kind_of(a.trace(), hash), "hashes differ");
}

}  // namespace
}  // namespace concertina::fuzzers
