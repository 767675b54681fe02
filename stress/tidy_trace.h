// tidy_trace: the events of a run on real threads, made ready for the oracles, and their verdict.
//
// Events carry a number that a thread draws when it announces them. Of two events of which one
// happens before the other, that one has the lower number; so events that one lock orders, a
// channel's effects above all, are in the order in which they took effect. Events that nothing
// orders may stand either way round. `tidy` takes out what only an exact order could judge, and
// nothing else:
//
//   taken out                                    because
//   a non-blocking operation that gave up        it looks without the lock, at counts that change
//   a non-blocking receive that found c closed   before the change is announced; neither has an
//                                                effect on the channel
//   len(c)                                       it looks without the lock, too
//   run queues, processors, machines (work.h,    announced beside the queue's atomics, not under
//   fairness.h)                                  a lock
//
// and a stack walk's events, which a thread announces one after the other, are brought together.
//
// Oracles that judge: invariants, heap, stack, lock_order, channels, locals, deadlock, leaks. Not:
// work and fairness (see above), progress and determinism (they are about the simulator's steps).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/event.h"
#include "base/outcome.h"
#include "oracle/verdict.h"
#include "program/program.h"

namespace concertina::stress {

std::vector<Event> tidy(std::span<const Event> events);

/// Tidies, and asks the oracles one after the other; the first failure, or pass.
fuzzers::Verdict judge_history(const fuzzers::Program& program, Outcome outcome,
                               const std::string& message, std::span<const Event> events);

/// Each event of a goroutine or channel as a line, for a report: the last `count` of them.
std::string describe_events(std::span<const Event> events, std::size_t count);

}  // namespace concertina::stress
