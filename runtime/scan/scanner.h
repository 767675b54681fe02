// The stack scanner: a thread that suspends goroutines one by one, has their stacks looked at,
// shrinks or moves them, and resumes them. It does for stacks what Go's garbage collector does.
//
// Suspending and being suspended, two sides (Go: suspendG, resumeG):
//
//   scanner                                     goroutine and its machine
//   S1 runnable, waiting, in system call:       G1 every change of status waits while kScan is set
//      set kScan on top; it owns the stack
//   S2 running: set kScan, ask                  G2 safe point (call, return, loop back edge, and
//      (stack/requests.h), take it off; wait       within runtime functions): see the request,
//      until the status is something else,         status := kPreempted
//      look again
//   S3 preempted: kPreempted -> kWaiting, S1;
//      kScan is set: wait, look again
//   S4 scan, verify, shrink or move
//   S5 take kScan off; if it was preempted,     G3 continues
//      make it runnable
//
// In S2 the stack stays with the goroutine's machine: kScan only keeps it running while it is
// asked, so that the request does not reach what it does next. The goroutine may be about to park
// with channels locked, so between the two steps the scanner takes no lock and waits for nothing.
//
// Suspenders may be several. A goroutine that stopped itself is readied by the one whose S3 took
// effect. The others find it waiting or scanned. A suspender that owns the stack forgets what all
// of them asked; one that still waits for the goroutine to stop running sees that with the next
// change of the status, and asks again.
//
// A goroutine may be the suspender, on the machine that runs it (Go: an assist). While it waits for
// others to stop it must not keep others waiting for itself, or two of them would wait for each
// other. So it lets itself be scanned meanwhile:
//
//   T1 at a safe point: status := kWaiting, for WaitReason::kSuspending
//   T2 S1 to S5 with each goroutine, itself among them
//   T3 status := kRunning: waits while a suspender holds kScan
//
// Its machine, processor and stack stay in use all the while: others may scan the stack, and must
// not copy it.
//
// A goroutine that must not be copied now (about to park on a channel, in a system call,
// suspending others) is asked
// to do it itself at its next safe point.
#pragma once

#include "sched/scheduler.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// Starts the scanner's thread. It acts on platform scan requests, one at a time, for ever. While
/// it works and more requests wait, it starts a second one, once.
void start_scanner(Runtime& runtime);

}  // namespace concertina::inline CONCERTINA_PLATFORM
