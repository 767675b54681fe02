// Depth and cause of a failing input: the fewest preemptions with which its program fails the same
// way, and the pair of steps that it turns on.
//
//   1  bounds 0, 1, 2, ... are explored until one has a failure of that signature. The bounds below
//      were explored completely, so no schedule with fewer preemptions fails so: that is the proof.
//   2  that run is repeated and its races are recorded (explore/reversal.h).
//   3  each race is turned round, in the order of the run, until a run passes: with those two steps
//      swapped, everything else as it was, the failure is gone.
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
};

/// Of a run that Explored describes (kFailed). Empty `error` on success.
Cause find_cause(const Input& input, const Explored& explored, unsigned timeout_s,
                 std::string& error);

/// "chan-send-lock of g0.1", which means the same in every build.
std::string step_words(const RecordedStep& step);

}  // namespace concertina::fuzzers
