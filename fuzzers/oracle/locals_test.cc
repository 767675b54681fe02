#include "oracle/locals.h"

#include <gtest/gtest.h>

#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

using enum EventKind;

std::string kind_of(const History& history) {
  const Verdict verdict = judge_locals(Program{}, history.trace());
  if (verdict.failed()) EXPECT_EQ(verdict.oracle, "locals");
  return verdict.kind;
}

/// Goroutine 2 writes `token` to slot 3 of frame 5, a local of c1's type.
History written(std::uint32_t token, std::uint32_t bytes = 8) {
  History h;
  h.channel(1, 0, bytes).add(kLocalWritten, 2, 1, {3, 5, token});
  return h;
}

TEST(Locals, WhatWasWrittenIsRead) {
  History h = written(70);
  h.add(kLocalRead, 2, 1, {3, 5, 70}).add(kLocalWritten, 2, 1, {3, 5, 0});
  EXPECT_EQ(kind_of(h.add(kLocalRead, 2, 1, {3, 5, 0})), "");
}

TEST(Locals, OneLocalIsNotAnother) {
  History h = written(70);
  h.add(kLocalWritten, 3, 1, {3, 5, 1}).add(kLocalWritten, 2, 1, {3, 6, 2});
  h.add(kLocalWritten, 2, 1, {4, 5, 3}).add(kLocalRead, 2, 1, {3, 5, 70});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Locals, NarrowOnesHoldTheLowBits) {
  EXPECT_EQ(kind_of(written(0x12345, 2).add(kLocalRead, 2, 1, {3, 5, 0x2345})), "");
  EXPECT_EQ(kind_of(written(0x12345, 1).add(kLocalRead, 2, 1, {3, 5, 0x45})), "");
  EXPECT_EQ(kind_of(written(0, 0).add(kLocalRead, 2, 1, {3, 5, 0})), "");
}

TEST(Locals, ManyAtOnce) {
  History h;
  for (std::uint32_t i = 0; i < 2000; ++i) h.add(kLocalWritten, 2, 0, {3, i, i + 1});
  for (std::uint32_t i = 0; i < 2000; ++i) h.add(kLocalRead, 2, 0, {3, i, i + 1});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Locals, ARunKnowsNothingOfTheOneBefore) {
  EXPECT_EQ(kind_of(written(70)), "");
  History h;
  EXPECT_EQ(kind_of(h.add(kLocalRead, 2, 1, {3, 5, 0})), "");
}

TEST(LocalsFail, SomethingElseIsRead) {
  EXPECT_EQ(kind_of(written(70).add(kLocalRead, 2, 1, {3, 5, 71})), "wrong local");
  EXPECT_EQ(kind_of(written(70).add(kLocalRead, 2, 1, {3, 5, 0})), "local lost");
  EXPECT_EQ(kind_of(written(70).add(kLocalRead, 2, 1, {3, 5, 0xffffffff})), "local torn");
  EXPECT_EQ(kind_of(written(0x12345, 2).add(kLocalRead, 2, 1, {3, 5, 0x2346})), "wrong local");
  EXPECT_EQ(kind_of(written(0, 0).add(kLocalRead, 2, 1, {3, 5, 0xffffffff})), "local torn");
}

TEST(LocalsFail, UnwrittenIsZero) {
  EXPECT_EQ(kind_of(written(70).add(kLocalRead, 2, 1, {4, 5, 1})), "wrong local");
}

TEST(Locals, Numbers) {
  History h;
  h.add(kChannelMade, 0, 0xffff, {0xffff, 0xffffffff});
  h.add(kLocalWritten, 0xffff, 0xffff, {0xffff, 0xffffffff, 5});
  EXPECT_EQ(kind_of(h.add(kLocalRead, 0xffff, 0xffff, {0xffff, 0xffffffff, 5})), "");
}

}  // namespace
}  // namespace concertina::fuzzers
