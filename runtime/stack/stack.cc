#include "stack/stack.h"

#include <cstring>
#include <new>

#include "base/limits.h"
#include "stack/stack_pool.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

// A forced growth or move, as the input asks; the real runtime's mayMoreStackMove.
void disturb(Goroutine& g, std::size_t frame_bytes, Site prologue) {
  const StackAction action = platform::prologue(prologue);
  if (action == StackAction::kNone || g.in_syscall || g.nosplit != 0) return;
  if (action == StackAction::kGrow && g.stack.bytes() < kForcedGrowthMax) grow_stack(g, frame_bytes);
  if (action == StackAction::kMove) move_stack(g);
}

void place_frame(Goroutine& g, const Function& function, std::uint32_t bytes) {
  const std::uintptr_t caller = g.sp == g.stack.hi ? 0 : g.sp;
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

}  // namespace

void push_frame(Goroutine& g, const Function& function, std::uint32_t bytes, Site prologue) {
  require(bytes % 16 == 0 && bytes >= sizeof(FrameHeader), "frame size", function.name);
  disturb(g, bytes, prologue);
  if (g.nosplit == 0) {
    if (g.sp < g.stack.lo + bytes + kStackGuard) grow_stack(g, bytes);
  } else {
    require(g.sp >= g.stack.lo + bytes, "nosplit stack overflow", function.name);
  }
  place_frame(g, function, bytes);
}

void pop_frame(Goroutine& g) {
  const FrameHeader& header = g.top();
  require(header.magic == kFrameMagic, "frame chain", "the youngest frame has no header");
  const std::uintptr_t caller = header.saved_frame_pointer;
  const std::uintptr_t expected = g.sp + header.bytes;
  require(caller == (expected == g.stack.hi ? 0 : expected), "frame chain",
          "a saved frame pointer does not point to the next older frame");
  g.sp = caller == 0 ? g.stack.hi : caller;
}

void begin_stack(Goroutine& g, const Function& function, StackCache* cache) {
  std::size_t bytes = kStackMin;
  while (bytes < function.frame_bytes + kStackGuard) bytes *= 2;
  g.stack = g.stack_pool->allocate(bytes, g.id, cache);
  g.sp = g.stack.hi;
  place_frame(g, function, function.frame_bytes);
}

void free_stack(Goroutine& g, StackCache* cache) {
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
  require(bytes <= kStackMax, "stack overflow", "a goroutine's stack exceeds kStackMax");
  cas_status(g, kRunning, kCopyStack, Site::kCopyStackStatus);
  copy_stack(g, bytes, CopyReason::kGrow);
  cas_status(g, kCopyStack, kRunning, Site::kCopyStackStatus);
}

void move_stack(Goroutine& g) {
  cas_status(g, kRunning, kCopyStack, Site::kCopyStackStatus);
  copy_stack(g, g.stack.bytes(), CopyReason::kMove);
  cas_status(g, kCopyStack, kRunning, Site::kCopyStackStatus);
}

bool is_shrink_safe(const Goroutine& g) {
  if (g.in_syscall) return false;
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
