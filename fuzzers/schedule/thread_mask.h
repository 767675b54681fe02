// What strategies ask of a ThreadMask beyond the simulator's own functions
// (runtime/platform/sim/thread_mask.h, which chooser.h brings along): how many, the n-th, eight
// at a time.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "platform/sim/chooser.h"

namespace concertina::fuzzers {

// Those of 32 bits look at two bytes.
static_assert(kThreadsMax <= 16 || !std::is_same_v<ThreadMask, std::uint32_t>);

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

inline unsigned count(std::uint64_t mask) {
  return static_cast<unsigned>(__builtin_popcountll(mask));
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
inline ThreadId nth(std::uint64_t mask, unsigned n) {
  unsigned base = 0;
  while (n >= kBitPositions.count[mask & 255]) {
    n -= kBitPositions.count[mask & 255];
    mask >>= 8;
    base += 8;
  }
  return static_cast<ThreadId>(base + kBitPositions.at[mask & 255][n]);
}
inline ThreadId nth(WideThreadMask mask, unsigned n) {
  const unsigned low = count(mask.low());
  return n < low ? nth(mask.low(), n) : static_cast<ThreadId>(64 + nth(mask.high(), n - low));
}

/// Visits all members from the lowest: as a loop over members(), a word at a time.
template <class Visit>
void for_each(std::uint32_t mask, Visit visit) {
  for (; mask != 0; mask &= mask - 1) visit(static_cast<ThreadId>(__builtin_ctz(mask)));
}
template <class Visit>
void for_each(std::uint64_t mask, Visit visit) {
  for (; mask != 0; mask &= mask - 1) visit(static_cast<ThreadId>(__builtin_ctzll(mask)));
}
template <class Visit>
void for_each(WideThreadMask mask, Visit visit) {
  for_each(mask.low(), visit);
  for_each(mask.high(), [&](ThreadId thread) { visit(static_cast<ThreadId>(64 + thread)); });
}

/// Puts the thread in, or takes it out.
inline void put(ThreadMask& mask, ThreadId thread, bool is_in) {
  mask = is_in ? mask | bit(thread) : mask & ~bit(thread);
}

// Eight members from `at` on, a multiple of eight, as the lowest bits of a word; and back.

inline std::uint32_t eight_of(std::uint32_t mask, unsigned at) { return mask >> at & 0xff; }
inline std::uint32_t eight_of(std::uint64_t mask, unsigned at) {
  return static_cast<std::uint32_t>(mask >> at) & 0xff;
}
inline std::uint32_t eight_of(WideThreadMask mask, unsigned at) {
  const std::uint64_t word = at < 64 ? mask.low() : mask.high();
  return static_cast<std::uint32_t>(word >> (at & 63)) & 0xff;
}

template <class Mask>
Mask eight_at(std::uint32_t bits, unsigned at) {
  if constexpr (std::is_same_v<Mask, WideThreadMask>) {
    const std::uint64_t word = static_cast<std::uint64_t>(bits) << (at & 63);
    return at < 64 ? Mask(word, 0) : Mask(0, word);
  } else {
    return static_cast<Mask>(bits) << at;
  }
}

}  // namespace concertina::fuzzers
