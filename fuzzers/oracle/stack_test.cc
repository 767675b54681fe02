#include "oracle/stack.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

using enum EventKind;

std::string kind_of(const History& history) {
  const Verdict verdict = judge_stack(Program{}, history.trace());
  if (verdict.failed()) EXPECT_EQ(verdict.oracle, "stack");
  return verdict.kind;
}

/// A stack of two frames with one pointer from the younger into the older.
History& walk(History& h, CensusMoment moment, std::uint32_t target = 48,
              std::uint32_t bytes = 2048) {
  return h
      .add(event::CensusBegin{
          .goroutine = 1, .moment = moment, .used_bytes = 160, .stack_bytes = bytes})
      .add(event::FrameSeen{
          .goroutine = 1, .function = static_cast<FunctionId>(7), .place = 160, .caller = 64})
      .add(event::PointerSeen{.goroutine = 1, .place = 96, .target = target})
      .add(event::FrameSeen{.goroutine = 1, .function = static_cast<FunctionId>(3), .place = 64})
      .add(event::PointerSeen{.goroutine = 1, .place = 32});
}

History& copy_begin(History& h, GoroutineId g = 1, CopyLocks locks = CopyLocks::kNone) {
  return h.add(
      event::CopyBegin{.goroutine = g, .locks = locks, .old_bytes = 2048, .new_bytes = 4096});
}

TEST(Stack, ACopyThatChangesNothing) {
  History h;
  h.channel(1, 0, 16);
  copy_begin(h);
  walk(h, CensusMoment::kBeforeCopy);
  h.add(event::StackAllocated{.goroutine = 1, .serial = 2, .bytes = 4096});
  h.add(event::SudogSeen{.goroutine = 1, .channel = 1, .element = 64})
      .add(event::SudogSeen{.goroutine = 1, .channel = 1, .case_index = 1});
  h.add(event::StackFreed{.goroutine = 1, .serial = 2, .bytes = 2048});
  walk(h, CensusMoment::kAfterCopy, 48, 4096)
      .add(event::CopyEnd{.goroutine = 1, .status = kCopyStack, .used_bytes = 160});
  walk(h, CensusMoment::kScan);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Stack, SomeWalksAreNotAnnounced) {
  History before, after;
  walk(copy_begin(before), CensusMoment::kBeforeCopy)
      .add(event::CopyEnd{.goroutine = 1, .status = kCopyStack, .used_bytes = 160});
  copy_begin(before);
  EXPECT_EQ(kind_of(walk(before, CensusMoment::kAfterCopy, 0)),
            "");  // its own walk before is missing
  EXPECT_EQ(kind_of(walk(copy_begin(after), CensusMoment::kAfterCopy)), "");
}

TEST(Stack, ARunMayEndInTheMiddleOfAWalk) {
  History h;
  walk(h, CensusMoment::kScan);
  h.events().resize(2);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Stack, AnEmptyStackIsWhole) {
  History h;
  EXPECT_EQ(kind_of(h.add(event::CensusBegin{
                              .goroutine = 1, .moment = CensusMoment::kScan, .stack_bytes = 2048})
                        .add(event::ScanEnd{.goroutine = 1})),
            "");
}

TEST(Stack, CopiesUnderChannelLocks) {
  History taken, own, readied;
  taken.add(event::ReceivePark{.goroutine = 1, .channel = 1}).thread(9);
  EXPECT_EQ(kind_of(copy_begin(taken, 1, CopyLocks::kTaken)), "");
  own.thread(4).add(event::ReceivePark{.goroutine = 1, .channel = 1});
  EXPECT_EQ(kind_of(copy_begin(own, 1, CopyLocks::kHeld)), "");
  readied.add(event::SendPark{.goroutine = 1, .channel = 1})
      .add(event::Readied{.goroutine = 2, .target = 1});
  EXPECT_EQ(kind_of(copy_begin(readied)), "");
}

