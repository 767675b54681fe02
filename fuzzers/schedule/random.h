// Random: a small deterministic generator of draws (splitmix64). The same seed gives the same draws
// in every build and on every machine; nothing in the harness draws from anywhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/hash.h"

namespace concertina::fuzzers {

class Random {
 public:
  explicit constexpr Random(std::uint64_t seed = 0) : state_(seed) {}

  constexpr std::uint64_t next() {
    state_ += kGoldenRatio;
    return scatter(state_);
  }

  /// In [0, n), n >= 1, by multiplication: the bias (n in 2^32) is far below what anything here
  /// sees.
  constexpr std::uint32_t below(std::uint32_t n) {
    CHECK(n != 0, "a draw has at least one value");
    return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
  }

  /// In [low, high], both included.
  constexpr std::uint32_t between(std::uint32_t low, std::uint32_t high) {
    CHECK(low <= high, "a range is not empty");
    return low + below(high - low + 1);
  }

  constexpr bool percent(std::uint32_t chance) { return below(100) < chance; }

  /// A member of a list that is not empty.
  template <class T>
  constexpr T& pick(std::span<T> list) {
    CHECK(!list.empty(), "a member is drawn from a list that has some");
    return list[below(static_cast<std::uint32_t>(list.size()))];
  }
  template <class T, std::size_t kSize>
  constexpr const T& pick(const T (&list)[kSize]) {
    return list[below(kSize)];
  }

 private:
  std::uint64_t state_;
};

}  // namespace concertina::fuzzers
