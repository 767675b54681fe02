// What a run reaches, of all that the stack-copy protocol is about: for the generator's health, and
// for tests of what a case is there for.
#pragma once

#include <array>

#include "pipeline.h"

namespace concertina::fuzzers {

enum Feature : unsigned {
  kBlocks,                 // a goroutine parked
  kGrows,                  // a stack was grown
  kCopiesUnderLocks,       // a stack was copied while its machine held locks
  kMoves,                  // a stack was copied to one of equal or smaller size
  kCopiesBlockedOnOne,     // ... of a goroutine blocked in a send or receive
  kCopiesBlockedInSelect,  // ... of a goroutine blocked in a select
  kCopiesBlockedOnMany,    // ... with two or more sudogs
  kShrinksBlockedOnOne,    // as above, and to a smaller size
  kShrinksBlockedInSelect,
  kClosesUnderWaiters,
  kStopsInSend,          // a goroutine stopped at a safe point within a send,
  kStopsInReceive,       // ... a receive,
  kStopsInSelect,        // ... a select,
  kStopsInWokenSelect,   // ... a select whose losing cases are still queued,
  kStopsBeforeReady,     // ... between taking its partner off the channel and making it runnable,
  kStopsInClose,         // ... a close
  kInterrupts,           // a goroutine was stopped in the middle of its own code
  kRequestsWipedOut,     // a copy wiped out a request and gave it again
  kRequestsInSyscall,    // a request was made in a system call and given again at its end
  kRequestsPutOff,       // ... and when a channel's lock was given back, which had put it off
  kShrinksItself,        // a goroutine halved its own stack
  kShrinksItselfInside,  // ... within an operation
  kSlicesEnd,            // a goroutine was preempted to share its processor,
  kPreemptsOperation,    // ... in the middle of a channel operation,
  kPreemptsBetween,      // ... between two operations
  kStealsBesidePut,      // a goroutine was stolen while the queue's owner put another
  kTwoScans,             // two goroutines were held at once, by two scanners
  kStackBecomesObjects,  // memory that was stacks was made into sudogs or buffers,
  kStackBecomesOther,    // ... or stacks of another order
  kSpansKeptBack,        // a stack's span came back with the end of a scan
  kRunningIsHeld,        // a change from running met the scan bit,
  kParkingIsHeld,        // ... of a goroutine that parks with channels locked
  kAssists,              // a goroutine suspended others,
  kAssistIsScanned,      // ... and was scanned meanwhile, by another suspender
  kAssistShrinks,        // ... and shrank its own stack afterwards, as it was asked
  kCachesFlushed,        // a processor's cache was emptied for a scan
  kStartsLarge,          // a first stack was larger than its function asks for
  kDeadlocks,
  kPanics,
  kRunsOut,  // of its budget
  kFails,    // by some oracle
  kFeatureCount
};

using Features = std::array<bool, kFeatureCount>;

/// `trace`: of a run of `input`.
Features features_of(const Input& input, const Trace& trace);

}  // namespace concertina::fuzzers
