// What strategies ask of a ThreadMask beyond the simulator's own functions
// (runtime/platform/sim/thread_mask.h, which chooser.h brings along): how many, and the n-th.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "platform/sim/chooser.h"

namespace concertina::fuzzers {

// The functions for one word look at two bytes of it.
static_assert(kThreadsMax <= 16 || std::is_same_v<ThreadMask, WideThreadMask>);

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

inline unsigned count(std::uint32_t mask) {
  return kBitPositions.count[mask & 255] + 0U + kBitPositions.count[mask >> 8 & 255];
}

inline unsigned count(WideThreadMask mask) {
  return static_cast<unsigned>(__builtin_popcountll(mask.low()) +
                               __builtin_popcountll(mask.high()));
}

/// The n-th member from the lowest (0); the mask has more than n.
inline ThreadId nth(std::uint32_t mask, unsigned n) {
  const unsigned low = kBitPositions.count[mask & 255];
  if (n < low) return kBitPositions.at[mask & 255][n];
  return static_cast<ThreadId>(8 + kBitPositions.at[mask >> 8 & 255][(n - low) & 7]);
}
inline ThreadId nth(WideThreadMask mask, unsigned n) {
  std::uint64_t word = mask.low();
  unsigned base = 0;
  if (const auto low = static_cast<unsigned>(__builtin_popcountll(word)); n >= low) {
    n -= low;
    word = mask.high();
    base = 64;
  }
  while (n >= kBitPositions.count[word & 255]) {
    n -= kBitPositions.count[word & 255];
    word >>= 8;
    base += 8;
  }
  return static_cast<ThreadId>(base + kBitPositions.at[word & 255][n]);
}

}  // namespace concertina::fuzzers