TEST(StackFail, CopiesWithoutChannelLocks) {
  History none, others;
  none.add(event::ReceivePark{.goroutine = 1, .channel = 1}).thread(9);
  EXPECT_EQ(kind_of(copy_begin(none)), "copied without channel locks");
  others.add(event::ReceivePark{.goroutine = 1, .channel = 1}).thread(9);
  EXPECT_EQ(kind_of(copy_begin(others, 1, CopyLocks::kHeld)), "copied without channel locks");
}

TEST(StackFail, CopiesAtTheWrongTime) {
  History syscall, two, left;
  syscall.add(event::SyscallEntered{.goroutine = 1});
  EXPECT_EQ(kind_of(copy_begin(syscall)), "copied in a system call");
  left.add(event::SyscallEntered{.goroutine = 1}).add(event::SyscallLeft{.goroutine = 1});
  EXPECT_EQ(kind_of(copy_begin(left)), "");
  EXPECT_EQ(kind_of(copy_begin(copy_begin(two))), "two copies at once");
}

TEST(StackFail, ACopyChangesAPointer) {
  History h;
  walk(copy_begin(h), CensusMoment::kBeforeCopy);
  EXPECT_EQ(kind_of(walk(h, CensusMoment::kAfterCopy, 40).add(event::CopyEnd{.goroutine = 1})),
            "copy changed the stack");
}

TEST(StackFail, ACopyLosesAFrame) {
  History h;
  walk(copy_begin(h), CensusMoment::kBeforeCopy);
  h.add(event::CensusBegin{.goroutine = 1,
                           .moment = CensusMoment::kAfterCopy,
                           .used_bytes = 64,
                           .stack_bytes = 4096})
      .add(event::FrameSeen{.goroutine = 1, .function = static_cast<FunctionId>(3), .place = 64})
      .add(event::CopyEnd{.goroutine = 1});
  EXPECT_EQ(kind_of(h), "copy changed the stack");
  History fewer;
  walk(copy_begin(fewer), CensusMoment::kBeforeCopy);
  walk(fewer, CensusMoment::kAfterCopy).events().pop_back();
  EXPECT_EQ(kind_of(fewer.add(event::CopyEnd{.goroutine = 1})), "copy changed the stack");
}

TEST(StackFail, PointersOutside) {
  History pointer, below, frame;
  EXPECT_EQ(kind_of(walk(pointer, CensusMoment::kScan, kOutsideStack)),
            "pointer outside the stack");
  EXPECT_EQ(kind_of(walk(below, CensusMoment::kScan, 161)), "pointer outside the stack");
  frame
      .add(event::CensusBegin{
          .goroutine = 1, .moment = CensusMoment::kScan, .used_bytes = 64, .stack_bytes = 2048})
      .add(event::FrameSeen{.goroutine = 1,
                            .function = static_cast<FunctionId>(3),
                            .place = 64,
                            .caller = kOutsideStack});
  EXPECT_EQ(kind_of(frame), "frame pointer outside the stack");
}

TEST(StackFail, SudogsOutside) {
  for (const std::uint32_t distance : {kOutsideStack, 5000u, 8u}) {
    History h;
    h.channel(1, 0, 16);
    copy_begin(h).add(event::SudogSeen{.goroutine = 1, .channel = 1, .element = distance});
    EXPECT_EQ(kind_of(h), "sudog outside the stack") << distance;
  }
  History below;
  copy_begin(below)
      .add(event::SudogSeen{.goroutine = 1, .channel = 1, .element = 200})
      .add(event::CopyEnd{.goroutine = 1, .status = kCopyStack, .used_bytes = 160});
  EXPECT_EQ(kind_of(below), "sudog outside the stack");
}

