// copy_stack: the protocol of stack.h, step by step.
#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "stack/adjust.h"
#include "stack/invariants.h"
#include "stack/stack.h"
#include "stack/stack_pool.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

struct Move {
  Stack from;
  Stack to;
  std::uintptr_t delta() const { return to.hi - from.hi; }  // modulo 2^64
};

// What keeps others off an element while its goroutine copies its own stack: the channel's lock, or
// that its select is won, so that no waker gets as far as the element.
class ElementGuard {
 public:
  ElementGuard(const Goroutine& g, const Sudog& sudog) : g_(g), sudog_(sudog) {}
  UNCOUNTED bool is_held_by_me() const {
    return sudog_.channel->lock.is_held_by_me() || g_.select_done.inspect() == 1;
  }

 private:
  const Goroutine& g_;
  const Sudog& sudog_;
};

// Go: adjustsudogs. Every element in the old stack moves with it. An owner's copy has no yield
// points here: another thread that could reach the sudogs would need a lock that the owner holds,
// or loses on select_done; and a select of 64 cases that is copied at each prologue would take
// thousands of steps.
void adjust_sudogs(Goroutine& g, const Move& move, bool by_owner) {
  for (Sudog* sudog = g.waiting; sudog != nullptr; sudog = sudog->wait_link) {
    const ElementGuard guard(g, *sudog);
    const std::uintptr_t element =
        by_owner ? sudog->element.load_locked(guard) : sudog->element.load(Site::kSudogElementLoad);
    if (!move.from.contains(element)) continue;
    if (by_owner) {
      sudog->element.store_locked(element + move.delta(), guard);
    } else {
      sudog->element.store(element + move.delta(), Site::kSudogElementStore);
    }
  }
  if constexpr (kCostlyChecks) check_elements_have_left(g, move.from);
}

// Go: findsghi. One past the highest byte of the old stack that a waker may touch, 0 for none.
std::uintptr_t find_sudog_high(const Goroutine& g, const Stack& stack) {
  std::uintptr_t high = 0;
  for (const Sudog* sudog = g.waiting; sudog != nullptr; sudog = sudog->wait_link) {
    const std::uintptr_t element = sudog->element.load_locked(sudog->channel->lock);
    const std::uintptr_t end = element + sudog->channel->element_bytes;
    if (stack.contains(element) && end > high) high = end;
  }
  require(high <= stack.hi, "stack copy", "an element reaches beyond the stack");
  return high;
}

// What the verifier's oracle needs to know of the elements: in the first copies of a run all of
// them, later those that point outside. The caller holds what protects them, and by now they
// must point into `stack`.
void announce_elements(const Goroutine& g, const Stack& stack) {
  const bool announces_all = g.stack_pool->has_census_tickets();
  for (const Sudog* sudog = g.waiting; sudog != nullptr; sudog = sudog->wait_link) {
    const std::uintptr_t element = sudog->element.inspect();
    if (!announces_all && (element == 0 || stack.contains(element))) continue;
    BelowHi place = kNilPlace;
    if (element != 0) {
      place = stack.contains(element) ? static_cast<BelowHi>(stack.hi - element) : kOutsideStack;
    }
    platform::record(event::SudogSeen{.goroutine = g.id,
                                      .channel = sudog->channel->id,
                                      .case_index = sudog->case_index,
                                      .element = place});
  }
}

// Adjusts the pointer slots of the new stack that lie in [low, high). The frames below `high` have
// been copied already. The walk goes by frame sizes: saved frame pointers are what is being mended.
void adjust_frames(std::uintptr_t sp, const Move& move, std::uintptr_t low, std::uintptr_t high) {
  const Adjustment adjust(move.from, move.delta());
  const std::uintptr_t end = std::min(move.to.hi, high);
  for (std::uintptr_t at = sp; at < end;) {
    const auto& header = *reinterpret_cast<const FrameHeader*>(at);
    require(header.magic == kFrameMagic, "frame chain",
            "a copied stack has a frame without header");
    require(header.bytes >= sizeof(FrameHeader) && header.bytes % 16 == 0, "frame chain",
            "a copied stack has a frame of a size that none has");
    if (at >= low && at + header.bytes <= end) [[likely]] {
      const std::uintptr_t next = adjust_alike(at, end, adjust);
      require(next > at && next <= end, "frame chain", "frames alike do not end where they must");
      at = next;
    } else {
      for_each_slot(at, header, [&](std::uintptr_t slot) {
        if (slot >= low && slot < high) adjust(slot);
      });
      at += header.bytes;
    }
  }
}

// Copies [begin, end) of the old stack to its place in the new one.
void copy_range(const Move& move, std::uintptr_t begin, std::uintptr_t end, Site site) {
  if (begin >= end) return;
  require(begin >= move.from.lo && end <= move.from.hi, "stack copy",
          "what is copied is not of the old stack");
  platform::copy(reinterpret_cast<void*>(begin + move.delta()),
                 reinterpret_cast<const void*>(begin), end - begin, site);
}

// A frame may straddle the boundary: its header is copied by the first pass, part of its slots by
// the second. So slots are adjusted by address, never by frame.
std::uintptr_t round_up_to_word(std::uintptr_t address) {
  return (address + 7) & ~std::uintptr_t{7};
}

