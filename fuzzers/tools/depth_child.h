// Depth and cause of a failing input: the fewest preemptions with which its program fails the same
// way, and the pair of steps that it turns on.
//
//   1  bounds 0, 1, 2, ... are explored until one has a failure of that signature. The bounds below
//      were explored completely, so no schedule with fewer preemptions fails so: that is the proof.
//   2  that run is repeated and its races are recorded (explore/reversal.h).
//   3  each race is turned round until a run passes: with those two steps swapped, everything else as
//      it was, the failure is gone. From the end of the run backwards, so that the passing run goes
//      along with the failing one as long as it can: after that pair nothing helps any more.
#pragma once

#include <string>

#include "explore/reversal.h"
#include "tools/explore_child.h"

namespace concertina::fuzzers {

struct Cause {
  bool is_found = false;
  RecordedStep first;   // in the failing run; the other way round it passes
  RecordedStep second;
  unsigned races_tried = 0;
  unsigned races = 0;

  /// "chan-send-lock of g0.1 before park-commit-unlock of g0"; empty when there is none. Without
  /// positions, which change: it is for headers.
  std::string words() const;
};

struct Depth {
  std::string signature;
  bool has_fixed_draws = false;  // too many for all of them: only those of the seed were tried
  Explored explored;
  Cause cause;

  bool is_known() const { return explored.end == ExploreEnd::kFailed; }
  /// All bounds below were explored completely.
  bool is_proved() const;
  std::uint64_t schedules_below() const;
  std::uint64_t schedules() const;
  /// "1 preemption; 0 of 129 schedules with fewer fail so"; empty when it is not known.
  std::string words() const;
};

/// Explores the program, whatever its schedule, for a failure of the order's signature; then looks for
/// its cause. Empty `error` on success.
Depth find_depth(const Input& input, const ExploreOrder& order, std::string& error);

/// Of a run that Explored describes (kFailed). Empty `error` on success.
Cause find_cause(const Input& input, const Explored& explored, const ChildOptions& child_options,
                 std::string& error);

}  // namespace concertina::fuzzers
