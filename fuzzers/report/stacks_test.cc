#include "report/stacks.h"

#include <gtest/gtest.h>

#include "report/testing.h"

namespace concertina::fuzzers {
namespace {

class Stacks : public ::testing::Test {
 protected:
  Stacks() {
    program_.channels.resize(2);
    program_.functions.resize(2);
    Operation receive;
    receive.code = Code::kReceive;
    receive.channel = 1;
    program_.functions[1].body = {receive};
    sample_.two_goroutines();
    sample_.step(3, kNoGoroutine, Site::kScanSuspend).path = kScannerPath;
  }
  void begin_copy() {
    sample_.event(event::CopyBegin{
        .goroutine = 2, .reason = CopyReason::kShrink, .old_bytes = 4096, .new_bytes = 2048});
  }
  void walk(CensusMoment moment, BelowHi target) {
    sample_.event(event::CensusBegin{
        .goroutine = 2, .moment = moment, .used_bytes = 208, .stack_bytes = 4096});
    sample_.event(event::FrameSeen{
        .goroutine = 2, .function = static_cast<FunctionId>(10), .place = 208, .caller = 80});
    sample_.event(event::PointerSeen{.goroutine = 2, .place = 176, .target = target});
    sample_.event(
        event::FrameSeen{.goroutine = 2, .function = static_cast<FunctionId>(33), .place = 80});
    sample_.event(event::PointerSeen{.goroutine = 2, .place = 32});
  }
  std::string shown(std::uint32_t until = 0xffffffff) {
    const Trace trace = sample_.trace();
    return stack_of(2, program_, trace, Names(program_, trace), Ink(false), until);
  }
  Program program_;
  Sample sample_;
};

TEST_F(Stacks, SideBySide) {
  begin_copy();
  walk(CensusMoment::kBeforeCopy, 8);
  sample_.event(event::SudogSeen{.goroutine = 2, .channel = 2, .element = 8});
  walk(CensusMoment::kAfterCopy, 8);
  sample_.event(event::CopyEnd{.goroutine = 2, .used_bytes = 208});
  EXPECT_EQ(shown(),
            "g0.0: last copy by T3 (scanner) to shrink it, 4096 to 2048 bytes, from step 1 to\n"
            "    step 1; no channel lock is taken\n"
            "  distances in bytes below the top of the stack; 208 in use\n"
            "     at  before the copy                                    after the copy\n"
            "    208  frame of chan_receive, called by the frame at 80   same\n"
            "    176    element: points to 8                             same\n"
            "     80  frame of f1, the oldest                            same\n"
            "     32    p1: nil                                          same\n"
            "  waits on c1; after the adjustment its element is at 8, in the new stack\n");
}

TEST_F(Stacks, WhatTheCopyBrokeIsMarked) {
  begin_copy();
  walk(CensusMoment::kBeforeCopy, 8);
  sample_.event(
      event::SudogSeen{.goroutine = 2, .channel = 2, .case_index = 1, .element = kOutsideStack});
  walk(CensusMoment::kAfterCopy, kOutsideStack);
  sample_.event(event::CopyEnd{.goroutine = 2});
  const std::string text = shown();
  EXPECT_TRUE(contains(text,
                       "    176    element: points to 8\n"
                       "         after: element: OUTSIDE the stack  <== differs\n"));
  EXPECT_TRUE(
      contains(text,
               "  waits on c1 (case 1); after the adjustment its element is OUTSIDE the new\n"
               "    stack\n"));
}

TEST_F(Stacks, ACopyThatWasNotFinishedSaysSo) {
  begin_copy();
  walk(CensusMoment::kBeforeCopy, 8);
  const std::string text = shown();
  EXPECT_TRUE(contains(text, "from step 1\n    on, NOT FINISHED")) << text;
  EXPECT_TRUE(contains(text, "not reached: the copy is not finished\n"));
}

TEST_F(Stacks, WhatWasNotRecordedIsNotInvented) {
  EXPECT_EQ(shown(), "g0.0: its stack was never copied, and its frames were not recorded\n");
  begin_copy();
  sample_.event(event::CopyEnd{.goroutine = 2});
  EXPECT_TRUE(contains(shown(), "frames: not recorded"));
}

TEST_F(Stacks, WithoutACopyTheScannersWalkIsShown) {
  walk(CensusMoment::kScan, 8);
  EXPECT_EQ(shown(),
            "g0.0: its stack was never copied; as the scanner saw it at step 1:\n"
            "    208  frame of chan_receive, called by the frame at 80\n"
            "    176    element: points to 8\n"
            "     80  frame of f1, the oldest\n"
            "     32    p1: nil\n");
}

TEST_F(Stacks, WhatHasNoRoomBesideALineStandsBelow) {
  begin_copy();
  for (const CensusMoment which : {CensusMoment::kBeforeCopy, CensusMoment::kAfterCopy}) {
    sample_.event(event::CensusBegin{.goroutine = 2, .moment = which, .used_bytes = 208});
    sample_.event(event::FrameSeen{.goroutine = 2,
                                   .function = static_cast<FunctionId>(60'000),
                                   .place = 4'000'000'000,
                                   .caller = 4'000'000'001});
  }
  sample_.event(event::CopyEnd{.goroutine = 2});
  EXPECT_TRUE(contains(shown(),
                       "4000000000  frame of function 60000, called by the frame at "
                       "4000000001\n" +
                           std::string(60, ' ') + "same\n"))
      << shown();
}

TEST_F(Stacks, LaterCopiesThanTheFailureDoNotCount) {
  begin_copy();
  sample_.event(event::CopyEnd{.goroutine = 2});
  sample_.step(3, kNoGoroutine, Site::kScanSuspend);
  sample_.event(event::CopyBegin{.goroutine = 2,
                                 .locks = CopyLocks::kTaken,
                                 .reason = CopyReason::kMove,
                                 .old_bytes = 2048,
                                 .new_bytes = 2048});
  EXPECT_TRUE(contains(shown(1), "to shrink it"));
  EXPECT_TRUE(contains(shown(), "to move it"));
}

TEST_F(Stacks, LastCopied) {
  begin_copy();
  sample_.event(event::CopyBegin{.goroutine = 1});
  EXPECT_EQ(last_copied(sample_.trace()), (std::vector<GoroutineId>{1, 2}));
}

}  // namespace
}  // namespace concertina::fuzzers
