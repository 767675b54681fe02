// WaitQueue: the sudogs waiting on one end of a channel, first come first served (Go: waitq).
// Guarded by the channel's lock, except `looks_empty`.
#pragma once

#include "platform.h"
#include "stack/goroutine.h"

namespace concertina::inline CONCERTINA_PLATFORM {

class WaitQueue {
 public:
  explicit WaitQueue(const platform::Mutex& lock) : lock_(lock) {}

  void enqueue(Sudog& sudog);
  /// Takes the first sudog that its waker may have: a select's must be won (select_done 0 -> 1),
  /// and those that another channel's waker has won are dropped. Null when there is none.
  Sudog* dequeue();
  /// Takes this very sudog out, if it is still queued (Go: dequeueSudoG). Keyed by sudog, not by
  /// goroutine: one goroutine may wait twice on one channel.
  void remove(Sudog& sudog);

  /// Without the lock: true at some moment between the call and its return.
  bool looks_empty(Site site) const { return first_.load(site) == nullptr; }
  /// A hint, which is no step.
  bool seems_to_have_waiters() const { return first_.poll() != nullptr; }
  unsigned size() const;

  /// For assertions: the first sudog; and that the links of the queue agree with each other.
  const Sudog* inspect_first() const { return first_.inspect(); }
  void check_links() const;

 private:
  void check_queued(const Sudog& sudog) const;
  void unlink_first();

  const platform::Mutex& lock_;              // the channel's
  platform::Atomic<Sudog*> first_{nullptr};  // written under the lock, read without by fast paths
  Sudog* last_ = nullptr;
};

}  // namespace concertina::inline CONCERTINA_PLATFORM
