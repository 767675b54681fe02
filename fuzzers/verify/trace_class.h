// TraceClass: the name of a run's (or a prefix's) Mazurkiewicz trace, kept step by step.
//
// Two sequences of steps that differ only by swapping neighbours that do not conflict are one trace
// (Mazurkiewicz, "Concurrent program schemes and their interpretations", 1977). Each step gets a
// hash of its label and of its causes: the step before it in its thread, the one that created the
// thread, and for each slot the steps that it conflicts with. Nothing in it depends on the order of
// what is not ordered, so the sum over all steps is equal for equal traces; different traces have
// different sums but for collisions (64 bits: for a million traces one in 10^7).
//
// Equal traces lead to equal states, so the name of a prefix is also the name of the state it leads
// to, and of its history.
#pragma once

#include <array>
#include <cstdint>

#include "base/hash.h"
#include "verify/footprint.h"

namespace concertina::fuzzers {

class TraceClass {
 public:
  void clear();
  void add(const Footprint& step);
  std::uint64_t name() const { return sum_; }

 private:
  /// Accesses of one mode that commute form a group; `before` stands for all groups before it.
  struct SlotState {
    std::uint64_t before = 0;
    std::uint64_t group = 0;
    std::uint32_t run = 0;  // the state is of that run, else it is empty
    Mode mode = Mode::kRead;
  };

  SlotState& state_of(std::uint16_t slot);

  std::uint64_t sum_ = 0;
  std::uint64_t barrier_ = 0;  // of the latest step that conflicts with all
  std::uint32_t run_ = 0;
  std::array<std::uint64_t, kThreadsMax> latest_{};  // of each thread
  std::array<SlotState, kSlots> slots_{};
};

/// A mixing step of 64-bit hashes, for names made of parts.
constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * kGoldenRatio;
  hash ^= hash >> 32;
  hash *= 0xD6E8FEB86659FD93U;
  return hash ^ hash >> 29;
}

}  // namespace concertina::fuzzers
