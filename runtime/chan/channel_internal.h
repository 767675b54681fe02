// What channel operations and select share.
#pragma once

#include "chan/channel.h"
#include "chan/invariants.h"
#include "sched/scheduler.h"
#include "stack/stack.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// Channel locks taken on behalf of a goroutine are counted: with one held it must not be parked,
/// preempted or readied, while its stack may well grow.
void lock_channel(Goroutine& g, Channel& c, Site site);
void unlock_channel(Goroutine& g, Channel& c, Site site);

/// A free sudog for g, every field clear (Go: acquireSudog). May grow the stack.
Sudog* acquire_sudog(Machine& m, Goroutine& g);
/// Takes it back; every field must be clear (Go: releaseSudog). May grow the stack.
void release_sudog(Machine& m, Goroutine& g, Sudog* sudog);

/// Step P5 for one channel (Go: chanparkcommit); argument is the channel.
bool chan_park_commit(Goroutine& g, void* argument);

/// Which case of which goroutine an operation is on behalf of, for events.
struct Actor {
  Goroutine& goroutine;
  CaseIndex case_index = 0;
};

// With c's lock held, and the sudog already dequeued. The caller unlocks and readies afterwards.

/// Go: send without its unlock and goready. Copies the element into the waiting receiver's slot.
void transfer_to_receiver(Actor sender, Channel& c, Sudog& receiver,
                          FrameRef<std::uintptr_t> element);
/// Go: recv likewise. Takes the element of a waiting sender, or the buffer's head, whose slot then
/// gets the sender's element.
void transfer_from_sender(Actor receiver, Channel& c, Sudog& sender,
                          FrameRef<std::uintptr_t> element);
/// Zeroed memory for so many elements.
unsigned char* make_buffer(ObjectHeap& objects, std::uint32_t element_bytes,
                           std::uint32_t capacity);
void put_in_buffer(Actor sender, Channel& c, FrameRef<std::uintptr_t> element);
void take_from_buffer(Actor receiver, Channel& c, FrameRef<std::uintptr_t> element);
/// Zeroes the receive slot, if there is one.
void clear_element(Channel& c, FrameRef<std::uintptr_t> element, Site site);

/// Announces that a sudog of the actor's has been enqueued.
void announce_park(Actor actor, const Channel& c, bool is_send);

/// Step W4 and W5: tells the waiter which sudog won and makes it runnable. No channel lock is held.
void wake(Machine& m, Goroutine& waker, Sudog& sudog, bool success);

}  // namespace concertina::inline CONCERTINA_PLATFORM
