// minimize: the smallest input that still fails the same way.
//
//   1  the schedule, the program as it is: wishes, stack events and settings that are not needed go
//   2  the program, step by step (reduce_program.h); the schedule fits the old program, so each
//      candidate is tried under fresh schedules, too, and the one that fails is kept
//   3  1 and 2 to a fixpoint, first with few schedules per candidate, then with many
//   4  the preemptions: with none, one, two, ... a schedule that needs no chance (non_preemptive.h)
//   5  the schedule once more; and the program, under schedules near that one
//
// Every candidate must fail with the same signature and cost less (size.h), so it ends; `runs_max`
// bounds it in any case. A pure function of its arguments and the examiner's answers.
//
// The idea of a fresh search of schedules for each candidate is from property-based testing of
// concurrent programs (Claessen et al., "Finding race conditions in Erlang with QuickCheck and
// PULSE", ICFP 2009): a program that has been changed needs another schedule.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "minimize/size.h"

namespace concertina::fuzzers {

/// What the minimiser knows of runs and verdicts. It asks whether candidates still fail with the
/// one signature that it was made for; where and how they run is not its business.
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

struct MinimizeOptions {
  std::uint64_t seed = 1;
  std::uint64_t runs_max = 1'000'000;
  unsigned schedules_few = 200;    // per candidate, in the first fixpoint
  unsigned schedules_many = 2000;  // per candidate, in the second
  // Called whenever a smaller input has been found, with what was done and the runs so far.
  std::function<void(const char* what, const Input& input, std::uint64_t runs)> progress;
};

struct Minimized {
  Input input;
  std::uint64_t runs = 0;         // candidates examined
  bool is_out_of_budget = false;  // `runs_max` was hit: it may be possible to make it smaller
  std::string why_cut_off;        // not empty: the examiner had to stop here
};

/// `input` must fail with the examiner's signature.
Minimized minimize(const Input& input, Examiner& examiner, const MinimizeOptions& options);

}  // namespace concertina::fuzzers
