#include "scan/notes.h"

#include "chan/collect.h"
#include "platform/fatal.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

// Go: findObject. The heap's lock is held.
std::uint32_t stack_span_of(const SpanHeap& heap, std::uintptr_t element) {
  const Span* const span = heap.find(element);
  require(span != nullptr && span->use == SpanUse::kStacks, "found bad pointer",
          "an element that a scan has noted is in memory that is no stack's");
  return span->serial;
}

}  // namespace

void ScanNotes::take(Runtime& runtime) {
  count_ = note_elements(runtime, elements_, kNotesMax);
  if (count_ == 0) return;
  runtime.heap.lock().lock(Site::kHeapLock);
  for (unsigned i = 0; i < count_; ++i) spans_[i] = stack_span_of(runtime.heap, elements_[i]);
  runtime.heap.lock().unlock(Site::kHeapUnlock);
}

void ScanNotes::check(Runtime& runtime) const {
  if (count_ == 0) return;
  runtime.heap.lock().lock(Site::kHeapLock);
  for (unsigned i = 0; i < count_; ++i) {
    require(stack_span_of(runtime.heap, elements_[i]) == spans_[i], "found bad pointer",
            "an element that a scan has noted is in another stack's memory");
  }
  runtime.heap.lock().unlock(Site::kHeapUnlock);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
