// The life of sudogs: per-processor caches over a central list (Go: acquireSudog, releaseSudog).
#include <new>

#include "chan/channel_internal.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

constexpr Function kAcquireSudogFrame = native_function(FunctionId::kAcquireSudog, 80);
constexpr Function kReleaseSudogFrame = native_function(FunctionId::kReleaseSudog, 80);

void refill(Runtime& runtime, SudogCache& cache) {
  runtime.sudog_lock.lock(Site::kSudogCacheLock);
  while (cache.count < kSudogCacheSlots / 2 && runtime.central_sudogs != nullptr) {
    Sudog* const sudog = runtime.central_sudogs;
    runtime.central_sudogs = sudog->next;
    sudog->next = nullptr;
    cache.slots[cache.count++] = sudog;
  }
  runtime.sudog_lock.unlock(Site::kSudogCacheUnlock);
  if (cache.count == 0) {
    cache.slots[cache.count++] = new (runtime.objects.make(sizeof(Sudog), ObjectUse::kSudog)) Sudog;
  }
  require(cache.count <= kSudogCacheSlots / 2, "sudog cache", "a refill is more than half");
}

void release_half(Runtime& runtime, SudogCache& cache) {
  runtime.sudog_lock.lock(Site::kSudogCacheLock);
  while (cache.count > kSudogCacheSlots / 2) {
    Sudog* const sudog = cache.slots[--cache.count];
    cache.slots[cache.count] = nullptr;
    sudog->next = runtime.central_sudogs;
    runtime.central_sudogs = sudog;
  }
  runtime.sudog_lock.unlock(Site::kSudogCacheUnlock);
  require(cache.count == kSudogCacheSlots / 2, "sudog cache", "not half of it was released");
}

// Slots up to the count hold sudogs, each once, and the others nothing.
void check_cache(const SudogCache& cache) {
  require(cache.count <= kSudogCacheSlots, "sudog cache", "more sudogs than slots");
  for (unsigned i = 0; i < kSudogCacheSlots; ++i) {
    require((cache.slots[i] != nullptr) == (i < cache.count), "sudog cache",
            "its count is not what its slots hold");
    for (unsigned j = 0; j < i && i < cache.count; ++j) {
      require(cache.slots[i] != cache.slots[j], "sudog cache", "it holds a sudog twice");
    }
  }
}

}  // namespace

Sudog* acquire_sudog(Machine& m, Goroutine& g) {
  const NativeFrame frame(g, kAcquireSudogFrame, Site::kAcquireSudogPrologue);
  SudogCache& cache = m.processor->sudogs;
  if (cache.count == 0) refill(*m.runtime, cache);
  Sudog* const sudog = cache.slots[--cache.count];
  cache.slots[cache.count] = nullptr;
  require(sudog->element.inspect() == 0, "acquire_sudog", "a cached sudog has an element");
  costly(check_free, *sudog);
  m.runtime->sudogs_in_use.add(1);
  sudog->goroutine = &g;
  return sudog;
}

void release_sudog(Machine& m, Goroutine& g, Sudog* sudog) {
  const NativeFrame frame(g, kReleaseSudogFrame, Site::kReleaseSudogPrologue);
  require(sudog->element.inspect() == 0, "release_sudog", "sudog with non-nil element");
  require(!sudog->is_select, "release_sudog", "sudog with is_select");
  require(sudog->next == nullptr, "release_sudog", "sudog with non-nil next");
  require(sudog->previous == nullptr, "release_sudog", "sudog with non-nil previous");
  require(sudog->wait_link == nullptr, "release_sudog", "sudog with non-nil wait_link");
  require(sudog->channel == nullptr, "release_sudog", "sudog with non-nil channel");
  require(g.parameter == nullptr, "release_sudog", "goroutine with non-nil parameter");
  require(sudog->goroutine == &g, "release_sudog", "sudog of another goroutine");
  sudog->goroutine = nullptr;
  sudog->success = false;
  sudog->case_index = 0;
  m.runtime->sudogs_in_use.add(static_cast<std::uint32_t>(-1));
  SudogCache& cache = m.processor->sudogs;
  if (cache.count == kSudogCacheSlots) release_half(*m.runtime, cache);
  cache.slots[cache.count++] = sudog;
  costly(check_cache, cache);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
