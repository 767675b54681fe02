// Stacks come out of per-processor caches, and those out of a central pool by order (Go:
// stackalloc).
//
// Sizes are powers of two from kStackMin. Orders below kStackOrders are cut from spans of
// kStackSlotsPerSpan small stacks, or half as many of twice the size, and so on; larger stacks are
// spans of their own. Spans come from the heap that sudogs and channel buffers come from, too. A
// free stack is filled with kFreedStackByte and poisoned, so that a late write is seen by
// AddressSanitizer at once and by `check_freed` at the end of the run in any build.
//
// A wholly free span goes back to the heap, and may be something else at once; but while a scan
// works only at the end of the last one (Go: stackpoolfree, freeStackSpans). A scan has elements of
// sudogs in mind, and the stacks that they point into may be copied and freed meanwhile: what a
// scan then finds there must still be a stack's span.
//
// A stack in a processor's cache keeps its span from being wholly free. So each processor empties
// its cache once in a scan cycle (`flush`; Go: stackcache_clear), idle ones by the scanner's hand.
//
// The debugging knobs are Go's: never reuse a stack (stackFaultOnFree), no cache (stackNoCache).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/limits.h"
#include "heap/span_heap.h"
#include "platform.h"
#include "stack/frame.h"

namespace concertina::inline CONCERTINA_PLATFORM {

static_assert(std::has_single_bit(kStackMin) && std::has_single_bit(kStackMax),
              "orders are powers");
static_assert(kStackMin <= kStackMax && kStackMax <= kStackMin << (kStackOrdersAll - 1));
static_assert(kStackOrders < kStackOrdersAll, "the largest stacks are no cache's");
static_assert(kStackGuard % 16 == 0 && 4 * kStackGuard <= kStackMin, "it leaves room for frames");

struct StackSpan;

/// One slot of a span. Owner: the pool's lock while free in the pool; else the stack's holder.
struct StackSlot {
  std::uintptr_t lo = 0;
  std::size_t bytes = 0;
  std::uint32_t serial = 0;  // of its latest allocation
  bool in_use = false;
  StackSpan* span = nullptr;
  StackSlot* next = nullptr;  // in a free list
};

struct StackCache {
  StackSlot* slots[kStackOrders] = {};
  unsigned count[kStackOrders] = {};
};

struct StackKnobs {
  bool reuse = true;
  bool cache = true;
  std::size_t max_bytes = kStackMax;  // of a stack: a power of two
  bool poison = true;         // fill free and fresh stacks, and look at free ones at the end
  bool native_frames = true;  // native functions put frames on the goroutine's stack, so that there
                              // is something to move at their prologues
  bool adaptive_start = false;  // new stacks are as large as what scans have found (Go:
                                // adaptivestackstart)
  bool census = true;           // walk a stack before and after each copy and when it is scanned
};

class StackPool {
 public:
  StackPool(const StackKnobs& knobs, SpanHeap& heap) : knobs_(knobs), heap_(heap) {}

  /// A stack of `bytes` (a power of two, kStackMin..max_bytes), filled with kFreshStackByte if
  /// stacks are poisoned.
  /// `cache` may be null (the scanner has no processor).
  Stack allocate(std::size_t bytes, GoroutineId owner, StackCache* cache);
  /// `low`: the lowest address that was in use recently. From there up the stack is overwritten in
  /// view of race detectors, the rest out of their sight.
  void free(const Stack& stack, std::uintptr_t low, GoroutineId owner, StackCache* cache);

  /// Gives the stacks of a processor's cache back, and says how many. The caller owns the cache.
  unsigned flush(StackCache& cache);
  /// A scan works from here to there. Wholly free spans leave with the end of the last one.
  void begin_scan();
  /// True: it was the last one.
  bool end_scan();

  /// How large a goroutine's first stack is, unless its function needs more.
  std::size_t start_bytes() const {
    return knobs_.adaptive_start ? start_bytes_.load(Site::kStartBytesLoad) : kStackMin;
  }
  /// What a scan has found in `stacks` stacks, guard space included, makes new ones as large as the
  /// average, rounded up (Go: gcComputeStartingStackSize).
  void set_start(std::uint64_t used_bytes, std::uint32_t stacks);

  /// Announces each freed stack whose poison was overwritten. Only at the end of a run.
  void check_freed();
  std::uint32_t in_use() const { return in_use_.total(); }

  std::size_t max_bytes() const { return knobs_.max_bytes; }
  bool takes_census() const { return knobs_.census; }
  /// True for the first kCensusTickets calls of a run: full stack walks are announced that often.
  bool has_census_tickets() const { return census_tickets_.latest() < kCensusTickets; }
  bool take_census_ticket() { return census_tickets_.next() <= kCensusTickets; }

 private:
  unsigned order_of(std::size_t bytes) const;
  StackSlot* take(unsigned order);
  void give(StackSlot* slot);
  StackSpan& make_span(unsigned order);
  void cut(StackSpan& span);
  void free_span(StackSpan& span);
  void link(StackSpan& span);
  void unlink(StackSpan& span);
  void refill(StackCache& cache, unsigned order);
  void release(StackCache& cache, unsigned order, unsigned left);
  StackSlot* slot_of(const Stack& stack);
  void check_cache(const StackCache& cache, unsigned order) const;
  void check_order(unsigned order) const;

  const StackKnobs knobs_;
  SpanHeap& heap_;
  platform::Mutex lock_{LockRank::kStackPool};
  // Guarded by lock_.
  StackSpan* with_room_[kStackOrdersAll] = {};     // spans with free stacks
  StackSpan* spare_[kStackOrdersAll] = {};         // descriptors without memory
  StackSpan* made_ = nullptr;                      // all descriptors, newest first
  unsigned scans_ = 0;                             // at work
  platform::Atomic<std::uint64_t> made_bytes_{0};  // written under lock_
  platform::Atomic<std::uint32_t> start_bytes_{kStackMin};
  platform::Sequence serials_;
  platform::Counter in_use_;
  static constexpr std::uint32_t kCensusTickets = 16;
  platform::Sequence census_tickets_;
};

}  // namespace concertina::inline CONCERTINA_PLATFORM
