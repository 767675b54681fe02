#include "oracle/stack.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

using enum EventKind;

constexpr std::uint32_t kOutside = 0xffffffff;

std::string kind_of(const History& history) {
  const Verdict verdict = judge_stack(Program{}, history.trace());
  if (verdict.failed()) EXPECT_EQ(verdict.oracle, "stack");
  return verdict.kind;
}

/// A stack of two frames with one pointer from the younger into the older.
History& walk(History& h, std::uint16_t moment, std::uint32_t target = 48,
              std::uint32_t bytes = 2048) {
  return h.add(kCensusBegin, 1, 0, {moment, 160, bytes})
      .add(kFrameSeen, 1, 0, {7, 160, 64})
      .add(kPointerSeen, 1, 0, {0, 96, target})
      .add(kFrameSeen, 1, 0, {3, 64, 0})
      .add(kPointerSeen, 1, 0, {0, 32, 0});
}

History& copy_begin(History& h, GoroutineId g = 1, ChannelId protection = 0) {
  return h.add(kCopyBegin, g, protection, {0, 2048, 4096});
}

TEST(Stack, ACopyThatChangesNothing) {
  History h;
  h.channel(1, 0, 16);
  copy_begin(h);
  walk(h, 0);
  h.add(kStackAllocated, 1, 0, {0, 2, 4096});
  h.add(kSudogSeen, 1, 1, {0, 0, 64}).add(kSudogSeen, 1, 1, {1, 0, 0});
  h.add(kStackFreed, 1, 0, {0, 2, 2048});
  walk(h, 1, 48, 4096).add(kCopyEnd, 1, 0, {8, 160});
  walk(h, 2);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Stack, SomeWalksAreNotAnnounced) {
  History before, after;
  walk(copy_begin(before), 0).add(kCopyEnd, 1, 0, {8, 160});
  copy_begin(before);
  EXPECT_EQ(kind_of(walk(before, 1, 0)), "");  // its own walk before is missing
  EXPECT_EQ(kind_of(walk(copy_begin(after), 1)), "");
}

TEST(Stack, ARunMayEndInTheMiddleOfAWalk) {
  History h;
  walk(h, 2);
  h.events().resize(2);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Stack, AnEmptyStackIsWhole) {
  History h;
  EXPECT_EQ(kind_of(h.add(kCensusBegin, 1, 0, {2, 0, 2048}).add(kScanEnd, 1)), "");
}

TEST(Stack, CopiesUnderChannelLocks) {
  History taken, own, readied;
  taken.add(kReceivePark, 1, 1).thread(9);
  EXPECT_EQ(kind_of(copy_begin(taken, 1, 1)), "");
  own.thread(4).add(kReceivePark, 1, 1);
  EXPECT_EQ(kind_of(copy_begin(own, 1, 2)), "");
  readied.add(kSendPark, 1, 1).add(kReadied, 2, 0, {0, 1});
  EXPECT_EQ(kind_of(copy_begin(readied)), "");
}

TEST(StackFail, CopiesWithoutChannelLocks) {
  History none, others;
  none.add(kReceivePark, 1, 1).thread(9);
  EXPECT_EQ(kind_of(copy_begin(none)), "copied without channel locks");
  others.add(kReceivePark, 1, 1).thread(9);
  EXPECT_EQ(kind_of(copy_begin(others, 1, 2)), "copied without channel locks");
}

TEST(StackFail, CopiesAtTheWrongTime) {
  History syscall, two, left;
  syscall.add(kSyscallEntered, 1);
  EXPECT_EQ(kind_of(copy_begin(syscall)), "copied in a system call");
  left.add(kSyscallEntered, 1).add(kSyscallLeft, 1);
  EXPECT_EQ(kind_of(copy_begin(left)), "");
  EXPECT_EQ(kind_of(copy_begin(copy_begin(two))), "two copies at once");
}

TEST(StackFail, ACopyChangesAPointer) {
  History h;
  walk(copy_begin(h), 0);
  EXPECT_EQ(kind_of(walk(h, 1, 40).add(kCopyEnd, 1)), "copy changed the stack");
}

TEST(StackFail, ACopyLosesAFrame) {
  History h;
  walk(copy_begin(h), 0);
  h.add(kCensusBegin, 1, 0, {1, 64, 4096}).add(kFrameSeen, 1, 0, {3, 64, 0}).add(kCopyEnd, 1);
  EXPECT_EQ(kind_of(h), "copy changed the stack");
  History fewer;
  walk(copy_begin(fewer), 0);
  walk(fewer, 1).events().pop_back();
  EXPECT_EQ(kind_of(fewer.add(kCopyEnd, 1)), "copy changed the stack");
}

TEST(StackFail, PointersOutside) {
  History pointer, below, frame;
  EXPECT_EQ(kind_of(walk(pointer, 2, kOutside)), "pointer outside the stack");
  EXPECT_EQ(kind_of(walk(below, 2, 161)), "pointer outside the stack");
  frame.add(kCensusBegin, 1, 0, {2, 64, 2048}).add(kFrameSeen, 1, 0, {3, 64, kOutside});
  EXPECT_EQ(kind_of(frame), "frame pointer outside the stack");
}

