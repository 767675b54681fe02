#include "sched/run_queue.h"

namespace concertina::inline CONCERTINA_PLATFORM {

template <class Fact>
void RunQueue::announce(const Goroutine* g) const {
  platform::record(Fact{.goroutine = g->id, .queue = number_});
}

void RunQueue::write_slot(std::uint32_t index, Goroutine* g) {
  platform::Atomic<Goroutine*>& slot = slots_[index % kRunQueueSlots];
  if (has_thieves_) {
    slot.publish(g, Site::kRunQueueSlot);
  } else {
    slot.store_mine(g, owner);
  }
}

bool RunQueue::put(Goroutine* g, bool next, Goroutine* (&overflow)[kRunQueueSlots],
                   unsigned& overflow_count) {
  expect(g != nullptr, "run queue", "nothing is put into it");
  overflow_count = 0;
  if (next) {
    // Only the owner sets it to non-null; a thief may set it to null meanwhile.
    Goroutine* const kicked = has_thieves_ ? run_next_.exchange(g, Site::kRunNextUpdate)
                                           : run_next_.exchange_mine(g, Site::kRunNextUpdate);
    if (kicked != nullptr) announce<event::Unqueued>(kicked);
    platform::record(event::Queued{.goroutine = g->id, .queue = number_, .runs_next = true});
    if (kicked == nullptr) return true;
    expect(kicked != g, "run queue", "a goroutine is put into it twice");
    g = kicked;
  }
  return put_ring(g, overflow, overflow_count);
}

bool RunQueue::put_ring(Goroutine* g, Goroutine* (&overflow)[kRunQueueSlots],
                        unsigned& overflow_count) {
  for (;;) {
    std::uint32_t head = head_.load(Site::kRunQueueHeadLoad);
    const std::uint32_t tail = tail_.load_mine(owner);
    check_bounds(head, tail);
    if (tail - head < kRunQueueSlots) {
      write_slot(tail, g);
      tail_.store(tail + 1, Site::kRunQueueTailStore);
      announce<event::Queued>(g);
      return true;
    }
    // Full: move half of it out, with g at the end (Go: runqputslow).
    const unsigned half = kRunQueueSlots / 2;
    for (unsigned i = 0; i < half; ++i) {
      overflow[i] = slots_[(head + i) % kRunQueueSlots].load_mine(owner);
    }
    if (!take(head_, head, head + half, Site::kRunQueueHeadUpdate)) continue;
    for (unsigned i = 0; i < half; ++i) announce<event::Unqueued>(overflow[i]);
    overflow[half] = g;
    overflow_count = half + 1;
    return false;
  }
}

Goroutine* RunQueue::get_next() {
  Goroutine* next = run_next_.load(Site::kRunNextLoad);
  if (next == nullptr ||
      !take(run_next_, next, static_cast<Goroutine*>(nullptr), Site::kRunNextUpdate)) {
    return nullptr;
  }
  announce<event::Unqueued>(next);
  return next;
}

Goroutine* RunQueue::get_ring() {
  for (;;) {
    std::uint32_t head = head_.load(Site::kRunQueueHeadLoad);
    if (tail_.load_mine(owner) == head) return nullptr;
    check_bounds(head, tail_.inspect());
    Goroutine* const g = slots_[head % kRunQueueSlots].load_mine(owner);
    if (!take(head_, head, head + 1, Site::kRunQueueHeadUpdate)) continue;
    expect(g != nullptr, "run queue", "a slot between head and tail is empty");
    announce<event::Unqueued>(g);
    return g;
  }
}

Goroutine* RunQueue::get(bool& inherits, bool is_over) {
  inherits = false;
  if (is_over) {
    Goroutine* const first = get_ring();
    return first != nullptr ? first : get_next();
  }
  Goroutine* const next = get_next();
  inherits = next != nullptr;
  return inherits ? next : get_ring();
}

// Into `batch`, oldest first; returns how many.
unsigned RunQueue::grab(Goroutine* (&batch)[kRunQueueSlots], bool steal_run_next) {
  for (;;) {
    std::uint32_t head = head_.load(Site::kRunQueueHeadLoad);
    const std::uint32_t tail = tail_.load(Site::kRunQueueTailLoad);
    const std::uint32_t count = (tail - head) - (tail - head) / 2;
    if (count == 0) {
      if (!steal_run_next) return 0;
      Goroutine* next = run_next_.load(Site::kRunNextLoad);
      if (next == nullptr) return 0;
      // The victim has most likely just readied it, and is about to park and run it itself.
      platform::hesitate();
      if (!run_next_.compare_exchange(next, nullptr, Site::kRunNextUpdate)) continue;
      announce<event::Unqueued>(next);
      batch[0] = next;
      return 1;
    }
    if (count > kRunQueueSlots / 2) continue;  // head and tail were read at different times
    for (unsigned i = 0; i < count; ++i) {
      batch[i] = slots_[(head + i) % kRunQueueSlots].load(Site::kRunQueueSlot);
    }
    if (!head_.compare_exchange(head, head + count, Site::kRunQueueHeadUpdate)) continue;
    for (unsigned i = 0; i < count; ++i) {
      expect(batch[i] != nullptr, "run queue", "a slot that was stolen is empty");
    }
    for (unsigned i = 0; i < count; ++i) announce<event::Unqueued>(batch[i]);
    return count;
  }
}

Goroutine* RunQueue::steal_from(RunQueue& victim, bool steal_run_next) {
  expect(&victim != this, "run queue", "its owner steals from itself");
  Goroutine* batch[kRunQueueSlots];
  const unsigned count = victim.grab(batch, steal_run_next);
  if (count == 0) return nullptr;
  // The last one is run at once; the others wait here. This queue was empty, so they fit.
  const std::uint32_t tail = tail_.load_mine(owner);
  expect(tail == head_.inspect(), "run queue", "a thief has work of its own");
  for (unsigned i = 0; i + 1 < count; ++i) write_slot(tail + i, batch[i]);
  if (count > 1) tail_.store(tail + count - 1, Site::kRunQueueTailStore);
  for (unsigned i = 0; i + 1 < count; ++i) announce<event::Queued>(batch[i]);
  return batch[count - 1];
}

bool RunQueue::is_empty() {
  const std::uint32_t begin_step = platform::step();
  const bool empty = looks_empty();
  if (empty) {
    platform::record(event::QueueSeenEmpty{.queue = number_, .begin_step = begin_step});
  }
  return empty;
}

bool RunQueue::looks_empty() {
  // head == tail and run_next == null, read one by one, is not enough: a put may kick run_next into
  // the ring between the reads. The same tail at both ends proves that none did.
  for (;;) {
    const std::uint32_t head = head_.load(Site::kQueueLookHead);
    const std::uint32_t tail = tail_.load(Site::kQueueLookTail);
    const bool has_next = run_next_.load(Site::kQueueLookNext) != nullptr;
    if (tail == tail_.load(Site::kQueueLookTailAgain)) return head == tail && !has_next;
  }
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
