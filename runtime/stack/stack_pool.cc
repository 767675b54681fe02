#include "stack/stack_pool.h"

#include <bit>
#include <cstring>
#include <new>

#include "base/sanitizer.h"
#include "platform/fatal.h"
#include "platform/lines.h"

namespace concertina::inline CONCERTINA_PLATFORM {

struct StackSpan {
  unsigned order = 0;
  unsigned slot_count = 0;
  unsigned free_count = 0;  // of its slots, those in the pool's free list
  StackSlot* slots = nullptr;
  StackSpan* next = nullptr;
};

namespace {

// Between neighbours, always poisoned: running off the low end of a stack must not hit another one.
constexpr std::size_t kSlotGapBytes = 64;
// With `reuse` off, stacks are handed out again only once this many bytes have been made.
constexpr std::size_t kNoReuseBytesMax = 16 * 1024 * 1024;

// A header directly below the stack would be overwritten by the overflows that we are looking for,
// so the link from a stack back to its slot is stored below the gap.
struct SlotLink {
  StackSlot* slot;
  std::uint64_t reserved;
};
static_assert(sizeof(SlotLink) == 16);

}  // namespace

unsigned StackPool::order_of(std::size_t bytes) const {
  require(std::has_single_bit(bytes) && bytes >= kStackMin && bytes <= knobs_.max_bytes,
          "stack size", "not a power of two within kStackMin..kStackMax");
  return static_cast<unsigned>(std::countr_zero(bytes) - std::countr_zero(kStackMin));
}

StackSlot* StackPool::slot_of(const Stack& stack) {
  return reinterpret_cast<SlotLink*>(stack.lo - kSlotGapBytes - sizeof(SlotLink))->slot;
}

// lock_ is held. Makes a span (or takes a freed one) and puts its slots on the free list.
StackSlot* StackPool::make_span(unsigned order) {
  require(free_[order] == nullptr, "stack pool",
          "a span is made while stacks of its order are free");
  StackSpan* span = free_span_[order];
  const std::size_t bytes = kStackMin << order;
  if (span != nullptr) {
    free_span_[order] = span->next;
  } else {
    const unsigned count = order < kStackOrders ? kStackSlotsPerSpan : 1;
    span = new (platform::allocate(sizeof(StackSpan))) StackSpan;
    span->order = order;
    span->slot_count = count;
    span->slots = static_cast<StackSlot*>(platform::allocate(sizeof(StackSlot) * count));
    const std::size_t stride = bytes + kSlotGapBytes + sizeof(SlotLink);
    // So that the first slot begins a line; later ones do not, and are small.
    constexpr std::size_t kBefore = sizeof(SlotLink) + kSlotGapBytes;
    auto* const block =
        static_cast<std::byte*>(platform::allocate(stride * count + kSlotGapBytes + kLineBytes));
    auto* const memory =
        block + (-(reinterpret_cast<std::uintptr_t>(block) + kBefore)) % kLineBytes;
    made_bytes_.store_locked(made_bytes_.load_locked(lock_) + stride * count, lock_);
    for (unsigned i = 0; i < count; ++i) {
      auto* const link = new (memory + stride * i) SlotLink{&span->slots[i], 0};
      auto* const gap = reinterpret_cast<std::byte*>(link + 1);
      sanitizer::poison(gap, kSlotGapBytes + bytes);
      StackSlot* const slot = new (&span->slots[i]) StackSlot;
      slot->lo = reinterpret_cast<std::uintptr_t>(gap + kSlotGapBytes);
      slot->bytes = bytes;
      slot->span = span;
      slot->next_made = made_;
      made_ = slot;
    }
    sanitizer::poison(memory + stride * count, kSlotGapBytes);
  }
  span->next = spans_[order];
  spans_[order] = span;
  for (unsigned i = span->slot_count; i-- > 0;) {
    span->slots[i].next = free_[order];
    free_[order] = &span->slots[i];
  }
  span->free_count = span->slot_count;
  return free_[order];
}

// lock_ is held.
StackSlot* StackPool::take(unsigned order) {
  require(lock_.is_held_by_me(), "stack pool", "its lists need its lock");
  if (free_[order] == nullptr) make_span(order);
  StackSlot* const slot = free_[order];
  free_[order] = slot->next;
  slot->next = nullptr;
  require(slot->span->order == order, "stack pool", "a free list has a stack of another size");
  require(slot->span->free_count != 0, "stack pool", "a span gives more stacks than it has free");
  --slot->span->free_count;
  return slot;
}

// lock_ is held.
void StackPool::give(StackSlot* slot) {
  require(lock_.is_held_by_me(), "stack pool", "its lists need its lock");
  require(!slot->in_use, "stack pool", "a stack is given back that is in use");
  const unsigned order = slot->span->order;
  slot->next = free_[order];
  free_[order] = slot;
  ++slot->span->free_count;
  require(slot->span->free_count <= slot->span->slot_count, "stack pool",
          "a span has more stacks free than it was cut into");
}

void StackPool::refill(StackCache& cache, unsigned order) {
  require(cache.count[order] == 0, "stack cache", "it is refilled before it is empty");
  lock_.lock(Site::kStackPoolLock);
  while (cache.count[order] < kStackCacheSlots / 2) {
    StackSlot* const slot = take(order);
    slot->next = cache.slots[order];
    cache.slots[order] = slot;
    ++cache.count[order];
  }
  lock_.unlock(Site::kStackPoolUnlock);
}

void StackPool::release_half(StackCache& cache, unsigned order) {
  require(cache.count[order] == kStackCacheSlots, "stack cache", "it is emptied before it is full");
  lock_.lock(Site::kStackPoolLock);
  while (cache.count[order] > kStackCacheSlots / 2) {
    StackSlot* const slot = cache.slots[order];
    cache.slots[order] = slot->next;
    --cache.count[order];
    give(slot);
  }
  lock_.unlock(Site::kStackPoolUnlock);
}

Stack StackPool::allocate(std::size_t bytes, GoroutineId owner, StackCache* cache) {
  const unsigned order = order_of(bytes);
  StackSlot* slot = nullptr;
  if (order < kStackOrders && cache != nullptr && knobs_.cache) {
    if (cache->slots[order] == nullptr) refill(*cache, order);
    if constexpr (kCostlyChecks) check_cache(*cache, order);
    slot = cache->slots[order];
    cache->slots[order] = slot->next;
    --cache->count[order];
    slot->next = nullptr;
  } else {
    lock_.lock(Site::kStackPoolLock);
    slot = take(order);
    lock_.unlock(Site::kStackPoolUnlock);
  }
  require(!slot->in_use, "stack pool", "a stack was handed out twice");
  require(slot->bytes == bytes, "stack pool", "a stack was handed out that is of another size");
  slot->in_use = true;
  const bool is_used_again = slot->serial != 0;
  // Counters outside the protocol: no yield point, they are only names and statistics.
  slot->serial = serials_.next();
  in_use_.add(1);
  auto* const memory = reinterpret_cast<void*>(slot->lo);
  sanitizer::unpoison(memory, slot->bytes);
  if (kCostlyChecks && knobs_.poison && is_used_again) {
    require(platform::is_filled(memory, slot->bytes, kFreedStackByte), "stack pool",
            "a stack was written to while it was free");
  }
  if (knobs_.poison) platform::fill(memory, slot->bytes, kFreshStackByte);
  platform::record(event::StackAllocated{.goroutine = owner,
                                         .serial = slot->serial,
                                         .bytes = static_cast<std::uint32_t>(slot->bytes)});
  return Stack{slot->lo, slot->lo + slot->bytes, slot->serial};
}

void StackPool::free(const Stack& stack, std::uintptr_t low, GoroutineId owner, StackCache* cache) {
  StackSlot* const slot = slot_of(stack);
  require(slot->in_use && slot->lo == stack.lo && slot->serial == stack.serial, "stack pool",
          "a stack was freed that is not in use");
  require(slot->bytes == stack.bytes(), "stack pool", "a stack is freed that has changed its size");
  require(low >= stack.lo && low <= stack.hi, "stack pool", "what was in use is not of the stack");
  slot->in_use = false;
  in_use_.add(static_cast<std::uint32_t>(-1));
  auto* const memory = reinterpret_cast<void*>(slot->lo);
  if (knobs_.poison) {
    // A real write over what was in use: any late use of the old stack races with it.
    std::memset(reinterpret_cast<void*>(low), kFreedStackByte, stack.hi - low);
    platform::fill(memory, low - slot->lo, kFreedStackByte);
  }
  sanitizer::poison(memory, slot->bytes);
  platform::record(event::StackFreed{.goroutine = owner,
                                     .serial = slot->serial,
                                     .bytes = static_cast<std::uint32_t>(slot->bytes)});
  if (!knobs_.reuse && made_bytes_.poll() < kNoReuseBytesMax)
    return;  // stays poisoned until the run ends
  const unsigned order = slot->span->order;
  if (order < kStackOrders && cache != nullptr && knobs_.cache) {
    if (cache->count[order] == kStackCacheSlots) release_half(*cache, order);
    slot->next = cache->slots[order];
    cache->slots[order] = slot;
    ++cache->count[order];
    if constexpr (kCostlyChecks) check_cache(*cache, order);
    return;
  }
  lock_.lock(Site::kStackPoolLock);
  give(slot);
  lock_.unlock(Site::kStackPoolUnlock);
}

// A processor's stacks of one order: as many as it counts, free, and of that size.
void StackPool::check_cache(const StackCache& cache, unsigned order) const {
  unsigned count = 0;
  for (const StackSlot* slot = cache.slots[order]; slot != nullptr; slot = slot->next) {
    require(slot->span->order == order, "stack cache", "a cached stack is of another size");
    require(++count <= kStackCacheSlots, "stack cache", "more stacks than it has room for");
  }
  require(count == cache.count[order], "stack cache", "its count is not what its list holds");
}

// lock_ is held. The free list has what the order's spans count as free.
void StackPool::check_order(unsigned order) const {
  unsigned listed = 0;
  unsigned counted = 0;
  for (const StackSlot* slot = free_[order]; slot != nullptr; slot = slot->next) {
    require(!slot->in_use, "stack pool", "a stack in use is on a free list");
    ++listed;
  }
  for (const StackSpan* span = spans_[order]; span != nullptr; span = span->next) {
    counted += span->free_count;
  }
  require(listed == counted, "stack pool", "spans do not count what the free list holds");
}

void StackPool::free_spans() {
  lock_.lock(Site::kStackPoolLock);
  for (unsigned order = 0; order < kStackOrdersAll; ++order) {
    for (StackSlot** slot = &free_[order]; *slot != nullptr;) {
      const StackSpan& span = *(*slot)->span;
      if (span.free_count == span.slot_count) {
        *slot = (*slot)->next;
      } else {
        slot = &(*slot)->next;
      }
    }
    for (StackSpan** link = &spans_[order]; *link != nullptr;) {
      StackSpan* const span = *link;
      if (span->free_count < span->slot_count) {
        link = &span->next;
        continue;
      }
      *link = span->next;
      span->next = free_span_[order];
      free_span_[order] = span;
    }
    if constexpr (kCostlyChecks) check_order(order);
  }
  lock_.unlock(Site::kStackPoolUnlock);
}

void StackPool::check_freed() {
  if (!knobs_.poison) return;
  for (StackSlot* slot = made_; slot != nullptr; slot = slot->next_made) {
    if (slot->in_use || slot->serial == 0) continue;
    auto* const memory = reinterpret_cast<unsigned char*>(slot->lo);
    sanitizer::unpoison(memory, slot->bytes);
    const bool intact = platform::is_filled(memory, slot->bytes, kFreedStackByte);
    sanitizer::poison(memory, slot->bytes);
    if (intact) continue;
    platform::record(event::StackFreed{.overwritten = true,
                                       .serial = slot->serial,
                                       .bytes = static_cast<std::uint32_t>(slot->bytes)});
  }
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
