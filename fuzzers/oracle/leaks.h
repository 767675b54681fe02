// leaks: a run that ends leaves nothing but what its blocked goroutines need.
//
//   kExit      no sudog, stack or goroutine is left; every stack that was allocated has been freed;
//              no channel has a waiter.
//   kDeadlock  what is left is what the blocked goroutines hold: a sudog for each case that waits
//              and a stack each, and the channels' queues are as long as the model says.
// Interpretation: kEndCounts is announced once, whenever a run ends in one of these two ways.
#pragma once

#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

class ChannelModel;

Verdict judge_leaks(const Program& program, const Trace& trace);

/// The same, with the model's state at the end of the run.
Verdict judge_leaks(const Trace& trace, const ChannelModel& model);

}  // namespace concertina::fuzzers
