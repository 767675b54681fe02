#include "heap/span_heap.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/sanitizer.h"
#include "platform/fatal.h"
#include "platform/lines.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// What was made at once. Never given back.
struct HeapBlock {
  std::uint32_t first = 0;  // number of its first page
  std::uint32_t pages = 0;
  std::uint32_t used = 0;       // of its pages, from the first one: those beyond were never taken
  std::byte* memory = nullptr;  // begins a line
  Span** holders = nullptr;     // by page: the span in use that has it, or null
  HeapBlock* older = nullptr;
};

namespace {

std::uint32_t pages_of(std::size_t bytes) {
  require(bytes != 0 && bytes <= (std::size_t{1} << 31), "heap", "a span of a size that none has");
  return static_cast<std::uint32_t>((bytes + kHeapPageBytes - 1) / kHeapPageBytes);
}

// Of a free span, the pages that have been somebody's and so are filled with kFreedByte.
std::size_t filled_bytes(const Span& span) {
  const std::uint32_t end = span.block->first + span.block->used;
  return end <= span.first ? 0 : std::min(end - span.first, span.pages) * kHeapPageBytes;
}

void set_holder(const Span& span, Span* holder) {
  Span** const holders = span.block->holders + (span.first - span.block->first);
  for (std::uint32_t i = 0; i < span.pages; ++i) {
    require((holders[i] == nullptr) == (holder != nullptr), "heap",
            "pages are taken that are in use, or given back that are not");
    holders[i] = holder;
  }
}

}  // namespace

Span& SpanHeap::make_span(HeapBlock& block, std::uint32_t first, std::uint32_t pages) {
  Span* span = spare_;
  if (span != nullptr) {
    spare_ = span->next;
  } else {
    span = new (platform::allocate(sizeof(Span))) Span;
  }
  span->use = SpanUse::kFree;
  span->first = first;
  span->pages = pages;
  span->memory = block.memory + std::size_t{first - block.first} * kHeapPageBytes;
  span->block = &block;
  span->next = nullptr;
  return *span;
}

// Numbers of pages have a gap between blocks, so that neighbours by number are neighbours.
void SpanHeap::make_block(std::uint32_t pages) {
  if (pages < kHeapBlockPages) pages = kHeapBlockPages;
  const std::size_t bytes = std::size_t{pages} * kHeapPageBytes;
  auto* const block = new (platform::allocate(sizeof(HeapBlock))) HeapBlock;
  auto* const memory = static_cast<std::byte*>(platform::allocate(bytes + kLineBytes));
  block->first = pages_made_;
  block->pages = pages;
  block->memory = memory + (-reinterpret_cast<std::uintptr_t>(memory)) % kLineBytes;
  block->holders = static_cast<Span**>(platform::allocate(pages * sizeof(Span*)));
  block->older = newest_block_;
  newest_block_ = block;
  pages_made_ += pages + 1;
  sanitizer::poison(block->memory, bytes);
  insert_free(make_span(*block, block->first, pages));
}

// Go: mcache, mcentral and the bitmaps of its page allocator do this for millions of spans.
Span* SpanHeap::take_first_fit(std::uint32_t pages) {
  for (Span** link = &free_; *link != nullptr; link = &(*link)->next) {
    Span& span = **link;
    if (span.pages < pages) continue;
    *link = span.next;
    span.next = nullptr;
    if (span.pages > pages) {
      insert_free(make_span(*span.block, span.first + pages, span.pages - pages));
      span.pages = pages;
    }
    return &span;
  }
  return nullptr;
}

// Its pages that are taken for the first time.
void SpanHeap::fill_fresh(Span& span) {
  const std::size_t filled = filled_bytes(span);
  if (filled == span.bytes()) return;
  span.block->used = span.first + span.pages - span.block->first;
  if (poison_) platform::fill(span.memory + filled, span.bytes() - filled, kFreedByte);
}

