// Status: what a goroutine is doing, and so who owns its stack; WaitReason: what it sleeps for.
//
// The status *is* the lock on the stack:
//
//   status        who owns the stack
//   kIdle         its maker: the goroutine has just been made
//   kRunnable     nobody: in exactly one run queue, or in the hands of the thread about to enqueue
//                 it
//   kRunning      the machine that runs it
//   kSyscall      that machine, too, but the processor has been handed off; the stack must not move
//   kWaiting      nobody; but under the channel's lock, channel operations may read and write the
//                 element slots of its sudogs. Or, with WaitReason::kSuspending, the machine that
//                 runs it: it suspends others meanwhile, and lets them scan its stack
//   kDead         there is no stack; kIdle follows in runs that use goroutines more than once
//   kCopyStack    the thread that set it, which is copying the stack
//   kPreempted    nobody: it stopped itself for a suspender, which must ready it
//   any | kScan   the suspender; no other transition may happen until it takes kScan off. On top of
//                 kRunning the stack stays with the machine that runs it: the bit only holds the
//                 status still while the suspender asks the goroutine to stop
#pragma once

#include <cstdint>

#include "base/check.h"

namespace concertina {

using Status = std::uint32_t;
inline constexpr Status kIdle = 0, kRunnable = 1, kRunning = 2, kSyscall = 3, kWaiting = 4,
                        kDead = 6, kCopyStack = 8, kPreempted = 9, kScan = 0x1000;

// From \ to     Idle Runnable Running Syscall Waiting Dead CopyStack Preempted
// Idle           -      x       -       -       -      -      -         -
// Runnable       -      -       x       -       -      -      -         -
// Running        -      x       -       x       x      x      x         x
// Syscall        -      -       x       -       -      -      -         -
// Waiting        -      x       s       -       -      -      -         -     s: kSuspending only
// Dead           x      -       -       -       -      -      -         -
// CopyStack      -      -       x       -       -      -      -         -
// Preempted      -      -       -       -       x      -      -         -
UNCOUNTED constexpr bool is_legal(Status from, Status to) {
  switch (from) {
    case kIdle:
      return to == kRunnable;
    case kWaiting:
      return to == kRunnable || to == kRunning;
    case kRunnable:
    case kSyscall:
    case kCopyStack:
      return to == kRunning;
    case kRunning:
      return to == kRunnable || to == kSyscall || to == kWaiting || to == kDead ||
             to == kCopyStack || to == kPreempted;
    case kDead:  // for another life
      return to == kIdle;
    case kPreempted:
      return to == kWaiting;
    default:
      return false;
  }
}

/// Closed list; events carry the number.
enum class WaitReason : std::uint16_t {
  kNone = 0,
  kChanSend = 1,
  kChanReceive = 2,
  kSelect = 3,
  kSelectNoCases = 4,
  kChanSendNil = 5,
  kChanReceiveNil = 6,
  kSuspending =
      7,  // for nothing: it suspends others, on its own machine (Go: isWaitingForSuspendG)
};

}  // namespace concertina
