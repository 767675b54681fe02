// The memory that stacks, sudogs and channel buffers share: spans of pages (Go: mheap).
//
// Whoever takes a span says what for, and cuts it up itself. A span that comes back merges with its
// free neighbours and is given out again, whole or in parts, for any use. So a pointer that has
// outlived its stack hits somebody else's memory, as in Go.
//
// Free pages are poisoned. Those that have been in use are also filled with kFreedByte, and looked
// at when they are taken and at the end of the run.
//
// When a span may come back is its holder's affair: a stack's must not while a scan works, which
// may have a pointer into it in mind (stack/stack_pool.h). What such a pointer hits, `find` says.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform.h"
#include "platform_limits.h"

namespace concertina::inline CONCERTINA_PLATFORM {

inline constexpr unsigned char kFreedByte = 0xfc;

struct HeapBlock;

/// Pages in a row, all of one use. Written under the heap's lock; a span in use stays as it is
/// until its holder gives it back, so who has a piece of it may read it, too.
struct Span {
  SpanUse use = SpanUse::kFree;
  std::uint32_t first = 0;  // number of its first page
  std::uint32_t pages = 0;
  std::uint32_t serial = 0;  // of its taking: 1, 2, ...
  std::byte* memory = nullptr;
  HeapBlock* block = nullptr;
  void* holder = nullptr;  // whoever holds it says in what
  Span* next = nullptr;    // the next free one, or spare descriptor

  std::size_t bytes() const { return std::size_t{pages} * kHeapPageBytes; }
};

class SpanHeap {
 public:
  /// `poison`: fill free pages, and look at them.
  explicit SpanHeap(bool poison) : poison_(poison) {}

  /// A span of at least `bytes`, its content undefined: of all free ones the first, in the order in
  /// which pages were made, that is large enough. The caller owns it.
  Span& take(std::size_t bytes, SpanUse use);
  /// It may be something else at once.
  void give_back(Span& span);

  // The same for who has the lock already, or needs it for more.
  platform::Mutex& lock() { return lock_; }
  Span& take_locked(std::size_t bytes, SpanUse use);
  void give_back_locked(Span& span);
  /// The span in use that holds the address (Go: spanOf); null for free pages, and for what is not
  /// of this heap. The lock is held.
  const Span* find(std::uintptr_t address) const;

  bool poisons() const { return poison_; }
  /// Announces free pages that were written to. Only at the end of a run.
  void check_free();

 private:
  void make_block(std::uint32_t pages);
  Span& make_span(HeapBlock& block, std::uint32_t first, std::uint32_t pages);
  Span* take_first_fit(std::uint32_t pages);
  void insert_free(Span& span);
  void fill_fresh(Span& span);
  void absorb(Span& span, Span* neighbour);
  void check_free_list() const;

  const bool poison_;
  platform::Mutex lock_{LockRank::kHeap};
  // Guarded by lock_.
  Span* free_ = nullptr;  // by number of their first page; no two are neighbours
  Span* spare_ = nullptr;
  HeapBlock* newest_block_ = nullptr;
  std::uint32_t pages_made_ = 0;
  std::uint32_t serials_ = 0;
};

}  // namespace concertina::inline CONCERTINA_PLATFORM
