// Adjusting the pointers of copied frames.
#pragma once

#include <cstddef>
#include <cstdint>

#include "stack/frame.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// Adds `delta` to each slot that points into the old stack. By value where it is used: a reference
/// could be to what a slot's store changes, as far as the compiler knows.
struct Adjustment {
  Adjustment(const Stack& from, std::uintptr_t by) : lo(from.lo), bytes(from.bytes()), delta(by) {}
  void operator()(std::uintptr_t slot_address) const {
    auto* const slot = reinterpret_cast<std::uintptr_t*>(slot_address);
    const std::uintptr_t pointer = *slot;
    if (pointer - lo < bytes) *slot = pointer + delta;
  }

  const std::uintptr_t lo;
  const std::size_t bytes;
  const std::uintptr_t delta;
};

/// Calls visit(address) for each slot of the frame at `at` that may point into the stack.
template <class Visit>
[[gnu::always_inline]] inline void for_each_slot(std::uintptr_t at, const FrameHeader& header,
                                                 const Visit& visit) {
  visit(at + offsetof(FrameHeader, saved_frame_pointer));
  const FrameLayout& layout = header.function->layout;
  for (unsigned i = 0; i < layout.pointer_count; ++i) visit(at + layout.pointers[i]);
  for (unsigned i = 0; i < header.group_count; ++i) {
    visit(at + layout.group_first + std::uintptr_t{layout.group_stride} * i);
  }
}

/// Adjusts the frame at `at`, and those that follow it if they are of the same function, size and
/// soundness, as a recursion leaves them. The frame and its like lie below `high`. Returns where
/// the next frame begins.
std::uintptr_t adjust_alike(std::uintptr_t at, std::uintptr_t high, const Adjustment& adjust);

}  // namespace concertina::inline CONCERTINA_PLATFORM
