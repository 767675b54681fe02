// Frames and the prologue check: push, pop, grow, shrink, and what is fatal.
#include "stack/stack.h"

#include <gtest/gtest.h>

#include "stack/testing.h"

namespace concertina::test {
namespace {

constexpr Site kPrologue = Site::kUserPrologue;

TEST(Frames, AreContiguousZeroedAndChained) {
  expect_end("", [] {
    Goroutine& g = make_running();
    const std::uintptr_t oldest = g.sp;
    EXPECT_EQ(oldest, g.stack.hi - sizeof(PlainFrame));
    EXPECT_EQ(g.top().saved_frame_pointer, 0u) << "the oldest frame has no caller";
    push(g, kGroup);
    EXPECT_EQ(g.sp, oldest - sizeof(GroupFrame));
    EXPECT_EQ(g.top().saved_frame_pointer, oldest);
    EXPECT_EQ(g.top().function, &kGroup);
    EXPECT_EQ(g.top().bytes, sizeof(GroupFrame));
    EXPECT_EQ(g.top().resume, 0u);
    EXPECT_EQ(g.top().group_count, 0u);
    EXPECT_EQ(g.top().magic, kFrameMagic);
    for (std::uintptr_t at = g.sp + kHeaderBytes; at < oldest; ++at) {
      EXPECT_EQ(*reinterpret_cast<unsigned char*>(at), 0);
    }
    EXPECT_EQ(g.used_bytes(), sizeof(PlainFrame) + sizeof(GroupFrame));
    pop_frame(g);
    EXPECT_EQ(g.sp, oldest);
    pop_frame(g);
    EXPECT_EQ(g.sp, g.stack.hi) << "no frame is left";
    push(g, kPlain);
    EXPECT_EQ(g.top().saved_frame_pointer, 0u) << "and the next one is the oldest again";
  });
}

TEST(Frames, MayLeaveTheirFunctionsDeadBytesAsTheyAre) {
  expect_end("", [] {
    static constexpr Function kPadded = {.name = "padded", .frame_bytes = 96, .dead_bytes = 32};
    Goroutine& g = make_running();
    push(g, kPadded);
    const auto* const bytes = reinterpret_cast<const unsigned char*>(g.sp);
    EXPECT_EQ(bytes[63], 0);
    EXPECT_EQ(bytes[64], kFreshStackByte);
    push_frame(g, kPadded, 112, kPrologue);  // larger than its function: all live
    EXPECT_EQ(reinterpret_cast<const unsigned char*>(g.sp)[111], 0);
  });
}

TEST(Frames, OfOddSizeAreFatal) {
  for (const std::uint32_t bytes : {0u, 16u, 24u, 33u, 40u}) {
    EXPECT_EQ(message_of([bytes] { push_frame(make_running(), kBare, bytes, kPrologue); }),
              "frame size: bare")
        << bytes;
  }
  expect_end("", [] { push_frame(make_running(), kBare, 32, kPrologue); });
}

TEST(Frames, ABrokenHeaderIsFatal) {
  expect_end("frame chain: the youngest frame has no header", [] {
    Goroutine& g = make_running();
    g.top().magic = 0;
    pop_frame(g);
  });
}

TEST(Frames, ABrokenChainIsFatal) {
  const auto pop_with = [](std::intptr_t error) {
    return message_of([error] {
      Goroutine& g = make_running();
      push(g, kPlain);
      g.top().saved_frame_pointer += static_cast<std::uintptr_t>(error);
      pop_frame(g);
    });
  };
  const char* const kBroken =
      "frame chain: a saved frame pointer does not point to the next older frame";
  EXPECT_EQ(pop_with(0), "");
  EXPECT_EQ(pop_with(16), kBroken);
  EXPECT_EQ(pop_with(-16), kBroken);
  expect_end(kBroken, [] {
    Goroutine& g = make_running();
    g.top().saved_frame_pointer = g.stack.hi;  // the oldest must say 0
    pop_frame(g);
  });
}

TEST(Frames, ANativeFrameLivesAsLongAsItsScope) {
  expect_end("", [] {
    Goroutine& g = make_running();
    const std::size_t used = g.used_bytes();
    {
      NativeFrame frame(g, kGroup, kPrologue);
      EXPECT_EQ(g.top().function, &kGroup);
      EXPECT_EQ(g.used_bytes(), used + sizeof(GroupFrame));
    }
    EXPECT_EQ(g.used_bytes(), used);
  });
}

TEST(Frames, AReferenceSurvivesAMove) {
  expect_end("", [] {
    Goroutine& g = make_running();
    const FrameRef<PlainFrame> frame = top_frame<PlainFrame>(g);
    const FrameRef<std::uint64_t> word(g, g.sp + offsetof(PlainFrame, data));
    frame->data[0] = 42;
    const std::uintptr_t before = g.sp;
    move_stack(g);
    EXPECT_NE(g.sp, before);
    EXPECT_EQ(frame->data[0], 42u);
    EXPECT_EQ(*word, 42u);
    EXPECT_EQ(address_of(&*frame), g.sp);
  });
}

// lo + guard + frame is exactly where the last frame fits.
TEST(PrologueCheck, GrowsWhenAFrameAndTheGuardDoNotFit) {
  const auto stack_after = [](std::size_t used) {
    std::size_t bytes = 0;
    expect_end("", [used, &bytes] {
      Goroutine& g = make_running();
      fill_up_to(g, used - kHeaderBytes);
      push(g, kBare);
      EXPECT_EQ(g.used_bytes(), used);
      bytes = g.stack.bytes();
    });
    return bytes;
  };
  EXPECT_EQ(stack_after(kStackMin - kStackGuard), kStackMin);
  EXPECT_EQ(stack_after(kStackMin - kStackGuard + 16), 2 * kStackMin);
}

TEST(PrologueCheck, DoublesUntilTheFrameFits) {
  const auto stack_for = [](std::uint32_t frame_bytes) {
    std::size_t bytes = 0;
    expect_end("", [frame_bytes, &bytes] {
      Goroutine& g = make_running();
      push_frame(g, kBare, frame_bytes, kPrologue);
      bytes = g.stack.bytes();
    });
    return bytes;
  };
  const auto rest = static_cast<std::uint32_t>(sizeof(PlainFrame) + kStackGuard);
  EXPECT_EQ(stack_for(16384 - rest), 16384u);
  EXPECT_EQ(stack_for(16384 - rest + 16), 32768u);
  EXPECT_EQ(stack_for(100'000), 131'072u);
  EXPECT_EQ(stack_for(kStackMax - rest), kStackMax);
}

TEST(PrologueCheck, GrowsAtLeastToTwiceTheSize) {
  const RunResult run = run_body([] {
    Goroutine& g = make_running();
    grow_stack(g, 0);
    EXPECT_EQ(g.stack.bytes(), 2 * kStackMin);
    EXPECT_EQ(g.status.inspect(), kRunning);
  });
  EXPECT_EQ(run.report.message, "");
  const auto begun = run.of<event::CopyBegin>();
  ASSERT_EQ(begun.size(), 1u);
  EXPECT_EQ(begun[0].reason, CopyReason::kGrow);
  EXPECT_EQ(begun[0].old_bytes, kStackMin);
  EXPECT_EQ(begun[0].new_bytes, 2 * kStackMin);
}

TEST(PrologueCheck, BeyondTheMaximumIsFatal) {
  const char* const kOverflow = "stack overflow: a goroutine's stack exceeds kStackMax";
  const auto rest = static_cast<std::uint32_t>(sizeof(PlainFrame) + kStackGuard);
  expect_end(kOverflow, [=] {
    push_frame(make_running(), kBare, static_cast<std::uint32_t>(kStackMax) - rest + 16, kPrologue);
  });
  expect_end(kOverflow, [] { push_frame(make_running(), kBare, 0xfffffff0, kPrologue); });
  expect_end(kOverflow, [] {
    Goroutine& g = make_running();
    for (;;) push(g, kPlain);  // recursion without end
  });
}

TEST(PrologueCheck, GrowthInASystemCallIsFatal) {
  expect_end("stack growth not allowed in system call: the goroutine is in one", [] {
    Goroutine& g = make_running();
    g.in_syscall = true;
    push(g, kBare);  // what fits is welcome
    push_frame(g, kBare, kStackMin, kPrologue);
  });
}

TEST(PrologueCheck, GrowthInANosplitRegionIsFatal) {
  expect_end("stack split at bad time: the goroutine is in a nosplit region", [] {
    Goroutine& g = make_running();
    const NoSplit region(g);
    grow_stack(g, 0);
  });
}

TEST(NoSplit, MayUseTheGuardButNotMore) {
  expect_end("", [] {
    Goroutine& g = make_running();
    fill_up_to(g, kStackMin - kStackGuard);
    const NoSplit region(g);
    push_frame(g, kBare, kStackGuard, kPrologue);
    EXPECT_EQ(g.sp, g.stack.lo);
    EXPECT_EQ(g.stack.bytes(), kStackMin);
    pop_frame(g);
  });
  expect_end("nosplit stack overflow: bare", [] {
    Goroutine& g = make_running();
    fill_up_to(g, kStackMin - kStackGuard);
    const NoSplit region(g);
    push_frame(g, kBare, kStackGuard + 16, kPrologue);
  });
}

TEST(NoSplit, NeedsTheWholeGuardOnEntry) {
  expect_end("nosplit stack overflow: less than kStackGuard bytes are left below the stack pointer",
             [] {
               Goroutine& g = make_running();
               fill_up_to(g, kStackMin - kStackGuard);
               const NoSplit outer(g);
               push(g, kBare);
               const NoSplit inner(g);
             });
}

TEST(NoSplit, EndsWithItsScope) {
  expect_end("", [] {
    Goroutine& g = make_running();
    {
      const NoSplit outer(g);
      const NoSplit inner(g);
      EXPECT_EQ(g.nosplit, 2u);
    }
    EXPECT_EQ(g.nosplit, 0u);
    grow_stack(g, 0);
  });
}

TEST(Disturbed, APrologueGrowsOrMovesThoughTheFrameFits) {
  for (const StackAction action : {StackAction::kGrow, StackAction::kMove}) {
    const RunResult run = run_disturbed(action, [action] {
      Goroutine& g = make_running();
      const Stack before = g.stack;
      push(g, kPlain);
      EXPECT_NE(g.stack.lo, before.lo);
      EXPECT_EQ(g.stack.bytes(), action == StackAction::kGrow ? 2 * kStackMin : kStackMin);
      EXPECT_EQ(g.used_bytes(), 2 * sizeof(PlainFrame));
      pop_frame(g);
      pop_frame(g);
    });
    EXPECT_EQ(run.report.message, "");
    const auto reason = action == StackAction::kGrow ? CopyReason::kGrow : CopyReason::kMove;
    ASSERT_EQ(run.of(EventKind::kCopyBegin).size(), 1u);
    EXPECT_EQ(run.of<event::CopyBegin>()[0].reason, reason);
  }
}

TEST(Disturbed, AMoveAndAFrameThatDoesNotFitAreTwoCopies) {
  const RunResult run = run_disturbed(
      StackAction::kMove, [] { push_frame(make_running(), kBare, kStackMin, kPrologue); });
  EXPECT_EQ(run.report.message, "");
  EXPECT_EQ(run.of(EventKind::kCopyBegin).size(), 2u);
}

TEST(Disturbed, NothingHappensWhereTheStackMustNotMove) {
  for (const StackAction action : {StackAction::kGrow, StackAction::kMove}) {
    for (const bool is_syscall : {false, true}) {
      const RunResult run = run_disturbed(action, [is_syscall] {
        Goroutine& g = make_running();
        g.in_syscall = is_syscall;
        g.nosplit = is_syscall ? 0 : 1;
        push(g, kPlain);
      });
      EXPECT_EQ(run.report.message, "");
      EXPECT_TRUE(run.of(EventKind::kCopyBegin).empty());
    }
  }
}

TEST(Disturbed, TheLargestStackDoesNotGrow) {
  EXPECT_EQ(run_disturbed(StackAction::kGrow,
                          [] {
                            Goroutine& g = make_running();
                            for (int i = 0; i < 12; ++i) push(g, kPlain);
                            EXPECT_EQ(g.stack.bytes(), kStackMax);
                          })
                .report.message,
            "");
}

TEST(Disturbed, NorDoesTheLargestThatTheRunAllows) {
  EXPECT_EQ(run_disturbed(StackAction::kGrow,
                          [] {
                            Goroutine& g = make_running(make_pool({.max_bytes = 4 * kStackMin}));
                            for (int i = 0; i < 5; ++i) push(g, kPlain);
                            EXPECT_EQ(g.stack.bytes(), 4 * kStackMin);
                          })
                .report.message,
            "");
}

TEST(BeginStack, IsJustLargeEnoughForTheFirstFrame) {
  const auto stack_for = [](std::uint32_t frame_bytes) {
    std::size_t bytes = 0;
    expect_end("", [frame_bytes, &bytes] {
      const auto& function = make<Function>(Function{.frame_bytes = frame_bytes});
      Goroutine& g = make_goroutine(make_pool());
      begin_stack(g, function, nullptr);
      bytes = g.stack.bytes();
      EXPECT_EQ(g.used_bytes(), frame_bytes);
      EXPECT_EQ(g.top().function, &function);
    });
    return bytes;
  };
  EXPECT_EQ(stack_for(32), kStackMin);
  EXPECT_EQ(stack_for(kStackMin - kStackGuard), kStackMin);
  EXPECT_EQ(stack_for(kStackMin - kStackGuard + 16), 2 * kStackMin);
  EXPECT_EQ(stack_for(kStackMax - kStackGuard), kStackMax);
  expect_end("stack size: not a power of two within kStackMin..kStackMax", [] {
    begin_stack(make_goroutine(make_pool()), Function{.frame_bytes = kStackMax}, nullptr);
  });
}

TEST(FreeStack, LeavesTheGoroutineWithoutOne) {
  expect_end("", [] {
    StackPool& pool = make_pool();
    Goroutine& g = make_running(pool);
    EXPECT_EQ(pool.in_use(), 1u);
    free_stack(g, nullptr);
    EXPECT_EQ(pool.in_use(), 0u);
    EXPECT_EQ(g.stack.lo, 0u);
    EXPECT_EQ(g.stack.hi, 0u);
    EXPECT_EQ(g.sp, 0u);
  });
}

/// Does a stack of `bytes` with `used` of them in use shrink, and does it keep its content?
bool shrinks(std::size_t bytes, std::size_t used) {
  bool did = false;
  expect_end("", [=, &did] {
    Goroutine& g = make_running();
    while (g.stack.bytes() < bytes) grow_stack(g, 0);
    top_frame<PlainFrame>(g)->data[0] = 77;
    const std::uint32_t oldest = g.below_hi(g.sp);
    fill_up_to(g, used);
    g.status.plant(kCopyStack);  // the caller owns the stack
    did = shrink_stack(g);
    EXPECT_EQ(g.stack.bytes(), did ? bytes / 2 : bytes);
    EXPECT_EQ(g.used_bytes(), used);
    EXPECT_EQ(frame_at<PlainFrame>(g.at(oldest)).data[0], 77u);
  });
  return did;
}

TEST(Shrink, HappensBelowAQuarterWithTheGuardCountedAsUsed) {
  EXPECT_TRUE(shrinks(8192, 2048 - kStackGuard - 16));
  EXPECT_FALSE(shrinks(8192, 2048 - kStackGuard));
  EXPECT_TRUE(shrinks(4096, 1024 - kStackGuard - 16));
  EXPECT_FALSE(shrinks(4096, 1024 - kStackGuard));
  EXPECT_TRUE(shrinks(kStackMax, kStackMax / 4 - kStackGuard - 16));
  EXPECT_FALSE(shrinks(kStackMax, kStackMax / 4 - kStackGuard));
}

TEST(Shrink, NeverGoesBelowTheMinimum) {
  EXPECT_FALSE(shrinks(kStackMin, 96));
  EXPECT_TRUE(shrinks(2 * kStackMin, 96));
}

TEST(Shrink, IsAnnouncedAsSuch) {
  const RunResult run = run_body([] {
    Goroutine& g = make_running();
    grow_stack(g, 0);
    g.status.plant(kWaiting | kScan);
    EXPECT_TRUE(shrink_stack(g));
  });
  const auto begun = run.of<event::CopyBegin>();
  ASSERT_EQ(begun.size(), 2u);
  EXPECT_EQ(begun[1].reason, CopyReason::kShrink);
}

TEST(ShrinkSafety, ForbidsSystemCallsAndParking) {
  expect_end("", [] {
    Goroutine& g = make_running();
    EXPECT_TRUE(is_shrink_safe(g));
    g.in_syscall = true;
    EXPECT_FALSE(is_shrink_safe(g));
    g.in_syscall = false;
    g.parking_on_chan.plant(1);
    EXPECT_FALSE(is_shrink_safe(g));
    g.parking_on_chan.plant(0);
    EXPECT_TRUE(is_shrink_safe(g));
  });
}

}  // namespace
}  // namespace concertina::test
