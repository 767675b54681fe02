#include "stack/stack.h"

#include <cstring>
#include <new>

#include "base/limits.h"
#include "stack/invariants.h"
#include "stack/stack_pool.h"

namespace concertina::inline CONCERTINA_PLATFORM {

void disturb(Goroutine& g, StackAction action, std::size_t frame_bytes) {
  if (g.in_syscall || g.nosplit != 0) return;
  switch (action) {
    case StackAction::kGrow:
      if (g.stack.bytes() < g.stack_pool->max_bytes()) grow_stack(g, frame_bytes);
      break;
    case StackAction::kMove:
      move_stack(g);
      break;
    case StackAction::kShrink:
      // With a channel's lock held it is a request, as Go's scanner leaves one.
      if (g.locks_held != 0) {
        ask(g, kPreemptShrink, Site::kPreemptPoll);
      } else {
        shrink_own_stack(g);
      }
      break;
    case StackAction::kPreempt:
      ask(g, kPreemptYield, Site::kPreemptPoll);
      break;
    case StackAction::kAssist:
      ask(g, kPreemptAssist, Site::kPreemptPoll);
      break;
    default:
      break;
  }
}

void split_stack(Goroutine& g, const Function& function, std::size_t frame_bytes) {
  if (g.nosplit != 0) {
    require(g.sp >= g.stack.lo + frame_bytes, "nosplit stack overflow", function.name);
    return;
  }
  require(!g.in_syscall, "stack growth not allowed in system call", "the goroutine is in one");
  if (must_stop(g)) {
    if (g.locks_held != 0) {
      put_off_requests(g);
    } else if ((g.preempt.poll() & kPreemptCopies) != 0) {
      answer_copy_requests(g, take_requests(g, kPreemptCopies));
    }  // the rest is for the next safe point
  }
  if (g.sp < g.stack.lo + frame_bytes + kStackGuard) grow_stack(g, frame_bytes);
}

void begin_stack(Goroutine& g, const Function& function, StackCache* cache) {
  require(g.stack.lo == 0, "begin_stack", "the goroutine has a stack already");
  require(function.frame_bytes % 16 == 0 && function.frame_bytes >= sizeof(FrameHeader),
          "frame size", function.name);
  std::size_t bytes = g.stack_pool->start_bytes();
  while (bytes < function.frame_bytes + kStackGuard) bytes *= 2;
  g.stack = g.stack_pool->allocate(bytes, g.id, cache);
  g.sp = g.stack.hi;
  if (g.stack_guard.poll() == 0) {
    // A first life: a suspender leaves the goroutine alone until it has begun.
    g.stack_guard.store_unpublished(g.stack.lo + kStackGuard);
  } else {
    publish_guard(g);
  }
  place_frame(g, function, function.frame_bytes);
  if constexpr (kCostlyChecks) check_room(g);
}

void free_stack(Goroutine& g, StackCache* cache) {
  require(g.stack.lo != 0, "free_stack", "the goroutine has none");
  require(g.waiting == nullptr, "free_stack", "sudogs may point into it");
  const Stack stack = g.stack;
  g.stack = Stack{};
  g.sp = 0;
  // The oldest frame was there until a moment ago; deeper ones are long gone.
  g.stack_pool->free(stack, stack.hi - kStackMin, g.id, cache);
}

void grow_stack(Goroutine& g, std::size_t frame_bytes) {
  require(!g.in_syscall, "stack growth not allowed in system call", "the goroutine is in one");
  require(g.nosplit == 0, "stack split at bad time", "the goroutine is in a nosplit region");
  std::size_t bytes = g.stack.bytes() * 2;
  while (bytes < g.used_bytes() + frame_bytes + kStackGuard) bytes *= 2;
  require(bytes <= g.stack_pool->max_bytes(), "stack overflow",
          "a goroutine's stack exceeds kStackMax");
  cas_status(g, kRunning, kCopyStack, Site::kCopyStackStatus);
  copy_stack(g, bytes, CopyReason::kGrow);
  require(g.sp - g.stack.lo >= frame_bytes + kStackGuard, "stack growth",
          "the frame that asked for it does not fit");
  cas_status(g, kCopyStack, kRunning, Site::kCopyStackStatus);
}

void move_stack(Goroutine& g) {
  cas_status(g, kRunning, kCopyStack, Site::kCopyStackStatus);
  copy_stack(g, g.stack.bytes(), CopyReason::kMove);
  cas_status(g, kCopyStack, kRunning, Site::kCopyStackStatus);
}

void shrink_own_stack(Goroutine& g) {
  require(g.locks_held == 0, "stack shrink", "the goroutine holds a channel's lock");
  cas_status(g, kRunning, kCopyStack, Site::kCopyStackStatus);
  shrink_stack(g);
  cas_status(g, kCopyStack, kRunning, Site::kCopyStackStatus);
}

void answer_copy_requests(Goroutine& g, std::uint32_t asked) {
  if ((asked & kPreemptMove) != 0) {
    move_stack(g);
  } else if ((asked & kPreemptShrink) != 0) {
    shrink_own_stack(g);
  }
}

bool is_shrink_safe(const Goroutine& g) {
  if (g.in_syscall) return false;
  // Registers of the code that was interrupted may point into the stack.
  if (g.is_async_stopped) return false;
  // Its machine runs on, and works on its stack.
  if (suspends_others(g)) return false;
  // Between kWaiting and the commit function, active_stack_chans does not tell the truth yet.
  if (g.parking_on_chan.load(Site::kParkingOnChanLoad) != 0) return false;
  return true;
}

bool shrink_stack(Goroutine& g) {
  const std::size_t bytes = g.stack.bytes() / 2;
  if (bytes < kStackMin) return false;
  // The guard counts as used: functions that may not split need it after the shrink, too.
  if (g.used_bytes() + kStackGuard >= g.stack.bytes() / 4) return false;
  copy_stack(g, bytes, CopyReason::kShrink);
  return true;
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
