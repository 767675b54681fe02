// Frames on a goroutine's stack: pushing (the prologue check), popping, growing, copying,
// verifying.
//
// The copy protocol, two sides (Go: copystack with adjustsudogs, syncadjustsudogs, findsghi):
//
//   copier (owner, or suspender with kScan)        another goroutine's send, receive or close
//   C1 allocate and fill the new stack             W1 lock the channel
//   C2 active_stack_chans clear: adjust the        W2 dequeue the sudog; a select's must win
//      sudogs' elements without locks (nobody         select_done first
//      else can reach them); go to C6              W3 read sudog.element, copy through it, clear it
//   C3 else lock every distinct channel of         W4 unlock; write parameter; ready
//      `waiting`, in list order, as leaves
//   C4 adjust the elements; copy and adjust
//      everything below the highest element
//   C5 unlock the channels, in list order
//   C6 copy and adjust the rest: nobody else may touch it
//   C7 publish the new bounds and the guard (stack/requests.h), poison and free the old stack
//
// Losing races. W3 before C3: the value is in the old slot and C4 carries it over. C5 before W1:
// the waker sees the new element. Without C3, W3 may write the old slot after C4 copied it: value
// lost. With C3 while the goroutine holds the locks itself (growing between enqueue and park):
// taken twice, which is fatal; hence the flag, which the park commit functions set when the locks
// are about to be free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "base/limits.h"
#include "stack/goroutine.h"
#include "stack/requests.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// Puts a frame of `bytes` (a multiple of 16, header included) for `function` on the stack. This is
/// the prologue check: the stack may grow and move, channel locks held or not. The frame is zeroed.
inline void push_frame(Goroutine& g, const Function& function, std::uint32_t bytes, Site prologue);

/// The prologue check alone.
inline void check_stack(Goroutine& g, const Function& function, std::uint32_t bytes, Site prologue);

/// Removes the youngest frame; its caller becomes the youngest. Callers that know the size pass
/// it, so computing the new sp does not depend on loading the header, which is only checked.
inline void pop_frame(Goroutine& g);
inline void pop_frame(Goroutine& g, std::uint32_t bytes);

/// Frame of a native runtime function, for as long as the object lives. What such a function works
/// with is on its machine's stack, so without StackKnobs::native_frames there is only the prologue
/// check.
class NativeFrame {
 public:
  [[gnu::always_inline]] NativeFrame(Goroutine& g, const Function& function, Site prologue)
      : g_(g), bytes_(function.frame_bytes), is_placed_(g.has_native_frames) {
    if (is_placed_) {
      push_frame(g, function, function.frame_bytes, prologue);
    } else {
      check_stack(g, function, function.frame_bytes, prologue);
    }
  }
  [[gnu::always_inline]] ~NativeFrame() {
    if (is_placed_) pop_frame(g_, bytes_);
  }
  NativeFrame(const NativeFrame&) = delete;
  NativeFrame& operator=(const NativeFrame&) = delete;

 private:
  Goroutine& g_;
  const std::uint32_t bytes_;
  const bool is_placed_;
};

/// A region in which the stack must not split (Go: nosplit). Entering one uses the guard space.
class NoSplit {
 public:
  explicit NoSplit(Goroutine& g) : g_(g) {
    require(g.sp - g.stack.lo >= kStackGuard, "nosplit stack overflow",
            "less than kStackGuard bytes are left below the stack pointer");
    ++g_.nosplit;
  }
  ~NoSplit() {
    expect(g_.nosplit != 0, "nosplit region", "one ends that has not begun");
    --g_.nosplit;
  }
  NoSplit(const NoSplit&) = delete;
  NoSplit& operator=(const NoSplit&) = delete;

 private:
  Goroutine& g_;
};

/// Gives a new goroutine its first stack, just large enough, with a frame for `function` on it.
void begin_stack(Goroutine& g, const Function& function, StackCache* cache);
/// Takes the stack of a dead goroutine.
void free_stack(Goroutine& g, StackCache* cache);

/// The copy protocol above. The caller owns the stack.
void copy_stack(Goroutine& g, std::size_t new_bytes, CopyReason reason);

/// Owner only, running: at least doubles the stack (Go: newstack), copies it to equal size, or
/// halves it if less than a quarter is used.
void grow_stack(Goroutine& g, std::size_t frame_bytes);
void move_stack(Goroutine& g);
void shrink_own_stack(Goroutine& g);
/// Owner only, running, at a safe point: the copies among the requests `asked`.
void answer_copy_requests(Goroutine& g, std::uint32_t asked);

