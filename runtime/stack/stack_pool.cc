#include "stack/stack_pool.h"

#include <algorithm>
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
  unsigned free_count = 0;  // of its slots, those in `free`
  StackSlot* free = nullptr;
  Span* memory = nullptr;
  StackSlot* slots = nullptr;
  StackSpan* next = nullptr;  // with free stacks, or spare
  StackSpan* previous = nullptr;
  StackSpan* next_made = nullptr;
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
  std::uint64_t magic;  // gone when the span is something else by now
};
constexpr std::uint64_t kLinkMagic = 0x6b6e696c6b636174;
static_assert(sizeof(SlotLink) == 16);

// So that the first slot begins a line; later ones do not, and are small.
constexpr std::size_t kBeforeFirst = sizeof(SlotLink) + kSlotGapBytes;
constexpr std::size_t kPadding = kLineBytes - kBeforeFirst % kLineBytes;

constexpr std::size_t stride_of(unsigned order) { return kBeforeFirst + (kStackMin << order); }

// As Go's spans of 32 KiB: fewer stacks of a higher order.
constexpr unsigned slots_of(unsigned order) {
  return order >= kStackOrders ? 1 : std::max(1u, kStackSlotsPerSpan >> order);
}

}  // namespace

unsigned StackPool::order_of(std::size_t bytes) const {
  require(std::has_single_bit(bytes) && bytes >= kStackMin && bytes <= knobs_.max_bytes,
          "stack size", "not a power of two within kStackMin..kStackMax");
  return static_cast<unsigned>(std::countr_zero(bytes) - std::countr_zero(kStackMin));
}

StackSlot* StackPool::slot_of(const Stack& stack) {
  const auto* const link = reinterpret_cast<SlotLink*>(stack.lo - kBeforeFirst);
  require(link->magic == kLinkMagic, "stack pool", "a stack was freed that is in no span");
  return link->slot;
}

// lock_ is held. A span of free stacks out of new memory.
StackSpan& StackPool::make_span(unsigned order) {
  require(with_room_[order] == nullptr, "stack pool",
          "a span is made while stacks of its order are free");
  StackSpan* span = spare_[order];
  if (span != nullptr) {
    spare_[order] = span->next;
    span->next = nullptr;
  } else {
    span = new (platform::allocate(sizeof(StackSpan))) StackSpan;
    span->order = order;
    span->slot_count = slots_of(order);
    span->slots = static_cast<StackSlot*>(platform::allocate(sizeof(StackSlot) * span->slot_count));
    span->next_made = made_;
    made_ = span;
  }
  const std::size_t bytes = stride_of(order) * span->slot_count;
  span->memory = &heap_.take(kPadding + bytes + kSlotGapBytes, SpanUse::kStacks);
  made_bytes_.store_locked(made_bytes_.load_locked(lock_) + bytes, lock_);
  cut(*span);
  link(*span);
  return *span;
}

// Stacks and gaps are poisoned, all but the links to the slots.
void StackPool::cut(StackSpan& span) {
  const std::size_t bytes = kStackMin << span.order;
  std::byte* const memory = span.memory->memory + kPadding;
  sanitizer::poison(span.memory->memory, span.memory->bytes());
  for (unsigned i = span.slot_count; i-- > 0;) {
    std::byte* const at = memory + stride_of(span.order) * i;
    sanitizer::unpoison(at, sizeof(SlotLink));
    new (at) SlotLink{&span.slots[i], kLinkMagic};
    StackSlot* const slot = new (&span.slots[i]) StackSlot;
    slot->lo = reinterpret_cast<std::uintptr_t>(at + kBeforeFirst);
    slot->bytes = bytes;
    slot->span = &span;
    slot->next = span.free;
    span.free = slot;
  }
  span.free_count = span.slot_count;
}

// lock_ is held. The span is wholly free, and its memory whatever comes next.
void StackPool::free_span(StackSpan& span) {
  require(span.free_count == span.slot_count, "stack pool", "a span is freed that is in use");
  unlink(span);
  Span& memory = *span.memory;
  span.memory = nullptr;
  span.free = nullptr;
  span.free_count = 0;
  span.next = spare_[span.order];
  spare_[span.order] = &span;
  heap_.give_back(memory);
}

void StackPool::link(StackSpan& span) {
  StackSpan*& first = with_room_[span.order];
  require(span.next == nullptr && span.previous == nullptr && first != &span, "stack pool",
          "a span is on two lists");
  span.next = first;
  if (first != nullptr) first->previous = &span;
  first = &span;
}

void StackPool::unlink(StackSpan& span) {
  StackSpan*& first = with_room_[span.order];
  require((span.previous == nullptr) == (first == &span), "stack pool",
          "a span is not on its list");
  (span.previous != nullptr ? span.previous->next : first) = span.next;
  if (span.next != nullptr) span.next->previous = span.previous;
  span.next = nullptr;
  span.previous = nullptr;
}

// lock_ is held.
StackSlot* StackPool::take(unsigned order) {
  require(lock_.is_held_by_me(), "stack pool", "its lists need its lock");
  StackSpan& span = with_room_[order] != nullptr ? *with_room_[order] : make_span(order);
  require(span.order == order, "stack pool", "a free list has a stack of another size");
  require(span.free_count != 0, "stack pool", "a span gives more stacks than it has free");
  StackSlot* const slot = span.free;
  span.free = slot->next;
  slot->next = nullptr;
  if (--span.free_count == 0) unlink(span);
  return slot;
}

