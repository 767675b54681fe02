// fairness: does everyone who waits in a run queue come to run, however the others behave?
//
// Nobody waits for a time: a thread may be held for ever. So the measure is what the queue's own
// processor does meanwhile, in turns. A turn is one tick of the runtime (sched/scheduler.cc): it
// begins when a processor takes up a goroutine out of a queue that was not its run-next, or any
// goroutine after its time slice has ended. What the others of a turn ready for it to run next
// belongs to it, and what leaves a system call and finds the processor idle.
//
//   1. A turn ends: within one, at most 3 * slice + 2 operations are completed.
//      A step of a program completes at most two operations (the one that it waited for, and one
//      that does not wait). All but the last step of a goroutine's stay are safe points, and the
//      slice ends at the slice-th: 2 * slice operations. A goroutine's last step completes at most
//      one. A turn has at most slice + 2 stays: one begins it, one may have been the run-next at
//      that time, and each other one was made run-next in it, by a step that is a safe point, or
//      came from a system call, whose step is one.
//   2. Whose slice has ended goes to the global queue, behind all who wait there.
//   3. Global queue: with k ahead of it at its arrival, a goroutine is passed by at most
//      7 * (k + 2) turns of any one processor.
//      Every 7th tick begins with a look at the global queue, which takes its head. So 7 * (k + 1)
//      turns suffice, whatever the other processors take, but for a turn that was beginning at the
//      arrival.
//   4. A processor's queue: with k ahead, a goroutine is passed by at most k + 3 + (k + 3) / 6 of
//      the processor's turns.
//      A turn begins with the ring's head, unless with the global queue's (one of 7), or with what
//      the processor was taking up at the arrival. Nobody comes in front: a run-next that is
//      replaced goes to the ring's end, and one whose turn the ended slice has passed over is taken
//      when the ring is empty, which nobody fills but those it is replaced by.
// Thieves only take away what is ahead. No rule asks how long a step takes or which thread moves,
// so none of this depends on the schedule, on draws, or on what stacks and the scanner do. A stop
// for the scanner may hide the end of a slice; rule 1 begins to count again there.
// Interpretation: who takes a goroutine up, and on which processor, says Settled.
#pragma once

#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

/// How often a processor looks at the global queue first, in turns.
inline constexpr unsigned kTurnsPerGlobalPoll = 7;

Verdict judge_fairness(const Program& program, const Trace& trace);

}  // namespace concertina::fuzzers