/// A safe point within a runtime function, as Go's prologues are where no lock is held. True: the
/// step ends here with Action::kNext, having noted in the frame where it is to go on; whatever it
/// needs then is in the frame. What was asked is served before the next step.
[[nodiscard]] inline bool must_stop(const Goroutine& g) {
  return g.stack_guard.poll() == kStackPreempt;
}
/// The same, as a prologue of its own: what the input wants to happen at `site` happens first.
[[nodiscard]] inline bool must_stop(Goroutine& g, Site site);

/// May another thread copy this goroutine's stack now? (Go: isShrinkStackSafe.) Caller holds kScan.
bool is_shrink_safe(const Goroutine& g);
/// Halves the stack if less than a quarter is used. Caller owns the stack. True if it was copied.
bool shrink_stack(Goroutine& g);

/// Walks the stack and announces what it sees (kCensus..., kFrameSeen, kPointerSeen, kSudogSeen):
/// always for the first few walks of a run, later only when something is wrong.
/// The caller owns the stack.
void take_census(Goroutine& g, CensusMoment moment);

// --- Always inline: each operation does it several times, with functions that the compiler knows
// ----

/// What the input wants to happen at a prologue; the real runtime's mayMoreStackMove, and more.
void disturb(Goroutine& g, StackAction action, std::size_t frame_bytes);
/// The guard stopped a prologue: requests, growth, or both (Go: morestack, newstack).
void split_stack(Goroutine& g, const Function& function, std::size_t frame_bytes);

[[gnu::always_inline]] inline void place_frame(Goroutine& g, const Function& function,
                                               std::uint32_t bytes) {
  const std::uintptr_t caller = g.sp == g.stack.hi ? 0 : g.sp;
  expect(bytes <= g.sp - g.stack.lo, "stack overflow", "a frame is placed below the stack");
  expect(function.dead_bytes + sizeof(FrameHeader) <= bytes, "frame size", function.name);
  g.sp -= bytes;
  // A function's dead weight need not be zero; a frame that is larger than its function is all
  // live.
  const std::uint32_t zeroed = bytes == function.frame_bytes ? bytes - function.dead_bytes : bytes;
  std::memset(reinterpret_cast<void*>(g.sp), 0, zeroed);
  auto* const header = new (reinterpret_cast<void*>(g.sp)) FrameHeader;
  header->function = &function;
  header->saved_frame_pointer = caller;
  header->bytes = bytes;
}

// The prologue check: one comparison for growth and requests.
[[gnu::always_inline]] inline void check_stack(Goroutine& g, const Function& function,
                                               std::uint32_t bytes, Site prologue) {
  const StackAction action = platform::prologue(prologue);
  if (action != StackAction::kNone) [[unlikely]]
    disturb(g, action, bytes);
  if (g.sp - bytes < g.stack_guard.poll()) [[unlikely]]
    split_stack(g, function, bytes);
}

[[gnu::always_inline]] inline bool must_stop(Goroutine& g, Site site) {
  expect(g.locks_held == 0 && g.nosplit == 0, "safe point", "a lock is held, or no split allowed");
  const StackAction action = platform::prologue(site);
  if (action != StackAction::kNone) [[unlikely]]
    disturb(g, action, 0);
  return must_stop(g);
}

[[gnu::always_inline]] inline void push_frame(Goroutine& g, const Function& function,
                                              std::uint32_t bytes, Site prologue) {
  require(bytes % 16 == 0 && bytes >= sizeof(FrameHeader), "frame size", function.name);
  check_stack(g, function, bytes, prologue);
  place_frame(g, function, bytes);
}

[[gnu::always_inline]] inline void pop_frame(Goroutine& g, std::uint32_t bytes) {
  const FrameHeader& header = g.top();
  require(header.magic == kFrameMagic && header.bytes == bytes, "frame chain",
          "the youngest frame has no header");
  expect(bytes <= g.used_bytes(), "frame chain", "the youngest frame reaches beyond the stack");
  const std::uintptr_t caller = g.sp + bytes;
  require(header.saved_frame_pointer == (caller == g.stack.hi ? 0 : caller), "frame chain",
          "a saved frame pointer does not point to the next older frame");
  g.sp = caller;
}

[[gnu::always_inline]] inline void pop_frame(Goroutine& g) { pop_frame(g, g.top().bytes); }

}  // namespace concertina::inline CONCERTINA_PLATFORM
