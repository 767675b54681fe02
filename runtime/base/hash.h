// Mixing of 64-bit words, for hashes and for draws: equal on every machine and in every build, as
// traces, corpora and seeds depend on it.
#pragma once

#include <cstdint>

namespace concertina {

inline constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;  // its fraction, as 64 bits

/// A word that depends on each bit of the given one. scatter(state += kGoldenRatio) is the next
/// draw of splitmix64: neighbouring seeds give unlike streams.
constexpr std::uint64_t scatter(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
  word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
  return word ^ (word >> 31);
}

/// The hash of what `hash` is of, followed by the value.
constexpr std::uint64_t hash_with(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * kGoldenRatio;
  return hash ^ (hash >> 29);
}

}  // namespace concertina
