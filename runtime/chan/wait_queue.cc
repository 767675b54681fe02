#include "chan/wait_queue.h"

namespace concertina::inline CONCERTINA_PLATFORM {

// Links show a cycle, too: its first sudog would have two before it.
void WaitQueue::check_links() const {
  const Sudog* last = nullptr;
  for (const Sudog* sudog = first_.inspect(); sudog != nullptr; sudog = sudog->next) {
    require(sudog->previous == last, "wait queue", "a sudog does not know who waits before it");
    last = sudog;
  }
  require(last_ == last, "wait queue", "its end is not the sudog that waits last");
}

// A sudog that has a neighbour is on this very queue: its neighbours and the ends know of it.
void WaitQueue::check_queued(const Sudog& sudog) const {
  const Sudog* const previous = sudog.previous;
  const Sudog* const next = sudog.next;
  require(previous == nullptr || previous->next == &sudog, "wait queue",
          "who waits before a sudog does not know of it");
  require(next == nullptr || next->previous == &sudog, "wait queue",
          "who waits behind a sudog does not know of it");
  require(next == nullptr || previous != nullptr || first_.inspect() == &sudog, "wait queue",
          "a sudog without predecessor is not the first");
  require(previous == nullptr || next != nullptr || last_ == &sudog, "wait queue",
          "a sudog without successor is not the last");
}

void WaitQueue::enqueue(Sudog& sudog) {
  if constexpr (kCostlyChecks) {
    require(sudog.next == nullptr && sudog.previous == nullptr, "wait queue",
            "a sudog is enqueued that is queued already");
    require(first_.inspect() != &sudog, "wait queue", "the first sudog is enqueued again");
  }
  sudog.next = nullptr;
  sudog.previous = last_;
  if (last_ == nullptr) {
    first_.store_locked(&sudog, lock_);
  } else {
    last_->next = &sudog;
  }
  last_ = &sudog;
  if constexpr (kCostlyChecks) check_links();
}

void WaitQueue::unlink_first() {
  Sudog* const sudog = first_.load_locked(lock_);
  Sudog* const next = sudog->next;
  if (next == nullptr) {
    last_ = nullptr;
  } else {
    next->previous = nullptr;
    sudog->next = nullptr;  // marks it as removed, for remove()
  }
  first_.store_locked(next, lock_);
  if constexpr (kCostlyChecks) check_links();
}

Sudog* WaitQueue::dequeue() {
  for (;;) {
    Sudog* const sudog = first_.load_locked(lock_);
    if (sudog == nullptr) return nullptr;
    // The race is decided before the sudog leaves the queue: the head cannot change while the lock
    // is held, and so the queue looks empty to the fast paths only once the operation has taken
    // effect.
    std::uint32_t undecided = 0;
    const bool won = !sudog->is_select || sudog->goroutine->select_done.compare_exchange(
                                              undecided, 1, Site::kSelectDoneUpdate);
    unlink_first();
    if (won) return sudog;
  }
}

void WaitQueue::remove(Sudog& sudog) {
  if constexpr (kCostlyChecks) check_queued(sudog);
  Sudog* const previous = sudog.previous;
  Sudog* const next = sudog.next;
  if (previous != nullptr) {
    if (next != nullptr) {  // middle
      previous->next = next;
      next->previous = previous;
      sudog.next = sudog.previous = nullptr;
      return;
    }
    previous->next = nullptr;  // end
    last_ = previous;
    sudog.previous = nullptr;
    return;
  }
  if (next != nullptr) {  // start
    next->previous = nullptr;
    first_.store_locked(next, lock_);
    sudog.next = nullptr;
    return;
  }
  // Alone, or taken off by a waker already.
  if (first_.load_locked(lock_) == &sudog) {
    first_.store_locked(nullptr, lock_);
    last_ = nullptr;
  }
}

unsigned WaitQueue::size() const {
  unsigned count = 0;
  for (const Sudog* sudog = first_.inspect(); sudog != nullptr; sudog = sudog->next) ++count;
  return count;
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
