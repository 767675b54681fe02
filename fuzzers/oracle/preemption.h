// preemption: what is asked of a goroutine is answered at its next safe point (stack/requests.h).
//
//   1. A request counts from the moment at which the goroutine's guard says so (A2, Asked), until
//      it is answered, or a suspender holds the goroutine. In between, the goroutine must not pass
//      a safe point at which it may stop without a look at the request: the bound is 0.
//   2. A goroutine that has taken a request to stop does nothing more before it stops.
//
// Why no schedule of a right runtime breaks the first. After A2 the guard is written by the
// goroutine's owner alone, at O1 and N1, each time in one step with a look at `preempt`, or before
// one: O2 follows O1; N2 follows N1 when the last channel's lock is given back, and no safe point
// lies in between; a goroutine that parks with N1 done looks when it runs again. A1 precedes A2, so
// these looks see the request and give the notice again. Before A2 a safe point may be passed: the
// requester has not finished asking, however long it is kept from it.
#pragma once

#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

Verdict judge_preemption(const Program& program, const Trace& trace);

}  // namespace concertina::fuzzers
