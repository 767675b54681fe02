// Select over up to kSelectCasesMax cases (Go: selectgo).
//
// The working set (cases, poll order, lock order) is a frame on the goroutine's own stack, so it
// moves with it; the commit function, which runs after the goroutine has let go of its stack, walks
// the sudogs instead (golang/go 8fb182d020).
#pragma once

#include <cstdint>

#include "chan/channel.h"

namespace concertina::inline CONCERTINA_PLATFORM {

struct SelectCase {
  Channel* channel = nullptr;  // nil: never ready
  std::uintptr_t element = 0;  // points into the stack: adjusted by copies
  bool is_send = false;
};

/// Begins a select of n cases: pushes the frame with all cases nil. Then set_case for each, then
/// the caller's step returns Action::kNext. The outcome is in Goroutine::result: index
/// (kSelectedDefault when none was ready and `has_default`), ok for a receive.
void call_select(Machine& m, Goroutine& g, unsigned n, bool has_default);
/// Between call_select and the return of the caller's step.
void set_case(Goroutine& g, unsigned index, Channel* c, bool is_send,
              std::uint32_t element_below_hi);

}  // namespace concertina::inline CONCERTINA_PLATFORM
