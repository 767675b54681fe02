#include "chan/invariants.h"

#include "base/check.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

bool waits(const Goroutine& g) { return (g.status.inspect() & ~kScan) == kWaiting; }

bool runs(const Goroutine& g) { return (g.status.inspect() & ~kScan) == kRunning; }

UNCOUNTED bool is_linked(const Sudog& sudog) {
  return sudog.next != nullptr || sudog.previous != nullptr;
}

// The goroutine of the first sudog that a waker could have; null for none. Others are a select's
// that is won already, and stay queued until it has woken.
const Goroutine* first_undecided(const WaitQueue& queue) {
  for (const Sudog* sudog = queue.inspect_first(); sudog != nullptr; sudog = sudog->next) {
    if (!sudog->is_select || sudog->goroutine->select_done.inspect() == 0) return sudog->goroutine;
  }
  return nullptr;
}

void check_queue(const Channel& c, const WaitQueue& queue) {
  queue.check_links();
  for (const Sudog* sudog = queue.inspect_first(); sudog != nullptr; sudog = sudog->next) {
    require(sudog->channel == &c, "wait queue", "a sudog waits on another channel than its own");
    require(sudog->goroutine != nullptr, "wait queue", "a sudog is queued and nobody's");
  }
}

void check_ring(const Channel& c, std::uint32_t count) {
  require(count <= c.capacity, "channel buffer", "more elements than slots");
  if (c.capacity == 0) {
    require(c.send_index == 0 && c.receive_index == 0, "channel buffer", "an index into nothing");
    return;
  }
  require(c.send_index < c.capacity, "channel buffer", "the send index is out of bounds");
  require(c.receive_index < c.capacity, "channel buffer", "the receive index is out of bounds");
  require((c.receive_index + count) % c.capacity == c.send_index, "channel buffer",
          "the count is not what lies between its indexes");
}

}  // namespace

void check_channel(const Channel& c) {
  require(c.lock.is_held_by_me(), "channel", "its lock is needed for a look at it");
  const std::uint32_t count = c.count.inspect();
  check_ring(c, count);
  check_queue(c, c.senders);
  check_queue(c, c.receivers);
  const Goroutine* const sender = first_undecided(c.senders);
  const Goroutine* const receiver = first_undecided(c.receivers);
  require(sender == nullptr || receiver == nullptr || sender == receiver, "channel invariant I1",
          "a sender and a receiver wait for each other");
  require(count == 0 || c.receivers.inspect_first() == nullptr, "channel invariant I2",
          "a receiver waits beside an element");
  require(count == c.capacity || c.senders.inspect_first() == nullptr, "channel invariant I3",
          "a sender waits beside a free slot");
  const bool is_closed = c.closed.inspect() != 0;
  require(!is_closed || c.senders.inspect_first() == nullptr, "channel invariant I4",
          "a sender waits on a closed channel");
  require(!is_closed || c.receivers.inspect_first() == nullptr, "channel invariant I4",
          "a receiver waits on a closed channel");
}

void check_dequeued(const Channel& c, const Sudog& sudog) {
  require(c.lock.is_held_by_me(), "dequeued sudog", "its channel's lock is needed");
  require(sudog.channel == &c, "dequeued sudog", "it waited on another channel");
  require(!is_linked(sudog), "dequeued sudog", "it is still linked to its queue");
  require(waits(*sudog.goroutine), "dequeued sudog", "its goroutine does not wait");
  require(!sudog.is_select || sudog.goroutine->select_done.inspect() == 1, "dequeued sudog",
          "its select was not won");
}

void check_may_wait(const Goroutine& g) {
  require(runs(g), "wait", "only a running goroutine begins to");
  require(g.waiting == nullptr, "wait", "its goroutine waits already");
  require(g.parking_on_chan.inspect() == 0, "wait", "its goroutine is parking already");
  require(g.select_done.inspect() == 0, "wait", "somebody has won it before it began");
  require(g.locks_held != 0, "wait", "no channel is locked");
}

void check_about_to_commit(const Goroutine& g) {
  require(waits(g), "park commit", "its goroutine does not wait yet");
  require(g.waiting != nullptr, "park commit", "its goroutine waits for nothing");
  require(g.parking_on_chan.inspect() == 1, "park commit", "nobody was warned of it");
  require(!g.active_stack_chans.inspect(), "park commit",
          "the flag told of free locks before they were");
  require(g.nosplit == 0, "park commit", "its goroutine parked in a nosplit region");
}

void check_woken(const Goroutine& g) {
  require(runs(g), "woken", "a goroutine goes on that does not run");
  require(g.parking_on_chan.inspect() == 0, "woken", "its commit function is not done");
  require(g.active_stack_chans.inspect(), "woken", "its locks were free before the flag said so");
  require(g.locks_held == 0, "woken", "it still holds a channel's lock");
  require(g.waiting != nullptr, "woken", "it waited for nothing");
}

void check_free(const Sudog& sudog) {
  require(sudog.goroutine == nullptr, "free sudog", "it is somebody's");
  require(!is_linked(sudog), "free sudog", "it is queued");
  require(sudog.wait_link == nullptr, "free sudog", "it is on a goroutine's list");
  require(sudog.channel == nullptr, "free sudog", "it waits on a channel");
  require(!sudog.is_select && sudog.case_index == 0, "free sudog", "it is a select's");
  require(!sudog.success, "free sudog", "it has been woken");
}

void check_element(const Goroutine& g, const Channel& c, std::uintptr_t element) {
  if (element == 0) return;  // discarded, or of no bytes
  require(element >= g.sp && element < g.stack.hi, "element",
          "it lies outside of the frames of its goroutine");
  require(g.stack.hi - element >= c.element_bytes, "element",
          "it reaches beyond the stack of its goroutine");
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
