// Bit tricks on ThreadMask that strategies share.
#pragma once

#include <array>
#include <cstdint>

#include "platform/sim/chooser.h"

namespace concertina::fuzzers {

static_assert(kThreadsMax <= 16);  // nth looks at two bytes

inline ThreadId lowest(ThreadMask mask) { return static_cast<ThreadId>(__builtin_ctz(mask)); }
inline ThreadMask without_lowest(ThreadMask mask) { return mask & (mask - 1); }
inline ThreadMask bit(ThreadId thread) { return ThreadMask{1} << thread; }

/// For each byte value, the positions of its bits from the lowest, and how many there are. A loop
/// over the bits costs a mispredicted branch at each random pick; baseline x86-64 has no bit count.
struct BitPositions {
  std::array<std::array<std::uint8_t, 8>, 256> at{};
  std::array<std::uint8_t, 256> count{};

  constexpr BitPositions() {
    for (unsigned byte = 0; byte < 256; ++byte) {
      for (std::uint8_t i = 0; i < 8; ++i) {
        if ((byte >> i & 1) != 0) at[byte][count[byte]++] = i;
      }
    }
  }
};
inline constexpr BitPositions kBitPositions;

inline unsigned count(ThreadMask mask) {
  return kBitPositions.count[mask & 255] + 0U + kBitPositions.count[mask >> 8 & 255];
}

/// The n-th set bit from the lowest (0); the mask has more than n bits.
inline ThreadId nth(ThreadMask mask, unsigned n) {
  const unsigned low = kBitPositions.count[mask & 255];
  if (n < low) return kBitPositions.at[mask & 255][n];
  return static_cast<ThreadId>(8 + kBitPositions.at[mask >> 8 & 255][(n - low) & 7]);
}

}  // namespace concertina::fuzzers
