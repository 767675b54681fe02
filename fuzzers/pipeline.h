// START HERE. Bytes or text become an Input, a run makes a Trace of it, judging makes a Verdict.
//
//     bytes --decode--> Input{Program, Schedule} --run--> Trace --judge--> Verdict --report--> text
//
// Every front door (fuzz target, tool, test, stress job) is these calls. A run is a pure function
// of its Input: the same steps, events, hash and verdict in every process and build flavour.
#pragma once

#include "input/input.h"
#include "oracle/verdict.h"
#include "platform/sim/run_log.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

struct RunOptions {
  // When set, it decides in place of the schedule's strategy, seed and deviations.
  Chooser* chooser = nullptr;
  // When set, the run's steps, draws and events are written here as they happen, and the trace
  // looks at it. In memory shared with a parent process, the parent can read it after this process
  // died.
  RunLog* log = nullptr;
};

/// Runs the program under its schedule in the simulator. One run at a time in a process. Without a
/// log the trace has no steps, and its events are valid until the next run.
Trace run(const Input& input, const RunOptions& options = {});

/// All trace oracles in order; the first failure, or pass. Pure.
Verdict judge(const Input& input, const Trace& trace);

}  // namespace concertina::fuzzers
