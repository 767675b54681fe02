// Depth and cause of a failing input: the fewest preemptions with which its program fails the same
// way, and the pair of steps that it turns on.
//
//   1  bounds 0, 1, 2, ... are explored until one has a failure of that signature. The bounds below
//      were explored completely, so no schedule with fewer preemptions fails that way: the proof.
//   2  where that takes too long, the preemptions of failing runs are reduced (fewer_child.h). What
//      is left is an upper bound of the depth, the complete bounds are a lower one; where they
//      meet, that is a proof, too.
//   3  the run with the fewest is repeated and its races are recorded (verify/reversal.h).
//   4  each race is turned round until a run passes: with those two steps swapped and everything
//      else as it was, the failure is gone. This works backwards from the end of the run, so that
//      the passing run follows the failing one as long as it can: after that pair nothing helps.
#pragma once

#include <string>

#include "tools/fewer_child.h"
#include "tools/verify_child.h"
#include "verify/reversal.h"

namespace concertina::fuzzers {

struct Cause {
  bool is_found = false;
  Step first;  // in the failing run; the other way round it passes
  Step second;
  unsigned races_tried = 0;
  unsigned races = 0;

  /// "chan-send-lock of g0.1 before park-commit-unlock of g0"; empty when there is none. Without
  /// positions, which change: it is for headers.
  std::string words() const;
};

struct Depth {
  std::string signature;
  bool has_fixed_draws = false;  // too many for all of them: bounds are those of the seed's draws
  bool is_reduced = false;       // the run was not found by exploring, but by reducing others
  std::uint64_t reducing_runs = 0;
  Verified explored;  // its run is the one with the fewest preemptions
  Cause cause;

  /// A failing run is known; it has `explored.preemptions`.
  bool is_known() const { return explored.end == VerifyEnd::kFailed; }
  /// No schedule with fewer fails that way: all bounds below were explored completely.
  bool is_proved() const { return is_known() && bounds_complete() >= explored.preemptions; }
  /// How many bounds, from 0 up, were explored completely without that failure.
  unsigned bounds_complete() const;
  /// In the bounds that were explored, or in those below one.
  std::uint64_t schedules(unsigned below = kBoundsMax) const;
  /// In those that are below the depth.
  std::uint64_t schedules_below() const;
  /// "1 preemption; 0 of 129 schedules with fewer fail so", or "at most 6 preemptions; more than 1:
  /// 0 of 1234 schedules with so few fail so"; empty when it is not known.
  std::string words() const;
};

/// How much to do where exploring finds nothing.
struct Reducing {
  unsigned starts = FewerOrder{}.starts;
  unsigned runs = FewerOrder{}.runs_to_reduce;  // each
};

/// Explores the program, whatever its schedule, for a failure of the order's signature; where that
/// finds none, reduces the preemptions of failing runs, beginning with the input's own; then looks
/// for the cause. The order's seconds are for each of these.
Depth find_depth(const Input& input, const VerifyOrder& order, const Reducing& reducing = {});

/// Of a run that Verified describes (kFailed).
Cause find_cause(const Input& input, const Verified& explored, const ChildOptions& child_options);

}  // namespace concertina::fuzzers
