// START HERE. Bytes or text become an Input, a run makes a Trace of it, judging makes a Verdict.
//
//     bytes --decode--> Input{Program, Schedule} --run--> Trace --judge--> Verdict --report--> text
//
// Every front door (fuzz target, tool, test, stress job) is these calls. A run is a pure function
// of its Input: the same steps, events, hash and verdict in every process and build flavour.
#pragma once

#include <cstdint>

#include "input/input.h"
#include "oracle/verdict.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

inline constexpr std::uint32_t kEventsMax = 100'000;  // in one run

struct RunOptions {
  // Keep the last n steps of the schedule in Trace::last_steps (0: none; it costs time).
  std::uint32_t last_steps_max = 0;
  // When set, steps are also written here as they happen, as a ring of `last_steps_max` entries
  // with a running count, so that a parent process can read them after this one died. See report/.
  struct StepRing* step_ring = nullptr;
  // When set, the run's events are written here instead, as they happen, for the same purpose.
  struct EventLog* event_log = nullptr;
  // When set, what a search learns from the run is noted here (schedule/explorer.h).
  struct RunLog* run_log = nullptr;
  // When set, it decides in place of the schedule's strategy, seed and deviations.
  Chooser* chooser = nullptr;
};

/// Shared-memory ring of steps. `count` steps have been written; entry i is at i % capacity.
struct StepRing {
  std::uint64_t count = 0;
  std::uint32_t capacity = 0;
  std::uint32_t reserved = 0;
  Step steps[1];  // really `capacity` of them
};

/// All events that a run can have, in shared memory; `count` have been written.
struct EventLog {
  std::uint32_t count = 0;
  Event events[kEventsMax];
};

/// Runs the program under its schedule in the simulator. One run at a time in a process. The
/// trace's events are valid until the next run.
Trace run(const Input& input, const RunOptions& options = {});

/// All trace oracles in order; the first failure, or pass. Pure.
Verdict judge(const Input& input, const Trace& trace);

}  // namespace concertina::fuzzers
