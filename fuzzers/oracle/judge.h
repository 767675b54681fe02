// judge: all trace oracles in a fixed order; the first failure is the run's verdict.
//
// Causes come before what they cause, so that one defect keeps one signature: what the runtime said
// of itself (invariants), then memory, stacks and locks, then what programs see (channels, locals),
// then how the run ended (deadlock, leaks), then what was late (work, preemption, fairness), and
// last that it did not end (progress).
#pragma once

#include <span>
#include <string_view>

#include "input/input.h"
#include "oracle/crash.h"  // the judge of runs that left no trace
#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

/// The names of every oracle that a verdict may carry: the trace oracles in judging order, then
/// those of two runs (determinism) and of a process that died (memory, race, crash).
std::span<const std::string_view> oracle_names();

/// Those that need no exact order of steps: they judge runs on real threads, too.
Verdict judge_history(const Program& program, const Trace& trace);

/// All trace oracles, pure.
Verdict judge(const Program& program, const Trace& trace);

/// The pipeline's third verb; see pipeline.h.
Verdict judge(const Input& input, const Trace& trace);

}  // namespace concertina::fuzzers
