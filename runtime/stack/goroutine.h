// Goroutine: one contiguous movable stack, its status, and what it waits for (Go: g).
//
// The status is the lock on the stack (base/status.h). cas_status is the only gate; it rejects
// every edge that is not in the table.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform.h"
#include "platform/fatal.h"
#include "stack/frame.h"
#include "stack/sudog.h"

namespace concertina::inline CONCERTINA_PLATFORM {

class StackPool;
struct StackCache;

/// Bits of Goroutine::preempt, requests to a goroutine.
inline constexpr std::uint32_t kPreemptStop = 1;    // stop in kPreempted: somebody wants to suspend
inline constexpr std::uint32_t kPreemptShrink = 2;  // shrink your own stack at the next safe point
inline constexpr std::uint32_t kPreemptMove = 4;    // as kPreemptShrink, but copy to equal size
inline constexpr std::uint32_t kPreemptYield = 8;   // share the processor: to the global queue
inline constexpr std::uint32_t kPreemptAssist = 16;  // suspend others, and scan their stacks
inline constexpr std::uint32_t kPreemptCopies = kPreemptShrink | kPreemptMove;
inline constexpr std::uint32_t kPreemptAll =
    kPreemptStop | kPreemptCopies | kPreemptYield | kPreemptAssist;
static_assert((kPreemptStop ^ kPreemptShrink ^ kPreemptMove ^ kPreemptYield ^ kPreemptAssist) == 31,
              "each request has its bit");

/// A guard that no stack pointer is above: the next prologue or safe point looks at
/// Goroutine::preempt (Go: stackPreempt).
inline constexpr std::uintptr_t kStackPreempt = static_cast<std::uintptr_t>(-1314);

/// What the last operation told its caller; small results do not go through memory.
struct Result {
  bool selected = false;
  bool ok = false;
  CaseIndex index = 0;
};

struct Goroutine {
  Goroutine(GoroutineId goroutine_id, SpawnPath spawn_path, StackPool& pool)
      : id(goroutine_id),
        path(spawn_path),
        stack_pool(&pool),
        status(kIdle, LockRank::kStackScan, goroutine_id) {}

  const GoroutineId id;
  const SpawnPath path;
  std::uint32_t spawn_count = 0;  // children so far; names the next one's path

  // The stack. Owner: as the status says.
  Stack stack;
  std::uintptr_t sp = 0;  // the youngest frame's lowest byte; == stack.hi when none is left
  StackPool* const stack_pool;
  StackCache* stack_cache = nullptr;  // of the processor that runs it, else null

  platform::OwnedAtomic<Status> status;
  /// What others ask of the goroutine, and the one word that prologues and safe points look at (Go:
  /// stackguard0): stack.lo + kStackGuard, or kStackPreempt. See stack/requests.h.
  platform::Atomic<std::uint32_t> preempt{0};
  platform::Atomic<std::uintptr_t> stack_guard{0};
  /// It was stopped in the middle of user code, where registers may point into its stack: to be
  /// scanned, not to be copied (Go: asyncSafePoint). Owner: as the status says.
  bool is_async_stopped = false;

  // Waiting on channels. Owner: the goroutine, and the suspender that holds kScan.
  Sudog* waiting = nullptr;    // in lock order
  Sudog* parameter = nullptr;  // written by the waker before ready: the sudog that won
  platform::Atomic<std::uint32_t> select_done{0};  // 1 once a waker has won this select
  /// "I am blocked on channels and their locks are free: whoever copies my stack must take them."
  platform::Cell<bool> active_stack_chans{false};
  /// "I am about to park on a channel and active_stack_chans may not tell the truth yet."
  platform::Atomic<std::uint32_t> parking_on_chan{0};
  WaitReason wait_reason = WaitReason::kNone;

  /// Channel locks that its machine holds on its behalf. Written by that machine only.
  unsigned locks_held = 0;
  bool in_syscall = false;
  bool has_started = false;
  bool has_native_frames = true;  // StackKnobs::native_frames
  unsigned nosplit = 0;           // > 0: inside a region where the stack must not split
  Result result;
  Goroutine* sched_link = nullptr;  // in a queue
  void* user = nullptr;             // the interpreter's

