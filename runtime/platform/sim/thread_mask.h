// ThreadMask: a set of virtual threads, one bit each, and how many threads a run may have.
//
// The runtime's simulations need 16 threads. The yardstick's programs are about schedules and have
// up to 101: its build of the simulator and the strategies has CONCERTINA_THREADS_MAX=128
// (scripts/cmake/twins.cmake). The mask is an unsigned integer in both, so one source serves both.
// The runtime does not use the wide one, too, because its runs would take 15 % more instructions.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "base/event.h"

#ifndef CONCERTINA_THREADS_MAX
#define CONCERTINA_THREADS_MAX 16
#endif

namespace concertina {

inline constexpr unsigned kThreadsMax = CONCERTINA_THREADS_MAX;

/// Bit = ThreadId.
using ThreadMask = std::conditional_t<kThreadsMax <= 16, std::uint32_t, unsigned __int128>;
static_assert(kThreadsMax <= 8 * sizeof(ThreadMask));

constexpr ThreadMask bit(ThreadId thread) { return ThreadMask{1} << thread; }

constexpr bool is_empty(ThreadMask mask) { return mask == 0; }

constexpr bool contains(ThreadMask mask, ThreadId thread) { return (mask & bit(thread)) != 0; }

/// The lowest member of a mask that is not empty.
template <class Mask>
constexpr ThreadId lowest(Mask mask) {
  const auto low = static_cast<std::uint64_t>(mask);
  if constexpr (sizeof(Mask) > sizeof(low)) {
    if (low == 0) {
      return static_cast<ThreadId>(64 + __builtin_ctzll(static_cast<std::uint64_t>(mask >> 64)));
    }
  }
  return static_cast<ThreadId>(__builtin_ctzll(low));
}

template <class Mask>
constexpr Mask without_lowest(Mask mask) {
  return static_cast<Mask>(mask & (mask - 1));
}

/// One member or none.
constexpr bool has_at_most_one(ThreadMask mask) { return is_empty(without_lowest(mask)); }

/// The members whose numbers are higher than the thread's.
constexpr ThreadMask above(ThreadMask mask, ThreadId thread) {
  return mask & ~(bit(thread) | (bit(thread) - 1));
}

/// All members, from the lowest: for (const ThreadId thread : members(mask)). (Of any set of small
/// numbers, not only of threads.)
template <class Mask>
class Members {
 public:
  class Iterator {
   public:
    constexpr explicit Iterator(Mask rest) : rest_(rest) {}
    constexpr ThreadId operator*() const { return lowest(rest_); }
    constexpr Iterator& operator++() {
      rest_ = without_lowest(rest_);
      return *this;
    }
    constexpr bool operator==(const Iterator& other) const = default;

   private:
    Mask rest_;
  };

  constexpr explicit Members(Mask mask) : mask_(mask) {}
  constexpr Iterator begin() const { return Iterator(mask_); }
  constexpr Iterator end() const { return Iterator(0); }

 private:
  Mask mask_;
};

template <class Mask>
constexpr Members<Mask> members(Mask mask) {
  return Members<Mask>(mask);
}

/// For each byte value, the positions of its bits from the lowest, and how many there are. A loop
/// over the bits costs a mispredicted branch at each random pick; baseline x86-64 has no bit count.
struct BitPositions {
  std::array<std::array<std::uint8_t, 8>, 256> at{};
  std::array<std::uint8_t, 256> count{};

  UNCOUNTED consteval BitPositions() {
    for (unsigned byte = 0; byte < 256; ++byte) {
      for (std::uint8_t i = 0; i < 8; ++i) {
        if ((byte >> i & 1) != 0) at[byte][count[byte]++] = i;
      }
    }
  }
};
inline constexpr BitPositions kBitPositions;

/// How many members.
constexpr unsigned count(ThreadMask mask) {
  if constexpr (kThreadsMax <= 16) {
    return kBitPositions.count[mask & 255] + 0U + kBitPositions.count[mask >> 8 & 255];
  } else {
    return static_cast<unsigned>(__builtin_popcountll(static_cast<std::uint64_t>(mask)) +
                                 __builtin_popcountll(static_cast<std::uint64_t>(mask >> 64)));
  }
}

/// The n-th member from the lowest (0); the mask has more than n.
constexpr ThreadId nth(ThreadMask mask, unsigned n) {
  auto word = static_cast<std::uint64_t>(mask);
  unsigned base = 0;
  if constexpr (kThreadsMax > 64) {
    const auto in_low = static_cast<unsigned>(__builtin_popcountll(word));
    if (n >= in_low) {
      n -= in_low;
      word = static_cast<std::uint64_t>(mask >> 64);
      base = 64;
    }
  }
  for (; n >= kBitPositions.count[word & 255]; word >>= 8, base += 8) {
    n -= kBitPositions.count[word & 255];
  }
  return static_cast<ThreadId>(base + kBitPositions.at[word & 255][n]);
}

/// Puts the thread in, or takes it out.
constexpr void put(ThreadMask& mask, ThreadId thread, bool is_in) {
  mask = is_in ? mask | bit(thread) : mask & ~bit(thread);
}

}  // namespace concertina
