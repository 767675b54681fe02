// invariants: the runtime found one of its own broken. Trace::message reads "invariant: detail";
// the invariant's words are stable and are the kind.
#pragma once

#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

Verdict judge_invariants(const Program& program, const Trace& trace);

}  // namespace concertina::fuzzers