// lock_ is held. Go: stackpoolfree.
void StackPool::give(StackSlot* slot) {
  require(lock_.is_held_by_me(), "stack pool", "its lists need its lock");
  require(!slot->in_use, "stack pool", "a stack is given back that is in use");
  StackSpan& span = *slot->span;
  if (span.free_count == 0) link(span);
  slot->next = span.free;
  span.free = slot;
  ++span.free_count;
  require(span.free_count <= span.slot_count, "stack pool",
          "a span has more stacks free than it was cut into");
  if (span.free_count == span.slot_count && scans_ == 0) free_span(span);
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

// lock_ is held. Gives stacks back until so many are left.
void StackPool::release(StackCache& cache, unsigned order, unsigned left) {
  while (cache.count[order] > left) {
    StackSlot* const slot = cache.slots[order];
    cache.slots[order] = slot->next;
    --cache.count[order];
    give(slot);
  }
}

unsigned StackPool::flush(StackCache& cache) {
  unsigned count = 0;
  for (const unsigned of_order : cache.count) count += of_order;
  if (count == 0) return 0;
  lock_.lock(Site::kStackPoolLock);
  for (unsigned order = 0; order < kStackOrders; ++order) release(cache, order, 0);
  lock_.unlock(Site::kStackPoolUnlock);
  return count;
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
  const Span* const span = slot->span->memory;
  require(span != nullptr && span->use == SpanUse::kStacks, "stack pool",
          "a stack was handed out whose span is something else");
  slot->in_use = true;
  // Counters outside the protocol: no yield point, they are only names and statistics.
  slot->serial = serials_.next();
  in_use_.add(1);
  auto* const memory = reinterpret_cast<void*>(slot->lo);
  sanitizer::unpoison(memory, slot->bytes);
  if (kCostlyChecks && knobs_.poison) {
    require(platform::is_filled(memory, slot->bytes, kFreedStackByte), "stack pool",
            "a stack was written to while it was free");
  }
  if (knobs_.poison) platform::fill(memory, slot->bytes, kFreshStackByte);
  platform::record(event::StackAllocated{.goroutine = owner,
                                         .page = static_cast<std::uint16_t>(span->first),
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
    if (cache->count[order] == kStackCacheSlots) {
      lock_.lock(Site::kStackPoolLock);
      release(*cache, order, kStackCacheSlots / 2);
      lock_.unlock(Site::kStackPoolUnlock);
    }
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

// lock_ is held. Spans with free stacks have as many as they count.
void StackPool::check_order(unsigned order) const {
  for (const StackSpan* span = with_room_[order]; span != nullptr; span = span->next) {
    unsigned listed = 0;
    for (const StackSlot* slot = span->free; slot != nullptr; slot = slot->next) {
      require(!slot->in_use && slot->span == span, "stack pool",
              "a stack in use is on a free list");
      ++listed;
    }
    require(listed == span->free_count && listed != 0, "stack pool",
            "spans do not count what the free list holds");
  }
}

void StackPool::begin_scan() {
  lock_.lock(Site::kStackPoolLock);
  ++scans_;
  platform::record(event::CycleBegin{.scans = static_cast<std::uint16_t>(scans_)});
  lock_.unlock(Site::kStackPoolUnlock);
}

// Go: freeStackSpans.
bool StackPool::end_scan() {
  lock_.lock(Site::kStackPoolLock);
  require(scans_ != 0, "stack pool", "a scan ends that has not begun");
  const bool is_last = --scans_ == 0;
  platform::record(event::CycleEnd{.scans = static_cast<std::uint16_t>(scans_)});
  for (unsigned order = 0; order < kStackOrdersAll && is_last; ++order) {
    if constexpr (kCostlyChecks) check_order(order);
    for (StackSpan* span = with_room_[order]; span != nullptr;) {
      StackSpan* const next = span->next;
      if (span->free_count == span->slot_count) free_span(*span);
      span = next;
    }
  }
  lock_.unlock(Site::kStackPoolUnlock);
  return is_last;
}

void StackPool::set_start(std::uint64_t used_bytes, std::uint32_t stacks) {
  if (!knobs_.adaptive_start) return;
  const std::size_t average = stacks == 0 ? 0 : used_bytes / stacks;
  const std::size_t bytes = std::clamp(std::bit_ceil(average), kStackMin, knobs_.max_bytes);
  start_bytes_.store(static_cast<std::uint32_t>(bytes), Site::kStartBytesStore);
}

void StackPool::check_freed() {
  if (!knobs_.poison) return;
  for (const StackSpan* span = made_; span != nullptr; span = span->next_made) {
    for (unsigned i = 0; i < span->slot_count && span->memory != nullptr; ++i) {
      const StackSlot& slot = span->slots[i];
      if (slot.in_use) continue;
      auto* const memory = reinterpret_cast<unsigned char*>(slot.lo);
      sanitizer::unpoison(memory, slot.bytes);
      const bool intact = platform::is_filled(memory, slot.bytes, kFreedStackByte);
      sanitizer::poison(memory, slot.bytes);
      if (intact) continue;
      platform::record(event::StackFreed{.overwritten = true,
                                         .serial = slot.serial,
                                         .bytes = static_cast<std::uint32_t>(slot.bytes)});
    }
  }
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
