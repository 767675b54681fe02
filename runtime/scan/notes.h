// What a scan has in mind while it works: elements of waiting goroutines (Go: what the garbage
// collector has found in sudogs, and has yet to look at).
//
// A noted goroutine may be woken, and its stack copied and freed, before the scan comes to it. It
// must still find a stack's span there, which is why spans stay in the pool while a scan works
// (stack/stack_pool.h). Go's findObject throws "found bad pointer in Go heap" otherwise.
#pragma once

#include <cstdint>

#include "sched/runtime.h"

namespace concertina::inline CONCERTINA_PLATFORM {

class ScanNotes {
 public:
  /// Notes elements. The scan has begun (StackPool::begin_scan).
  void take(Runtime& runtime);
  /// Every element lies in the span in which it was found. The scan has not ended.
  void check(Runtime& runtime) const;

 private:
  static constexpr unsigned kNotesMax = 16;

  unsigned count_ = 0;
  std::uintptr_t elements_[kNotesMax] = {};
  std::uint32_t spans_[kNotesMax] = {};  // serials
};

}  // namespace concertina::inline CONCERTINA_PLATFORM
