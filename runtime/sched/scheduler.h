// The scheduler: who runs which goroutine where (Go: proc.go).
//
// Parking and waking, two sides:
//
//   parking goroutine and its machine          waker (send, receive, close, scanner)
//   P1 lock the channels, enqueue sudogs       W1 lock the channel, dequeue the sudog
//   P2 parking_on_chan := 1                    W2 transfer, clear sudog.element
//   P3 status := kWaiting (machine)            W3 unlock the channel
//   P4 the machine lets go of the goroutine    W4 write parameter and success
//   P5 commit: active_stack_chans := true,     W5 ready: status kWaiting -> kRunnable (waits for
//      parking_on_chan := 0, unlock               kScan), run queue, wake a processor
//
// P3 before P5's unlock, so W5 always finds kWaiting. P5 sets the flag before it unlocks: a waker
// can get at the goroutine only through the lock, so the woken goroutine's clearing of the flag
// comes later. Nothing after the unlock may touch the goroutine. W5 is never done under a channel
// lock: it may wait for a suspender that wants that lock.
//
// Submitting work and going idle, two sides (the "delicate dance"):
//
//   submitter (ready, spawn)                   machine out of work
//   S1 put the goroutine on a run queue        I1 spinning_count -= 1
//   S2 if spinning_count is 0, make it 1;      I2 look at all run queues again (the global one
//      under the lock take an idle                under the lock); found: take an idle processor,
//      processor and start a machine, or          spin again
//      else take the 1 back and then set
//      need_spinning
//
// Whichever side comes second sees the other: no goroutine waits while a processor stays idle. A
// machine about to make a processor idle checks need_spinning under the lock, as do system calls.
// Where no machine sleeps and no more may be made, S2 makes the processor idle again, takes the 1
// back and sets is_machine_wanted: the next machine that comes to sleep takes it and looks. If a
// system call's end has taken it by then, that machine sets need_spinning instead.
#pragma once

#include "sched/runtime.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// Makes processors and the first goroutine, and runs machines until the run is stopped. The
/// caller's thread becomes the first machine. Never returns.
[[noreturn]] void start(Runtime& runtime, const Function& main, void* user);

/// Creates a goroutine whose oldest frame is `function` and makes it runnable (Go: newproc). Null
/// when knobs.goroutines_max is reached. `user` is for the function's own use.
Goroutine* spawn(Machine& m, Goroutine& parent, const Function& function, void* user);

/// Parks the running goroutine: the caller returns the result as its step's action (Go: gopark).
/// `commit` runs after the status has become kWaiting; it may be null.
[[nodiscard]] Action park(Machine& m, Goroutine& g, CommitFunction commit, void* argument,
                          WaitReason reason);

/// Makes a waiting goroutine runnable, as the next of this processor (Go: goready). `waker` is the
/// goroutine that the machine runs.
void ready(Machine& m, Goroutine& waker, Goroutine& g);
/// The same for a suspender, for what stopped for it. The scanner has no processor: global queue.
void ready_from_outside(Runtime& runtime, Goroutine& g);
/// A goroutine that suspends others has: next of this processor.
void ready_stopped(Machine& m, Goroutine& suspender, Goroutine& g);

/// The running goroutine enters a system call; its processor goes to another machine if there is
/// work (Go: entersyscallblock). exit_syscall ends it; false when no processor was free: then the
/// caller's step must return Action::kLeaveSyscall at once, and its goroutine is resumed on another
/// processor.
void enter_syscall(Machine& m, Goroutine& g);
[[nodiscard]] bool exit_syscall(Machine& m, Goroutine& g);

/// A goroutine panicked with no one to recover: ends the run. `kind` is one of kPanic...
[[noreturn]] void panic(Goroutine& g, PanicKind kind, ChannelId channel);

/// Gives back what the processor has cached for stacks, once for each scan that has begun (Go:
/// mcache.prepareForSweep). The caller owns the processor, and no goroutine runs on it. A poll: a
/// scan that is missed is seen when the processor takes up its next goroutine.
inline void flush_caches(Runtime& runtime, Processor& processor) {
  const std::uint32_t cycle = runtime.scan_cycle.poll();
  if (processor.flushed_for == cycle) [[likely]]
    return;
  processor.flushed_for = cycle;
  const unsigned stacks = runtime.stack_pool.flush(processor.stacks);
  platform::record(
      event::CacheFlushed{.processor = processor.id, .cycle = cycle, .stacks = stacks});
}

/// Ends the run if nothing can ever run again (Go: checkdead). The scheduler's lock is held.
void check_dead(Runtime& runtime);

}  // namespace concertina::inline CONCERTINA_PLATFORM