  std::size_t used_bytes() const { return stack.hi - sp; }
  std::uintptr_t at(std::uint32_t below_hi) const { return stack.hi - below_hi; }
  std::uint32_t below_hi(std::uintptr_t address) const {
    if constexpr (kCostlyChecks) {
      require(address <= stack.hi, "address in a stack", "it lies above the high end");
    }
    return static_cast<std::uint32_t>(stack.hi - address);
  }
  FrameHeader& top() { return *reinterpret_cast<FrameHeader*>(sp); }
};

static_assert((kRunnable | kRunning | kSyscall | kWaiting | kDead | kCopyStack | kPreempted) <
                  kScan,
              "the scan bit stands beside any status");
static_assert(is_legal(kRunning, kCopyStack) && is_legal(kCopyStack, kRunning), "growth returns");
static_assert(!is_legal(kSyscall, kCopyStack) && !is_legal(kWaiting, kCopyStack),
              "only its owner copies a stack without the scan bit");
static_assert(!is_legal(kPreempted, kRunnable) && !is_legal(kPreempted, kRunning),
              "what stopped for a suspender is made waiting first");

/// It is waiting for other suspenders only: it suspends goroutines itself, and its machine runs on
/// (Go: isWaitingForSuspendG). The caller owns the stack.
inline bool suspends_others(const Goroutine& g) { return g.wait_reason == WaitReason::kSuspending; }

/// A suspender holds kScan over `from`: returns when it is taken off. Fatal when `seen` is another
/// status.
void wait_for_scan(Goroutine& g, Status from, Status seen);

/// What the scan bit on top of a status is in the lock order.
constexpr LockRank scan_rank(Status below) {
  return below == kRunning ? LockRank::kScanRunning : LockRank::kStackScan;
}

/// Moves the status along one legal edge; waits while a suspender holds kScan, so that the caller
/// must hold no lock that comes after it (scan_rank). `from` must be the status or become it when
/// the suspender resumes; anything else is fatal. `site` names the caller.
/// Inline, because the edge is a constant nearly everywhere.
[[gnu::always_inline]] inline void cas_status(Goroutine& g, Status from, Status to, Site site) {
  require(is_legal(from, to), "goroutine status", "an edge that the status table forbids");
  if (from == kWaiting && to == kRunning) {
    require(suspends_others(g), "goroutine status", "who has parked is to be made runnable");
  }
  Status seen = from;
  // No suspender puts its scan bit on top of this: its owner is alone.
  if (from == kCopyStack) {
    require(g.status.update_mine(seen, to, site), "goroutine status",
            "not the status that the transition starts from");
    return;
  }
  while (!g.status.update_unless_frozen_as(scan_rank(from), seen, to, site)) [[unlikely]] {
    wait_for_scan(g, from, seen);
    seen = from;
  }
}

/// kPreempted -> kWaiting for a suspender: from then on it owes the goroutine a ready. False when
/// another suspender was faster (Go: casGFromPreempted).
bool cas_from_preempted(Goroutine& g, Site site);

/// Takes kScan on top of `from`. False when the status is something else by now. On top of kRunning
/// the caller must take no lock and wait for nothing until it gives it back.
bool cas_to_scan(Goroutine& g, Status from, Site site);
/// Gives kScan back; `to` is the status without it.
void cas_from_scan(Goroutine& g, Status to, Site site);

/// A frame by its distance below stack.hi: stays valid when the stack moves.
template <class T>
class FrameRef {
 public:
  FrameRef(Goroutine& g, std::uintptr_t address) : g_(&g), below_hi_(g.below_hi(address)) {}
  /// The reference is good until the next point where the stack may move.
  T* operator->() const { return reinterpret_cast<T*>(g_->at(below_hi_)); }
  T& operator*() const { return *reinterpret_cast<T*>(g_->at(below_hi_)); }

 private:
  Goroutine* g_;
  std::uint32_t below_hi_;
};

template <class T>
FrameRef<T> top_frame(Goroutine& g) {
  return FrameRef<T>(g, g.sp);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