Span& SpanHeap::take_locked(std::size_t bytes, SpanUse use) {
  require(lock_.is_held_by_me(), "heap", "its spans need its lock");
  require(use != SpanUse::kFree, "heap", "a span is taken for no use");
  const std::uint32_t pages = pages_of(bytes);
  Span* span = take_first_fit(pages);
  if (span == nullptr) {
    make_block(pages);
    span = take_first_fit(pages);
  }
  require(span != nullptr && span->use == SpanUse::kFree, "heap", "a span is taken that is in use");
  sanitizer::unpoison(span->memory, span->bytes());
  if (kCostlyChecks && poison_) {
    require(platform::is_filled(span->memory, filled_bytes(*span), kFreedByte), "heap",
            "a span was written to while it was free");
  }
  fill_fresh(*span);
  set_holder(*span, span);
  span->use = use;
  span->serial = ++serials_;
  if constexpr (kCostlyChecks) check_free_list();
  platform::record(event::SpanTaken{.use = use, .page = span->first, .pages = span->pages});
  return *span;
}

// The neighbour's pages become the span's.
void SpanHeap::absorb(Span& span, Span* neighbour) {
  require(neighbour->use == SpanUse::kFree, "heap", "a span merges with one that is in use");
  span.pages += neighbour->pages;
  span.next = neighbour->next;
  neighbour->next = spare_;
  spare_ = neighbour;
}

void SpanHeap::insert_free(Span& span) {
  Span* before = nullptr;
  Span** link = &free_;
  while (*link != nullptr && (*link)->first < span.first) {
    before = *link;
    link = &before->next;
  }
  span.next = *link;
  *link = &span;
  if (span.next != nullptr && span.first + span.pages == span.next->first) {
    absorb(span, span.next);
  }
  if (before != nullptr && before->first + before->pages == span.first) absorb(*before, &span);
}

void SpanHeap::give_back_locked(Span& span) {
  require(lock_.is_held_by_me(), "heap", "its spans need its lock");
  require(span.use != SpanUse::kFree, "heap", "a span is given back twice");
  platform::record(event::SpanFreed{.use = span.use, .page = span.first, .pages = span.pages});
  set_holder(span, nullptr);
  span.use = SpanUse::kFree;
  sanitizer::unpoison(span.memory, span.bytes());
  if (poison_) platform::fill(span.memory, span.bytes(), kFreedByte);
  sanitizer::poison(span.memory, span.bytes());
  insert_free(span);
  if constexpr (kCostlyChecks) check_free_list();
}

Span& SpanHeap::take(std::size_t bytes, SpanUse use) {
  lock_.lock(Site::kHeapLock);
  Span& span = take_locked(bytes, use);
  lock_.unlock(Site::kHeapUnlock);
  return span;
}

void SpanHeap::give_back(Span& span) {
  lock_.lock(Site::kHeapLock);
  give_back_locked(span);
  lock_.unlock(Site::kHeapUnlock);
}

const Span* SpanHeap::find(std::uintptr_t address) const {
  require(lock_.is_held_by_me(), "heap", "its spans need its lock");
  for (const HeapBlock* block = newest_block_; block != nullptr; block = block->older) {
    const std::uintptr_t at = address - reinterpret_cast<std::uintptr_t>(block->memory);
    if (at < std::size_t{block->pages} * kHeapPageBytes) return block->holders[at / kHeapPageBytes];
  }
  return nullptr;
}

// The list is in order, has whole gaps between its spans, and only what is free.
void SpanHeap::check_free_list() const {
  for (const Span* span = free_; span != nullptr; span = span->next) {
    require(span->use == SpanUse::kFree && span->pages != 0, "heap",
            "a span in use is on the list of free ones");
    require(span->next == nullptr || span->first + span->pages < span->next->first, "heap",
            "free spans overlap, or have not been merged");
  }
}

void SpanHeap::check_free() {
  if (!poison_) return;
  for (const Span* span = free_; span != nullptr; span = span->next) {
    sanitizer::unpoison(span->memory, span->bytes());
    const bool intact = platform::is_filled(span->memory, filled_bytes(*span), kFreedByte);
    sanitizer::poison(span->memory, span->bytes());
    if (intact) continue;
    platform::record(event::SpanFreed{
        .overwritten = true, .use = SpanUse::kFree, .page = span->first, .pages = span->pages});
  }
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
