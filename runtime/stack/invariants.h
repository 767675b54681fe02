// What frame.h, goroutine.h and stack.h say of a goroutine's stack, as assertions. The caller owns
// the stack. Nothing here is a step of the run; a broken rule ends it as fatal. The calls stand in
// `if constexpr (kCostlyChecks)` (base/check.h).
#pragma once

#include "stack/goroutine.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// There is a stack, of a size that the pool makes, and sp is a place for a frame in it.
void check_bounds(const Goroutine& g);

/// check_bounds, with room for functions that may not split. Not for a nosplit region: it uses it.
void check_room(const Goroutine& g);

/// From sp to hi there are frames and nothing else, and each knows the next older one.
void check_frames(const Goroutine& g);

/// g has moved from `old` to another stack, and no slot of its frames points to the old one.
void check_has_left(const Goroutine& g, const Stack& old);

/// No sudog of g points into `old`. What protects their elements is held.
void check_elements_have_left(const Goroutine& g, const Stack& old);

}  // namespace concertina::inline CONCERTINA_PLATFORM
