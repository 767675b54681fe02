// deadlock: a run ends when no goroutine can run, never earlier and never in silence.
//
//   kDeadlock  every goroutine that is left waits for something that cannot happen: its open
//              operation is enqueued and no case of it is ready. Otherwise a wake-up was lost, or
//              the report is false.
//   kExit      every goroutine that was spawned or started has returned.
//   kHung      always a failure: the runtime stopped without a word. The report says which thread
//              waits for which lock.
// Interpretation: kEndGoroutine is announced for each goroutine that is not dead, by the thread
// that reports the end; bit kScan of a status says that the scanner holds it, and is ignored.
#pragma once

#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

class ChannelModel;

Verdict judge_deadlock(const Program& program, const Trace& trace);

/// The same, with the model's state at the end of the run.
Verdict judge_deadlock(const Trace& trace, const ChannelModel& model);

}  // namespace concertina::fuzzers
