// channels: does the run follow Go's channel and select semantics? The rules, and how events are
// read, stand in channel_model.h.
#pragma once

#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

class ChannelModel;

Verdict judge_channels(const Program& program, const Trace& trace);

/// The same, and leaves the model at the end of the run for other oracles.
Verdict judge_channels(const Trace& trace, ChannelModel& model);

}  // namespace concertina::fuzzers