// Go: syncadjustsudogs. Steps C3 to C5; returns how far the old stack has been copied.
std::uintptr_t sync_adjust_sudogs(Goroutine& g, const Move& move) {
  if (g.waiting == nullptr) return g.sp;
  const ChannelBase* last = nullptr;
  for (Sudog* sudog = g.waiting; sudog != nullptr; sudog = sudog->wait_link) {
    // The list is in lock order, so a channel's sudogs are neighbours: lock it once.
    if (sudog->channel != last) {
      require(last == nullptr || last->id < sudog->channel->id, "waiting list is corrupted",
              "its sudogs are not in lock order");
      sudog->channel->lock.lock_as(LockRank::kChannelLeaf, Site::kCopyStackLock);
    }
    last = sudog->channel;
  }
  // C4. The element slots must not change while they are copied.
  const std::uintptr_t high = find_sudog_high(g, move.from);
  adjust_sudogs(g, move, false);
  announce_elements(g, move.to);
  std::uintptr_t copied = g.sp;
  if (high > g.sp) {
    copied = round_up_to_word(high);
    require(copied <= move.from.hi, "stack copy", "the elements reach beyond the stack");
    copy_range(move, g.sp, copied, Site::kCopyStackLow);
    adjust_frames(g.sp + move.delta(), move, g.sp + move.delta(), copied + move.delta());
  }
  last = nullptr;
  for (Sudog* sudog = g.waiting; sudog != nullptr;) {
    ChannelBase* const channel = sudog->channel;
    sudog = sudog->wait_link;
    if (channel != last) channel->lock.unlock(Site::kCopyStackUnlock);
    last = channel;
  }
  return copied;
}

// What a copy asks of its caller.
[[maybe_unused]] void check_may_copy(const Goroutine& g, std::size_t new_bytes, CopyReason reason,
                                     bool by_owner) {
  check_room(g);
  require(by_owner || (g.status.inspect() & kScan) != 0, "stack copy",
          "by a thread that does not own the stack");
  require(reason != CopyReason::kGrow || new_bytes > g.stack.bytes(), "stack copy",
          "a stack that is to grow does not");
  require(reason != CopyReason::kShrink || new_bytes < g.stack.bytes(), "stack copy",
          "a stack that is to shrink does not");
  require(g.used_bytes() + kStackGuard <= new_bytes, "stack copy",
          "the new stack has no room for the frames and the guard space");
}

}  // namespace

void copy_stack(Goroutine& g, std::size_t new_bytes, CopyReason reason) {
  require(!g.in_syscall, "stack copy in system call", "the goroutine is in one");
  require(!g.is_async_stopped, "stack copy at an asynchronous safe point",
          "registers of the code that was interrupted may point into the stack");
  require(!suspends_others(g), "stack copy of a suspender",
          "its machine runs on, and works on the stack");
  const bool by_owner = g.status.load_mine() == kCopyStack;
  const bool sync = g.active_stack_chans.load(Site::kActiveStackChansLoad);
  // A goroutine that is about to park must not be copied by another thread: it is not clear
  // yet whether its channel locks are held.
  if (!by_owner) {
    require(g.parking_on_chan.inspect() == 0, "racy sudog adjustment due to parking on channel",
            "the goroutine was suspended before its commit function ran");
  }
  platform::record(event::CopyBegin{.goroutine = g.id,
                                    .locks = sync                            ? CopyLocks::kTaken
                                             : by_owner && g.locks_held != 0 ? CopyLocks::kHeld
                                                                             : CopyLocks::kNone,
                                    .reason = reason,
                                    .old_bytes = static_cast<std::uint32_t>(g.stack.bytes()),
                                    .new_bytes = static_cast<std::uint32_t>(new_bytes)});
  if constexpr (kCostlyChecks) check_may_copy(g, new_bytes, reason, by_owner);
  // A woken select's losers are queued yet, but nobody else gets at their elements: it is won.
  require(by_owner || sync || g.waiting == nullptr || g.select_done.inspect() == 1, "stack copy",
          "wakers may be at the sudogs, and their channels are not to be locked");
  take_census(g, CensusMoment::kBeforeCopy);
  const std::size_t used = g.used_bytes();
  const Move move{g.stack, g.stack_pool->allocate(new_bytes, g.id, g.stack_cache)};  // C1
  require(move.to.bytes() == new_bytes && move.to.lo != move.from.lo, "stack copy",
          "the new stack is not what was asked for");
  std::uintptr_t copied = g.sp;
  if (sync) {
    copied = sync_adjust_sudogs(g, move);  // C3 to C5
  } else {
    adjust_sudogs(g, move, by_owner);  // C2
    announce_elements(g, move.to);
  }
  copy_range(move, copied, move.from.hi, Site::kCopyStackHigh);  // C6
  adjust_frames(g.sp + move.delta(), move, copied + move.delta(), move.to.hi);
  const std::uintptr_t old_sp = g.sp;
  g.stack = move.to;  // C7
  g.sp = move.to.hi - used;
  publish_guard(g);
  if constexpr (kCostlyChecks) {
    check_room(g);
    check_frames(g);
    check_has_left(g, move.from);
  }
  g.stack_pool->free(move.from, old_sp, g.id, g.stack_cache);
  take_census(g, CensusMoment::kAfterCopy);
  platform::record(event::CopyEnd{.goroutine = g.id,
                                  .status = g.status.inspect(),
                                  .used_bytes = static_cast<std::uint32_t>(used)});
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
