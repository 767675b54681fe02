// ThreadMask: a set of virtual threads, one bit each, and how many threads a run may have.
//
// The runtime's simulations need 16 threads. Programs that are about schedules and not about the
// runtime may need a hundred: the build compiles the simulator and the strategies again with
// CONCERTINA_THREADS_MAX set to 64, where the mask is still one machine word, and to 128, where it
// is two (add_mask_twin in scripts/cmake). One source serves all, on one condition: masks are made,
// taken apart and asked by the functions below (and by those of fuzzers/schedule/thread_mask.h), by
// & | ~ and by comparing with 0. The wide mask has no shifts and no arithmetic, so a trick that
// fits one word only does not compile there.
#pragma once

#include <cstdint>
#include <type_traits>

#include "base/event.h"

#ifndef CONCERTINA_THREADS_MAX
#define CONCERTINA_THREADS_MAX 16
#endif

namespace concertina {

inline constexpr unsigned kThreadsMax = CONCERTINA_THREADS_MAX;

/// Two words.
class WideThreadMask {
 public:
  static constexpr unsigned kBits = 128;

  /// Not explicit, for `mask = 0` and `mask == 0`.
  constexpr WideThreadMask(std::uint64_t low = 0, std::uint64_t high = 0)
      : low_(low), high_(high) {}

  constexpr std::uint64_t low() const { return low_; }
  constexpr std::uint64_t high() const { return high_; }

  constexpr WideThreadMask operator~() const { return {~low_, ~high_}; }
  constexpr WideThreadMask& operator&=(WideThreadMask other) { return *this = *this & other; }
  constexpr WideThreadMask& operator|=(WideThreadMask other) { return *this = *this | other; }
  friend constexpr WideThreadMask operator&(WideThreadMask a, WideThreadMask b) {
    return {a.low_ & b.low_, a.high_ & b.high_};
  }
  friend constexpr WideThreadMask operator|(WideThreadMask a, WideThreadMask b) {
    return {a.low_ | b.low_, a.high_ | b.high_};
  }
  friend constexpr bool operator==(WideThreadMask a, WideThreadMask b) {
    return ((a.low_ ^ b.low_) | (a.high_ ^ b.high_)) == 0;
  }

 private:
  std::uint64_t low_, high_;
};

/// Bit = ThreadId.
using ThreadMask =
    std::conditional_t<(kThreadsMax <= 32), std::uint32_t,
                       std::conditional_t<(kThreadsMax <= 64), std::uint64_t, WideThreadMask>>;
static_assert(kThreadsMax <= WideThreadMask::kBits);

// The functions exist for all masks in every build, so that one test sees all.

template <class Mask>
constexpr Mask bit_of(ThreadId thread) {
  if constexpr (std::is_same_v<Mask, WideThreadMask>) {
    const std::uint64_t one = std::uint64_t{1} << (thread & 63);
    return thread < 64 ? Mask{one, 0} : Mask{0, one};
  } else {
    return Mask{1} << thread;
  }
}
constexpr ThreadMask bit(ThreadId thread) { return bit_of<ThreadMask>(thread); }

constexpr bool is_empty(std::uint32_t mask) { return mask == 0; }
constexpr bool is_empty(std::uint64_t mask) { return mask == 0; }
constexpr bool is_empty(WideThreadMask mask) { return (mask.low() | mask.high()) == 0; }

template <class Mask>
constexpr bool contains(Mask mask, ThreadId thread) {
  return !is_empty(mask & bit_of<Mask>(thread));
}

/// The lowest member of a mask that is not empty.
constexpr ThreadId lowest(std::uint32_t mask) { return static_cast<ThreadId>(__builtin_ctz(mask)); }
constexpr ThreadId lowest(std::uint64_t mask) {
  return static_cast<ThreadId>(__builtin_ctzll(mask));
}
constexpr ThreadId lowest(WideThreadMask mask) {
  return static_cast<ThreadId>(mask.low() != 0 ? __builtin_ctzll(mask.low())
                                               : 64 + __builtin_ctzll(mask.high()));
}

constexpr std::uint32_t without_lowest(std::uint32_t mask) { return mask & (mask - 1); }
constexpr std::uint64_t without_lowest(std::uint64_t mask) { return mask & (mask - 1); }
constexpr WideThreadMask without_lowest(WideThreadMask mask) {
  if (mask.low() != 0) return {mask.low() & (mask.low() - 1), mask.high()};
  return {0, mask.high() & (mask.high() - 1)};
}

/// One member or none.
template <class Mask>
constexpr bool has_at_most_one(Mask mask) {
  return is_empty(without_lowest(mask));
}

/// The members whose numbers are higher than the thread's.
constexpr std::uint32_t above(std::uint32_t mask, ThreadId thread) {
  return mask & ~(bit_of<std::uint32_t>(thread) | (bit_of<std::uint32_t>(thread) - 1));
}
constexpr std::uint64_t above(std::uint64_t mask, ThreadId thread) {
  return mask & (~std::uint64_t{0} << thread << 1);
}
constexpr WideThreadMask above(WideThreadMask mask, ThreadId thread) {
  const std::uint64_t cut = ~std::uint64_t{0} << (thread & 63) << 1;
  return thread < 64 ? WideThreadMask{mask.low() & cut, mask.high()}
                     : WideThreadMask{0, mask.high() & cut};
}

/// All members, from the lowest: for (const ThreadId thread : members(mask)).
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
    constexpr bool operator==(const Iterator& other) const { return rest_ == other.rest_; }

   private:
    Mask rest_;
  };

  constexpr explicit Members(Mask mask) : mask_(mask) {}
  constexpr Iterator begin() const { return Iterator(mask_); }
  constexpr Iterator end() const { return Iterator(Mask{}); }

 private:
  Mask mask_;
};

template <class Mask>
constexpr Members<Mask> members(Mask mask) {
  return Members<Mask>(mask);
}

}  // namespace concertina