TEST(StackFail, Chains) {
  const auto chain = [](std::uint32_t first, std::uint32_t saved, std::uint32_t second) {
    History h;
    h
        .add(event::CensusBegin{
            .goroutine = 1, .moment = CensusMoment::kScan, .used_bytes = 160, .stack_bytes = 2048})
        .add(event::FrameSeen{.goroutine = 1,
                              .function = static_cast<FunctionId>(7),
                              .place = first,
                              .caller = saved});
    if (second != 0)
      h.add(event::FrameSeen{
          .goroutine = 1, .function = static_cast<FunctionId>(3), .place = second});
    return kind_of(h.add(event::ScanEnd{.goroutine = 1}));
  };
  EXPECT_EQ(chain(160, 64, 64), "");
  EXPECT_EQ(chain(128, 64, 64), "frame chain broken");  // the youngest is not at the stack pointer
  EXPECT_EQ(chain(160, 64, 48), "frame chain broken");  // the saved frame pointer names another
  EXPECT_EQ(chain(160, 0, 64), "frame chain broken");   // nil, but there is an older one
  EXPECT_EQ(chain(160, 64, 0), "frame chain broken");   // the oldest is missing
  EXPECT_EQ(chain(160, 160, 0), "frame chain broken");  // upwards only
  History header;
  header
      .add(event::CensusBegin{
          .goroutine = 1, .moment = CensusMoment::kScan, .used_bytes = 64, .stack_bytes = 2048})
      .add(event::FrameSeen{.goroutine = 1,
                            .function = FunctionId::kOverwritten,
                            .place = 64,
                            .caller = kOutsideStack});
  EXPECT_EQ(kind_of(header), "frame header overwritten");
}

TEST(StackFail, Sizes) {
  History census, copy;
  EXPECT_EQ(
      kind_of(census.add(event::CensusBegin{
          .goroutine = 1, .moment = CensusMoment::kScan, .used_bytes = 4000, .stack_bytes = 2048})),
      "stack overflow");
  EXPECT_EQ(kind_of(copy_begin(copy).add(event::CopyEnd{.goroutine = 1, .used_bytes = 5000})),
            "copy does not fit");
}

TEST(Stack, AShrinkLeavesThreeQuartersAndTheGuardUnused) {
  const auto shrink = [](std::uint32_t old_bytes, std::uint32_t used) {
    History h;
    h.add(event::CopyBegin{.goroutine = 1,
                           .reason = CopyReason::kShrink,
                           .old_bytes = old_bytes,
                           .new_bytes = old_bytes / 2});
    return kind_of(h.add(event::CopyEnd{.goroutine = 1, .status = kCopyStack, .used_bytes = used}));
  };
  EXPECT_EQ(shrink(8192, 2048 - kStackGuard - 1), "");
  EXPECT_EQ(shrink(8192, 2048 - kStackGuard), "shrunk too far");
  EXPECT_EQ(shrink(8192, 4096), "shrunk too far");
  History move;
  move.add(event::CopyBegin{
      .goroutine = 1, .reason = CopyReason::kMove, .old_bytes = 8192, .new_bytes = 8192});
  EXPECT_EQ(
      kind_of(move.add(event::CopyEnd{.goroutine = 1, .status = kCopyStack, .used_bytes = 4096})),
      "");
}

TEST(Stack, ACopySaysInTheStatusThatItIsOne) {
  const auto copy_in = [](Status status) {
    History h;
    return kind_of(
        copy_begin(h).add(event::CopyEnd{.goroutine = 1, .status = status, .used_bytes = 160}));
  };
  EXPECT_EQ(copy_in(kCopyStack), "");
  EXPECT_EQ(copy_in(kWaiting | kScan), "");
  EXPECT_EQ(copy_in(kRunning), "copied in the wrong status");
  EXPECT_EQ(copy_in(kWaiting), "copied in the wrong status");
}

