// Adding to some words of many cache lines, with the processor's vector instructions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform.h"

namespace concertina::inline CONCERTINA_PLATFORM {

inline constexpr std::size_t kLineBytes = 64;

/// Lines that lie `stride` apart: the first at `at`, and none beyond `last`.
struct LinesInRow {
  std::uintptr_t at;
  std::uintptr_t last;
  std::uint32_t stride;
  unsigned alike;  // bit i: the row ends before a line whose i-th 4 bytes are not the first line's
  unsigned words;  // bit i: the i-th 8 bytes may be added to
};

/// False where the processor cannot, and under a sanitizer, which would not see it.
bool can_adjust_lines();

/// Adds `delta` to each of the row's words that is in [lo, lo + bytes). Returns where the row
/// ended: the address of the first line that is not of it.
std::uintptr_t adjust_lines(const LinesInRow& row, std::uintptr_t lo, std::size_t bytes,
                            std::uintptr_t delta);

}  // namespace concertina::inline CONCERTINA_PLATFORM
