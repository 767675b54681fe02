// What the files of sched/ share, for this folder only.
#pragma once

#include "sched/scheduler.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// The scheduler loop of a machine that has a processor. Never returns.
void run_machine(Machine& m);
/// Finds a goroutine to run, sleeping until there is one. `inherits`: it shares the time slice.
Goroutine& find_runnable(Machine& m, bool& inherits);
/// The machine owns the processor, its queue included, from here on; or no more. No lock is held.
inline void hold_processor(Machine& m, Processor& processor) {
  processor.run_queue.owner.take();
  m.processor = &processor;
  flush_caches(*m.runtime, processor);
}
inline Processor& let_go_of_processor(Machine& m) {
  Processor& processor = *m.processor;
  m.processor = nullptr;
  processor.run_queue.owner.give();
  return processor;
}
/// Announces that the thread has done what its part in the dance of scheduler.h asks of it.
void settled(GoroutineId id);
/// The same, where the machine has taken the goroutine up to run it.
void settled(const Machine& m, const Goroutine& g);
/// The machine's processor runs what is not its running goroutine's run-next: a new time slice.
void begin_slice(Machine& m);
/// It runs a goroutine that has left a system call. No new slice: where machines are few, others
/// wait in its queue meanwhile, and it could leave and come back for ever.
void go_on_with_slice(Machine& m);
/// Starts another machine if a processor is idle and no machine is looking for work (Go: wakep).
void wake_processor(Runtime& runtime);
/// Runs a machine for `processor`, which the caller gives away (Go: startm).
void start_machine(Runtime& runtime, Processor& processor, bool spinning);
/// Sleeps until it is handed a processor (Go: stopm), unless one waits for a machine.
void stop_machine(Machine& m);
/// The machine has found work: it no longer counts as looking (Go: resetspinning).
void reset_spinning(Machine& m);
/// Puts a goroutine on the processor's queue; what does not fit goes to the global one.
void put_runnable(Machine& m, Goroutine& g, bool next);
void put_global(Runtime& runtime, Goroutine* const* batch, unsigned count);

// Assertions (sched/invariants.cc), within `if constexpr (kCostlyChecks)`.

/// The machine runs g, which is between two of its steps.
void check_between_steps(const Machine& m, const Goroutine& g);
/// g is in nobody's hands but the caller's, who puts it on a run queue or has taken it off one.
void check_runnable(const Goroutine& g);
/// The lists that the scheduler's lock guards are as long as they are counted. It is held.
void check_lists(const Runtime& runtime);
/// Every machine sleeps: nothing is left for them to do.
void check_all_idle(const Runtime& runtime);

// With the scheduler's lock held.
void put_idle_processor(Runtime& runtime, Processor& processor);
Processor* take_idle_processor(Runtime& runtime);
Goroutine* take_global(Runtime& runtime, Processor& processor, unsigned max);
void push_global(Runtime& runtime, Goroutine& g);

}  // namespace concertina::inline CONCERTINA_PLATFORM
