// report: a case, its run and its verdict as a page for people. Plain ASCII, equal in every
// process.
//
// The tail of the schedule is one line a step: number, '*' where there was a choice, thread, on
// whose behalf, site, operation, object, and the facts that were announced in that step (locks
// excepted: the operation says it). Runs that hung or died by an invariant also show who waits for
// what.
#pragma once

#include <string>

#include "input/input.h"
#include "oracle/verdict.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

/// `last_steps`: at most so many of the steps that the trace kept.
std::string render(const CaseFile& file, const Trace& trace, const Verdict& verdict,
                   unsigned last_steps);

/// The word for an OperationKind of the chooser interface ("lock").
std::string_view operation_kind_name(std::uint8_t kind);

}  // namespace concertina::fuzzers
