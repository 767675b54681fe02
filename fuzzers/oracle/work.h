// work: is a processor ever left idle beside a goroutine that could run?
//
//   1. Conservation (sched/scheduler.h, "submitting work and going idle"): at no moment is a
//      goroutine in a run queue and a processor idle while no thread is about to notice. About to
//      notice is
//        - a thread that has put a goroutine on a queue, until it has woken a machine or seen that
//          it need not;
//        - a machine whose goroutine has parked, exited, stopped or entered a system call, and one
//          that was woken, until it runs a goroutine, has given its processor away, or sleeps after
//          its last look at the queues;
//        - a machine that was called and has not begun.
//      All other threads run the program, for an unbounded time, or sleep.
//      There may also be no machine for the processor: none sleeps, and the limit of machines is
//      reached. Then the next one about to sleep takes the processor instead, so the rule applies
//      again from the moment a machine sleeps; until then it is not checked.
//   2. A look that finds a queue empty is true of some moment between its beginning and its end.
// Interpretation: a machine is its virtual thread.
#pragma once

#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

Verdict judge_work(const Program& program, const Trace& trace);

}  // namespace concertina::fuzzers
