// Examiner: what the minimiser knows of runs and verdicts. It asks whether candidates still fail
// with the one signature that it was made for; where and how they run is not its business.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "input/input.h"

namespace concertina::fuzzers {

class Examiner {
 public:
  virtual ~Examiner() = default;

  /// Runs the candidates in order and returns the index of the first that fails with the wanted
  /// signature; nothing when none does. A failure with another signature is no match: minimising
  /// must not slip from one bug to another (google/oss-fuzz #452). It may give up early on a list
  /// of which too many fail otherwise.
  virtual std::optional<std::size_t> first_match(std::span<const Input> candidates) = 0;

  /// The yield points that a run of the input passes, in order, as keys that a wish could have.
  virtual std::vector<Key> keys_of(const Input& input) = 0;
};

}  // namespace concertina::fuzzers
