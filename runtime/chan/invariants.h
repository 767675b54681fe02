// What channel.h and scheduler.h say of channels, queues and waiting goroutines, as assertions.
// Nothing here is a step of the run; a broken rule ends it as fatal. The calls cost nothing where
// costly checks are off (base/check.h).
#pragma once

#include "chan/channel.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// I1 to I4, and what the channel's own fields say of each other. Its lock is held by the caller,
/// who has just taken it or is about to give it back.
void check_channel(const Channel& c);

/// `sudog` was taken off a queue of c, whose lock is held: its goroutine sleeps and is the caller's
/// to wake.
void check_dequeued(const Channel& c, const Sudog& sudog);

/// g is about to enqueue sudogs and park: nothing is left of the last time that it waited.
void check_may_wait(const Goroutine& g);

/// Step P5 is about to begin: g waits, and its channels' locks are held on its behalf.
void check_about_to_commit(const Goroutine& g);

/// g was woken and runs again: P5 was finished before its waker could see it.
void check_woken(const Goroutine& g);

/// A free sudog: nobody's, on no queue, every field clear.
void check_free(const Sudog& sudog);

/// `element` is where g's operation finds its element, or is to put it.
void check_element(const Goroutine& g, const Channel& c, std::uintptr_t element);

/// The caller's check, if costly ones are on.
template <class... Parameters, class... Arguments>
[[gnu::always_inline]] inline void costly(void (*check)(Parameters...), Arguments&&... arguments) {
  if constexpr (kCostlyChecks) check(arguments...);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
