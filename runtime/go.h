// The runtime's face: everything that runs goroutines includes this and nothing below it.
//
//   Knobs knobs;                       // how many processors, which debugging aids
//   run_main(knobs, function, user);   // on the first thread of a platform run; never returns
//
// A function is a Function whose `step` runs the youngest frame of a goroutine until it calls,
// returns, yields or blocks (stack/frame.h). From a step:
//   call_send, call_receive, call_select     may park; return Action::kNext, find Goroutine::result
//   close_channel, channel_len, channel_cap, make_channel, spawn
//   enter_syscall, exit_syscall
//   push_frame, pop_frame                    call and return; then Action::kNext
//   Action::kYield, Action::kBackEdge        Gosched; a loop's back edge
#pragma once

#include "chan/channel.h"
#include "chan/select.h"
#include "sched/scheduler.h"
#include "stack/stack.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// Makes a runtime, starts the stack scanner, and runs `main` as the first goroutine. When main has
/// returned the others continue (as after runtime.Goexit); the run ends when nothing can run:
/// Outcome::kExit if every goroutine returned, kDeadlock if some are blocked for ever.
/// `before_main` is called with the runtime before the first goroutine exists; it may make
/// channels.
[[noreturn]] void run_main(const Knobs& knobs, const Function& main, void* user,
                           void (*before_main)(Runtime&, void* user));

}  // namespace concertina::inline CONCERTINA_PLATFORM