TEST(StackFail, AGoroutineThatSuspendsOthersWorksOnItsStack) {
  History copied, counted, lost, never;
  const event::AssistBegin begins{.goroutine = 1};
  for (History* one : {&counted, &lost}) one->thread(1);
  copied.add(begins).add(event::CopyBegin{.goroutine = 1, .old_bytes = 2048, .new_bytes = 2048});
  EXPECT_EQ(kind_of(copied), "copied while it suspends others");
  counted.add(begins).add(event::ScanEnd{.goroutine = 2});
  EXPECT_EQ(kind_of(counted.add(event::AssistEnd{.goroutine = 1, .scanned = 1})), "");
  lost.add(begins).add(event::ScanEnd{.goroutine = 2});
  EXPECT_EQ(kind_of(lost.add(event::AssistEnd{.goroutine = 1, .scanned = 0})),
            "lost write to a stack");
  EXPECT_EQ(kind_of(never.add(event::AssistEnd{.goroutine = 1})), "malformed event");
}

TEST(StackFail, Allocation) {
  History reuse, twice, again, never, written;
  reuse.add(event::StackAllocated{.goroutine = 1, .serial = 1, .bytes = 2048})
      .add(event::StackFreed{.goroutine = 1, .serial = 1, .bytes = 2048});
  EXPECT_EQ(kind_of(reuse.add(event::StackAllocated{.goroutine = 2, .serial = 1, .bytes = 2048})),
            "");
  twice.add(event::StackAllocated{.goroutine = 1, .serial = 1, .bytes = 2048})
      .add(event::StackAllocated{.goroutine = 2, .serial = 1, .bytes = 2048});
  EXPECT_EQ(kind_of(twice), "stack allocated twice");
  again.add(event::StackAllocated{.goroutine = 1, .serial = 1, .bytes = 2048})
      .add(event::StackFreed{.goroutine = 1, .serial = 1, .bytes = 2048});
  EXPECT_EQ(kind_of(again.add(event::StackFreed{.goroutine = 1, .serial = 1, .bytes = 2048})),
            "stack freed twice");
  EXPECT_EQ(kind_of(never.add(event::StackFreed{.goroutine = 1, .serial = 5, .bytes = 2048})),
            "stack freed twice");
  EXPECT_EQ(
      kind_of(written.add(event::StackFreed{.overwritten = true, .serial = 5, .bytes = 2048})),
      "freed stack written");
}

TEST(StackFail, Numbers) {
  const auto kind_with = [](EventKind kind, GoroutineId g, std::uint32_t a) {
    History h;
    return kind_of(h.add(kind, g, 0xffff, {0xffff, a, a}));
  };
  for (unsigned kind = 0; kind < static_cast<unsigned>(EventKind::kCount); ++kind) {
    for (const GoroutineId g : {GoroutineId{0}, GoroutineId{1}, GoroutineId{33}}) {
      kind_with(static_cast<EventKind>(kind), g, 0xffffffff);
      kind_with(static_cast<EventKind>(kind), g, 0x10000);
    }
  }
  EXPECT_EQ(kind_with(kCopyBegin, 33, 0), "malformed event");
  EXPECT_EQ(kind_with(kCopyEnd, 1, 0), "malformed event");
  EXPECT_EQ(kind_with(kSudogSeen, 1, 0), "malformed event");
  EXPECT_EQ(kind_with(kFrameSeen, 1, 0), "malformed event");
  EXPECT_EQ(kind_with(kStackAllocated, 1, 0x10000), "malformed event");
}

TEST(Stack, ARunKnowsNothingOfTheOneBefore) {
  History first, second;
  EXPECT_EQ(kind_of(first.add(event::StackAllocated{.goroutine = 1, .serial = 1, .bytes = 2048})
                        .add(event::ReceivePark{.goroutine = 1, .channel = 1})),
            "");
  second.add(event::StackAllocated{.goroutine = 1, .serial = 1, .bytes = 2048});
  EXPECT_EQ(kind_of(copy_begin(second)), "");
}

}  // namespace
}  // namespace concertina::fuzzers
