// Objects: pieces of spans, by classes of size (Go: mcentral). Sudogs and channel buffers.
//
// An object is zeroed when it is handed out, and has a red zone behind it. A span of objects that
// are all free stays here until `free_spans`, the end of a scan cycle: the sweep of a collection.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/span_heap.h"

namespace concertina::inline CONCERTINA_PLATFORM {

struct ObjectSpan;

class ObjectHeap {
 public:
  explicit ObjectHeap(SpanHeap& heap) : heap_(heap) {}

  /// Zeroed memory, aligned to 16 bytes, until it is freed. The caller owns it.
  void* make(std::size_t bytes, ObjectUse use);
  /// Frees what `make` has returned.
  void free(void* object);
  /// Gives wholly free spans back to the heap.
  void free_spans();

 private:
  static constexpr unsigned kClasses = 24;  // 64 bytes << 23: more than the largest buffer

  ObjectSpan& make_span(unsigned size_class);

  SpanHeap& heap_;
  // Guarded by the heap's lock.
  ObjectSpan* with_room_[kClasses] = {};  // spans with free objects
  ObjectSpan* spare_ = nullptr;
};

}  // namespace concertina::inline CONCERTINA_PLATFORM
