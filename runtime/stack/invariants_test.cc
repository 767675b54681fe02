// Each assertion about stacks, frames and copies, in a state that breaks it. On the simulator,
// where costly checks are on.
#include "stack/invariants.h"

#include <gtest/gtest.h>

#include "base/sanitizer.h"
#include "stack/testing.h"

namespace concertina::test {
namespace {

constexpr Site kSite = Site::kTest;

/// Expects that message of a check of a running goroutine with two frames that was broken.
template <class Check, class Break>
void expect_broken(std::string_view message, Check check, Break broken,
                   std::source_location where = std::source_location::current()) {
  expect_end(
      message,
      [&] {
        Goroutine& g = make_running();
        push(g, kPlain);
        broken(g);
        check(g);
      },
      where);
}

TEST(StackBounds, AreOfAStackThatThePoolMakes) {
  expect_broken("", check_bounds, [](Goroutine&) {});
  expect_broken("stack bounds: the goroutine has no stack", check_bounds,
                [](Goroutine& g) { g.stack = Stack{}; });
  expect_broken("stack bounds: its size is no power of two", check_bounds,
                [](Goroutine& g) { g.stack.lo -= 16; });
  expect_broken("stack bounds: it is smaller than any", check_bounds,
                [](Goroutine& g) { g.stack.lo = g.stack.hi - kStackMin / 2; });
  expect_broken("stack bounds: it is larger than any", check_bounds,
                [](Goroutine& g) { g.stack.lo = g.stack.hi - 2 * kStackMax; });
}

TEST(StackBounds, HoldTheStackPointer) {
  expect_broken("stack bounds: sp is below the stack", check_bounds,
                [](Goroutine& g) { g.sp = g.stack.lo - 16; });
  expect_broken("stack bounds: sp is above the stack", check_bounds,
                [](Goroutine& g) { g.sp = g.stack.hi + 16; });
  expect_broken("stack bounds: no frame begins at sp", check_bounds,
                [](Goroutine& g) { g.sp += 8; });
}

TEST(GuardSpace, IsLeftToFunctionsThatMayNotSplit) {
  expect_broken("", check_room, [](Goroutine& g) { g.sp = g.stack.lo + kStackGuard; });
  expect_broken("guard space: frames have used it up", check_room,
                [](Goroutine& g) { g.sp = g.stack.lo + kStackGuard - 16; });
  expect_broken("guard space: the goroutine is in a nosplit region", check_room,
                [](Goroutine& g) { g.nosplit = 1; });
}

TEST(FrameChain, IsHeadersUpToTheHighEnd) {
  const auto top = [](Goroutine& g) -> FrameHeader& { return g.top(); };
  expect_broken("", check_frames, [](Goroutine&) {});
  expect_broken("frame chain: a frame has no header", check_frames,
                [&](Goroutine& g) { top(g).magic = 1; });
  expect_broken("frame chain: a frame is no function's", check_frames,
                [&](Goroutine& g) { top(g).function = nullptr; });
  for (const std::uint32_t bytes : {0u, 16u, 40u}) {
    expect_broken("frame chain: a frame has a size that none has", check_frames,
                  [&](Goroutine& g) { top(g).bytes = bytes; });
  }
  expect_broken("frame chain: a frame does not know who called it", check_frames,
                [&](Goroutine& g) { top(g).saved_frame_pointer += 16; });
  expect_broken("frame chain: the oldest frame is not at the high end", check_frames,
                [&](Goroutine& g) {
                  auto& oldest = frame_at<FrameHeader>(top(g).saved_frame_pointer);
                  oldest.bytes += 16;
                  oldest.saved_frame_pointer = g.stack.hi + 16;
                });
}

TEST(StackCopy, LeavesNoPointerBehind) {
  const auto check = [](Goroutine& g) { check_has_left(g, Stack{0x1000, 0x1800, 1}); };
  const auto frame = [](Goroutine& g) -> PlainFrame& { return frame_at<PlainFrame>(g.sp); };
  expect_broken("", check, [&](Goroutine& g) { frame(g).second = 0x1800; });
  expect_broken("stack copy: a slot points to the old stack", check,
                [&](Goroutine& g) { frame(g).second = 0x17ff; });
  expect_broken("stack copy: a slot points to the old stack", check,
                [&](Goroutine& g) { frame(g).header.saved_frame_pointer = 0x1000; });
  expect_broken(
      "stack copy: its goroutine is still on the old stack",
      [](Goroutine& g) { check_has_left(g, g.stack); }, [](Goroutine&) {});
}

TEST(StackCopy, LeavesNoElementBehind) {
  const auto check = [](Goroutine& g) { check_elements_have_left(g, Stack{0x1000, 0x1800, 1}); };
  const auto waits = [](Goroutine& g, Goroutine* owner, std::uintptr_t element) {
    auto& sudog = make<Sudog>();
    sudog.goroutine = owner;
    sudog.element.plant(element);
    g.waiting = &sudog;
  };
  expect_broken("", check, [&](Goroutine& g) { waits(g, &g, 0); });
  expect_broken("stack copy: a sudog's element points to the old stack", check,
                [&](Goroutine& g) { waits(g, &g, 0x1008); });
  expect_broken("stack copy: a sudog on the list is not its goroutine's", check,
                [&](Goroutine& g) { waits(g, nullptr, 0); });
}

TEST(StackCopy, IsForTheOwnerAndFitsTheFrames) {
  const auto copy = [](std::size_t bytes, CopyReason reason) {
    return [=](Goroutine& g) { copy_stack(g, bytes, reason); };
  };
  const auto owned = [](Goroutine& g) { g.status.plant(kCopyStack); };
  expect_broken("stack copy: by a thread that does not own the stack",
                copy(2 * kStackMin, CopyReason::kGrow), [](Goroutine&) {});
  expect_broken("stack copy: a stack that is to grow does not", copy(kStackMin, CopyReason::kGrow),
                owned);
  expect_broken("stack copy: a stack that is to shrink does not",
                copy(kStackMin, CopyReason::kShrink), owned);
  expect_broken("stack copy: the new stack has no room for the frames and the guard space",
                copy(kStackMin, CopyReason::kShrink), [](Goroutine& g) {
                  grow_stack(g, 0);
                  fill_up_to(g, kStackMin - kStackGuard + 16);
                  g.status.plant(kCopyStack);
                });
  expect_broken("stack copy: wakers may be at the sudogs, and their channels are not to be locked",
                copy(kStackMin, CopyReason::kMove), [](Goroutine& g) {
                  g.waiting = &make<Sudog>();
                  g.status.plant(kWaiting | kScan);
                });
}

TEST(StackCopy, LocksChannelsInOrder) {
  expect_broken(
      "waiting list is corrupted: its sudogs are not in lock order",
      [](Goroutine& g) { copy_stack(g, kStackMin, CopyReason::kMove); },
      [](Goroutine& g) {
        Sudog* next = nullptr;
        for (const ChannelId id : {ChannelId{1}, ChannelId{2}}) {
          auto& sudog = make<Sudog>();
          sudog.goroutine = &g;
          sudog.channel = &make<ChannelBase>(id, 8u);
          sudog.wait_link = next;
          next = &sudog;
        }
        g.waiting = next;
        g.active_stack_chans.plant(true);
        g.status.plant(kWaiting | kScan);
      });
}

TEST(Frames, ArePlacedInTheStackAndPoppedFromIt) {
  expect_broken(
      "stack overflow: a frame is placed below the stack",
      [](Goroutine& g) { place_frame(g, kPlain, kPlain.frame_bytes); },
      [](Goroutine& g) { g.sp = g.stack.lo + 16; });
  expect_broken(
      "frame chain: the youngest frame reaches beyond the stack",
      [](Goroutine& g) { pop_frame(g, 4096); }, [](Goroutine& g) { g.top().bytes = 4096; });
  expect_broken(
      "address in a stack: it lies above the high end",
      [](Goroutine& g) { (void)g.below_hi(g.stack.hi + 1); }, [](Goroutine&) {});
}

TEST(Stacks, BeginOnceAndEndWithoutSudogs) {
  const auto begin = [](Goroutine& g) { begin_stack(g, kPlain, nullptr); };
  const auto end = [](Goroutine& g) { free_stack(g, nullptr); };
  expect_broken("begin_stack: the goroutine has a stack already", begin, [](Goroutine&) {});
  expect_broken("free_stack: the goroutine has none", end, [](Goroutine& g) { g.stack.lo = 0; });
  expect_broken("free_stack: sudogs may point into it", end,
                [](Goroutine& g) { g.waiting = &make<Sudog>(); });
}

TEST(StatusGate, GivesTheScanBitBackWhole) {
  expect_broken(
      "goroutine status: the scan bit is given back and kept",
      [](Goroutine& g) { cas_from_scan(g, kWaiting | kScan, kSite); },
      [](Goroutine& g) { g.status.plant(kWaiting | kScan); });
}

TEST(StackPoolInvariants, AFreeStackIsNotWrittenTo) {
  expect_end("stack pool: a stack was written to while it was free", [] {
    StackPool& pool = make_pool({.cache = false});
    pool.allocate(kStackMin, 1, nullptr);  // or the span would go back to the heap
    const Stack stack = pool.allocate(kStackMin, 1, nullptr);
    pool.free(stack, stack.lo, 1, nullptr);
    sanitizer::unpoison(reinterpret_cast<void*>(stack.lo), stack.bytes());
    frame_at<std::uint64_t>(stack.lo + 64) = 1;
    pool.allocate(kStackMin, 1, nullptr);
  });
}

TEST(StackPoolInvariants, ACacheHoldsWhatItCounts) {
  expect_end("stack cache: its count is not what its list holds", [] {
    StackPool& pool = make_pool();
    auto& cache = make<StackCache>();
    const Stack stack = pool.allocate(kStackMin, 1, &cache);
    ++cache.count[0];
    pool.free(stack, stack.lo, 1, &cache);
  });
  expect_end("stack cache: it is refilled before it is empty", [] {
    auto& cache = make<StackCache>();
    cache.count[0] = 1;
    make_pool().allocate(kStackMin, 1, &cache);
  });
}

TEST(StackPoolInvariants, WhatIsFreedIsAsItWasAllocated) {
  const auto freeing = [](auto broken) {
    return [broken] {
      StackPool& pool = make_pool();
      Stack stack = pool.allocate(kStackMin, 1, nullptr);
      std::uintptr_t low = stack.lo;
      broken(stack, low);
      pool.free(stack, low, 1, nullptr);
    };
  };
  expect_end("stack pool: a stack is freed that has changed its size",
             freeing([](Stack& stack, std::uintptr_t&) { stack.hi += 16; }));
  expect_end("stack pool: what was in use is not of the stack",
             freeing([](Stack& stack, std::uintptr_t& low) { low = stack.hi + 1; }));
}

}  // namespace
}  // namespace concertina::test
