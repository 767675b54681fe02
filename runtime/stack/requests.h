// Requests to a goroutine, and the guard word that tells it of them (Go: preempt, stackguard0).
//
// `preempt` says what is asked and is the truth. `stack_guard` is what all code on the stack looks
// at: a prologue's one comparison serves growth and requests, and so does the look between two
// steps. Whoever moves the stack writes the guard, too, and may wipe out the notice; hence the
// second look.
//
//   requester                     owner of the stack
//   A1 preempt |= bits            O1 guard := lo + kStackGuard: after a copy (C7), when requests
//   A2 guard := kStackPreempt        were taken, at a system call's end
//                                 O2 preempt is not 0? guard := kStackPreempt
//
//   owner, stopped by the guard at a prologue or safe point
//   N1 where it may not stop now (a channel's lock is held): guard := lo + kStackGuard, go on
//   N2 the last lock is given back: preempt is not 0? guard := kStackPreempt
//   N3 where it may: take the bits, O1, O2, and do what was asked
//
// Losing races. A2 before O1: O1 wipes it out, but A1 came before and O2 sees it. O1 before A2: the
// notice stays. Without O2 the first of these loses the request: the goroutine runs on until it
// stops by itself. Nothing is lost by a notice without a request (O2 sees A1, the owner answers, A2
// comes late): N3 takes no bits and clears it.
//
// O1 and N1 are exchanges and not stores: the look at `preempt` (O2, N2) must not come before the
// guard is written. Otherwise A1 and A2 fit in between, and the look saw neither. An exchange that
// comes after A2 reads what A2 wrote, and so sees A1; a plain store orders nothing after it.
//
// O2 is a step of its own. N2 only polls: A1 before N1 is seen, and A2 after N1 stands.
//
// Requests outlive parking and running again. Go clears `preempt` when a goroutine begins to run
// (execute), because its suspender asks again and again; ours asks once and waits for a change of
// the status, so a request that is dropped here would be lost. Only kPreemptYield goes: a goroutine
// that begins to run has just shared.
#pragma once

#include "stack/goroutine.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// A1 and A2.
void ask(Goroutine& g, std::uint32_t bits, Site site);

/// O1 and O2. The caller owns the stack.
void publish_guard(Goroutine& g);

/// Takes those of the bits that are set off `preempt`, and publishes the guard. Owner only.
std::uint32_t take_requests(Goroutine& g, std::uint32_t bits);

/// N1. Owner only.
void put_off_requests(Goroutine& g);

/// N2: what was put off is due again, if anything was. Owner only.
void recall_requests(Goroutine& g);
[[gnu::always_inline]] inline void recall_if_asked(Goroutine& g) {
  if (g.preempt.poll() != 0) [[unlikely]]
    recall_requests(g);
}

/// A suspender with the scan bit: it is here, so what was asked is served, but what is asked of the
/// goroutine for others.
void forget_requests(Goroutine& g);

}  // namespace concertina::inline CONCERTINA_PLATFORM
