// progress: no program runs for ever, so a run that hits a named limit is a finding. The limit's
// name (Trace::message, "steps per run") is the kind.
#pragma once

#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

Verdict judge_progress(const Program& program, const Trace& trace);

}  // namespace concertina::fuzzers