TEST(StackFail, SudogsOutside) {
  for (const std::uint32_t distance : {kOutside, 5000u, 8u}) {
    History h;
    h.channel(1, 0, 16);
    copy_begin(h).add(kSudogSeen, 1, 1, {0, 0, distance});
    EXPECT_EQ(kind_of(h), "sudog outside the stack") << distance;
  }
  History below;
  copy_begin(below).add(kSudogSeen, 1, 1, {0, 0, 200}).add(kCopyEnd, 1, 0, {8, 160});
  EXPECT_EQ(kind_of(below), "sudog outside the stack");
}

TEST(StackFail, Chains) {
  const auto chain = [](std::uint32_t first, std::uint32_t saved, std::uint32_t second) {
    History h;
    h.add(kCensusBegin, 1, 0, {2, 160, 2048}).add(kFrameSeen, 1, 0, {7, first, saved});
    if (second != 0) h.add(kFrameSeen, 1, 0, {3, second, 0});
    return kind_of(h.add(kScanEnd, 1));
  };
  EXPECT_EQ(chain(160, 64, 64), "");
  EXPECT_EQ(chain(128, 64, 64), "frame chain broken");  // the youngest is not at the stack pointer
  EXPECT_EQ(chain(160, 64, 48), "frame chain broken");  // the saved frame pointer names another
  EXPECT_EQ(chain(160, 0, 64), "frame chain broken");   // nil, but there is an older one
  EXPECT_EQ(chain(160, 64, 0), "frame chain broken");   // the oldest is missing
  EXPECT_EQ(chain(160, 160, 0), "frame chain broken");  // upwards only
  History header;
  header.add(kCensusBegin, 1, 0, {2, 64, 2048}).add(kFrameSeen, 1, 0, {0xffff, 64, kOutside});
  EXPECT_EQ(kind_of(header), "frame header overwritten");
}

TEST(StackFail, Sizes) {
  History census, copy;
  EXPECT_EQ(kind_of(census.add(kCensusBegin, 1, 0, {2, 4000, 2048})), "stack overflow");
  EXPECT_EQ(kind_of(copy_begin(copy).add(kCopyEnd, 1, 0, {0, 5000})), "copy does not fit");
}

TEST(Stack, AShrinkLeavesThreeQuartersAndTheGuardUnused) {
  const auto shrink = [](std::uint32_t old_bytes, std::uint32_t used) {
    History h;
    h.add(kCopyBegin, 1, 0, {1, old_bytes, old_bytes / 2});
    return kind_of(h.add(kCopyEnd, 1, 0, {8, used}));
  };
  EXPECT_EQ(shrink(8192, 2048 - kStackGuard - 1), "");
  EXPECT_EQ(shrink(8192, 2048 - kStackGuard), "shrunk too far");
  EXPECT_EQ(shrink(8192, 4096), "shrunk too far");
  History move;
  move.add(kCopyBegin, 1, 0, {2, 8192, 8192});
  EXPECT_EQ(kind_of(move.add(kCopyEnd, 1, 0, {8, 4096})), "");
}

TEST(Stack, ACopySaysInTheStatusThatItIsOne) {
  const auto copy_in = [](std::uint16_t status) {
    History h;
    return kind_of(copy_begin(h).add(kCopyEnd, 1, 0, {status, 160}));
  };
  EXPECT_EQ(copy_in(8), "");                            // copy-stack
  EXPECT_EQ(copy_in(0x1000 | 4), "");                   // waiting, suspended
  EXPECT_EQ(copy_in(2), "copied in the wrong status");  // running
  EXPECT_EQ(copy_in(4), "copied in the wrong status");  // waiting
}

TEST(StackFail, Allocation) {
  History reuse, twice, again, never, written;
  reuse.add(kStackAllocated, 1, 0, {0, 1, 2048}).add(kStackFreed, 1, 0, {0, 1, 2048});
  EXPECT_EQ(kind_of(reuse.add(kStackAllocated, 2, 0, {0, 1, 2048})), "");
  twice.add(kStackAllocated, 1, 0, {0, 1, 2048}).add(kStackAllocated, 2, 0, {0, 1, 2048});
  EXPECT_EQ(kind_of(twice), "stack allocated twice");
  again.add(kStackAllocated, 1, 0, {0, 1, 2048}).add(kStackFreed, 1, 0, {0, 1, 2048});
  EXPECT_EQ(kind_of(again.add(kStackFreed, 1, 0, {0, 1, 2048})), "stack freed twice");
  EXPECT_EQ(kind_of(never.add(kStackFreed, 1, 0, {0, 5, 2048})), "stack freed twice");
  EXPECT_EQ(kind_of(written.add(kStackFreed, 0, 0, {1, 5, 2048})), "freed stack written");
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
  EXPECT_EQ(kind_of(first.add(kStackAllocated, 1, 0, {0, 1, 2048}).add(kReceivePark, 1, 1)), "");
  second.add(kStackAllocated, 1, 0, {0, 1, 2048});
  EXPECT_EQ(kind_of(copy_begin(second)), "");
}

}  // namespace
}  // namespace concertina::fuzzers
