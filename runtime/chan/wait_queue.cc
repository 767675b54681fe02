#include "chan/wait_queue.h"

namespace concertina::inline CONCERTINA_PLATFORM {

void WaitQueue::enqueue(Sudog& sudog) {
  sudog.next = nullptr;
  sudog.previous = last_;
  if (last_ == nullptr) {
    first_.poke(&sudog);
  } else {
    last_->next = &sudog;
  }
  last_ = &sudog;
}

void WaitQueue::unlink_first() {
  Sudog* const sudog = first_.peek();
  Sudog* const next = sudog->next;
  if (next == nullptr) {
    last_ = nullptr;
  } else {
    next->previous = nullptr;
    sudog->next = nullptr;  // marks it as removed, for remove()
  }
  first_.poke(next);
}

Sudog* WaitQueue::dequeue() {
  for (;;) {
    Sudog* const sudog = first_.peek();
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
    first_.poke(next);
    sudog.next = nullptr;
    return;
  }
  // Alone, or taken off by a waker already.
  if (first_.peek() == &sudog) {
    first_.poke(nullptr);
    last_ = nullptr;
  }
}

unsigned WaitQueue::size() const {
  unsigned count = 0;
  for (const Sudog* sudog = first_.peek(); sudog != nullptr; sudog = sudog->next) ++count;
  return count;
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
