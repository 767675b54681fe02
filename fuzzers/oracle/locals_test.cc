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
  h.channel(1, 0, bytes)
      .add(event::LocalWritten{
          .goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5, .token = token});
  return h;
}

TEST(Locals, WhatWasWrittenIsRead) {
  History h = written(70);
  h.add(event::LocalRead{.goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5, .token = 70})
      .add(event::LocalWritten{.goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5});
  EXPECT_EQ(
      kind_of(h.add(event::LocalRead{.goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5})),
      "");
}

TEST(Locals, OneLocalIsNotAnother) {
  History h = written(70);
  h.add(event::LocalWritten{.goroutine = 3, .channel = 1, .slot = 3, .frame_serial = 5, .token = 1})
      .add(event::LocalWritten{
          .goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 6, .token = 2});
  h.add(event::LocalWritten{.goroutine = 2, .channel = 1, .slot = 4, .frame_serial = 5, .token = 3})
      .add(event::LocalRead{
          .goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5, .token = 70});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Locals, NarrowOnesHoldTheLowBits) {
  EXPECT_EQ(
      kind_of(
          written(0x12345, 2)
              .add(event::LocalRead{
                  .goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5, .token = 0x2345})),
      "");
  EXPECT_EQ(
      kind_of(written(0x12345, 1)
                  .add(event::LocalRead{
                      .goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5, .token = 0x45})),
      "");
  EXPECT_EQ(kind_of(written(0, 0).add(
                event::LocalRead{.goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5})),
            "");
}

TEST(Locals, ManyAtOnce) {
  History h;
  for (std::uint32_t i = 0; i < 2000; ++i)
    h.add(event::LocalWritten{.goroutine = 2, .slot = 3, .frame_serial = i, .token = i + 1});
  for (std::uint32_t i = 0; i < 2000; ++i)
    h.add(event::LocalRead{.goroutine = 2, .slot = 3, .frame_serial = i, .token = i + 1});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Locals, ARunKnowsNothingOfTheOneBefore) {
  EXPECT_EQ(kind_of(written(70)), "");
  History h;
  EXPECT_EQ(
      kind_of(h.add(event::LocalRead{.goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5})),
      "");
}

TEST(LocalsFail, SomethingElseIsRead) {
  EXPECT_EQ(kind_of(written(70).add(event::LocalRead{
                .goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5, .token = 71})),
            "wrong local");
  EXPECT_EQ(kind_of(written(70).add(
                event::LocalRead{.goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5})),
            "local lost");
  EXPECT_EQ(kind_of(written(70).add(event::LocalRead{
                .goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5, .token = kTornToken})),
            "local torn");
  EXPECT_EQ(
      kind_of(
          written(0x12345, 2)
              .add(event::LocalRead{
                  .goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5, .token = 0x2346})),
      "wrong local");
  EXPECT_EQ(kind_of(written(0, 0).add(event::LocalRead{
                .goroutine = 2, .channel = 1, .slot = 3, .frame_serial = 5, .token = kTornToken})),
            "local torn");
}

TEST(LocalsFail, UnwrittenIsZero) {
  EXPECT_EQ(kind_of(written(70).add(event::LocalRead{
                .goroutine = 2, .channel = 1, .slot = 4, .frame_serial = 5, .token = 1})),
            "wrong local");
}

TEST(Locals, Numbers) {
  History h;
  h.add(event::ChannelMade{.channel = 0xffff, .capacity = 0xffff, .element_bytes = 0xffffffff});
  h.add(event::LocalWritten{.goroutine = 0xffff,
                            .channel = 0xffff,
                            .slot = 0xffff,
                            .frame_serial = 0xffffffff,
                            .token = 5});
  EXPECT_EQ(kind_of(h.add(event::LocalRead{.goroutine = 0xffff,
                                           .channel = 0xffff,
                                           .slot = 0xffff,
                                           .frame_serial = 0xffffffff,
                                           .token = 5})),
            "");
}

}  // namespace
}  // namespace concertina::fuzzers
