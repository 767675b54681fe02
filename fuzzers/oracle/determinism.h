// determinism: two runs of one input are one run: the same steps, events, outcome and hash.
#pragma once

#include "oracle/verdict.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

/// Names the first event at which the runs part. A trace's events are valid until the next run:
/// keep a copy of the first run's.
Verdict judge_determinism(const Trace& first, const Trace& second);

}  // namespace concertina::fuzzers
