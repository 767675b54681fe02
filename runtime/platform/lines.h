// Adding to some words of many cache lines, a line at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

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

using AdjustLines = std::uintptr_t(const LinesInRow& row, std::uintptr_t lo, std::size_t bytes,
                                   std::uintptr_t delta);

/// Adds `delta` to each of the row's words that is in [lo, lo + bytes), and writes whole lines, so
/// nobody else may look at them. Returns where the row ended: the address of the first line that is
/// not of it.
AdjustLines adjust_lines;

/// The same, built for the instructions that this processor has; the one in use is the first.
std::vector<AdjustLines*> ways_to_adjust_lines();

}  // namespace concertina::inline CONCERTINA_PLATFORM
