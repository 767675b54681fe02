// The oracles that judge by one replay of the channels' model (channel_model.h): it stands where
// the run ended. Their rules stand in channel_model.h, deadlock.cc and leaks.cc.
#pragma once

#include "oracle/verdict.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

class ChannelModel;

/// Does the run follow Go's channel and select semantics? Leaves the model at the run's end.
Verdict judge_channels(const Trace& trace, ChannelModel& model);

/// Does the run end when no goroutine can run, never earlier and never in silence?
Verdict judge_deadlock(const Trace& trace, const ChannelModel& model);

/// Does a run that ends leave nothing but what its blocked goroutines need?
Verdict judge_leaks(const Trace& trace, const ChannelModel& model);

}  // namespace concertina::fuzzers
