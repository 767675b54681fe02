// RunQueue: a processor's queue of runnable goroutines, with a slot for the one to run next.
//
// A ring with one producer and many consumers, after Go's runqput, runqget, runqgrab and runqempty:
//   owner                                  thief
//   O1 load head                           T1 load head
//   O2 write slot, then store tail         T2 load tail, then copy half of the slots
//   O3 get: load head, read slot,          T3 claim them: compare-exchange head
//      compare-exchange head
// Losing races: T3 fails when the owner (O3) or another thief was faster; what T2 copied is
// dropped. Slots are atomics because T2 may read one that the owner overwrites; T3 then fails.
// A tail before its slot shows a thief what was there before; a slot read after T3 may have been
// overwritten, for the claim is what keeps the owner from using it again.
//
// What only the owner writes the owner reads without a step: nobody could come in between.
#pragma once

#include "base/limits.h"
#include "platform.h"
#include "stack/goroutine.h"

namespace concertina::inline CONCERTINA_PLATFORM {

class RunQueue {
 public:
  /// Of its processor, and with that of the queue: held by the machine that has the processor.
  platform::Ownership owner;

  /// `number` names it in events. With one processor there are no thieves: only its holder submits,
  /// and no other machine reads the queue until it takes the processor. So the owner needs no
  /// locked instructions.
  explicit RunQueue(QueueId number = 0, bool has_thieves = true)
      : number_(number), has_thieves_(has_thieves) {}

  /// Owner. With `next`, into the run-next slot; what was there is kicked to the tail. Returns
  /// false when the ring was full: then `overflow` holds half of it and the goroutine, for the
  /// global queue.
  bool put(Goroutine* g, bool next, Goroutine* (&overflow)[kRunQueueSlots],
           unsigned& overflow_count);
  /// Owner. Null when empty. `inherits` tells that it came from the run-next slot, and goes on with
  /// the processor's time slice. Where that `is_over`, the ring comes first and nobody inherits.
  Goroutine* get(bool& inherits, bool is_over = false);
  /// Thief: moves half of `victim`'s goroutines here and returns one of them; null if there are
  /// none. The victim's run-next is taken only when `steal_run_next`.
  Goroutine* steal_from(RunQueue& victim, bool steal_run_next);
  /// Any thread. Never true while a goroutine moves between ring and run-next slot.
  bool is_empty();

 private:
  Goroutine* get_next();
  Goroutine* get_ring();
  bool put_ring(Goroutine* g, Goroutine* (&overflow)[kRunQueueSlots], unsigned& overflow_count);
  unsigned grab(Goroutine* (&batch)[kRunQueueSlots], bool steal_run_next);

  void write_slot(std::uint32_t index, Goroutine* g);
  bool looks_empty();
  template <class Fact>
  void announce(const Goroutine* g) const;

  void check_bounds(std::uint32_t head, std::uint32_t tail) const {
    expect(tail - head <= kRunQueueSlots, "run queue", "more goroutines than slots");
  }

  /// Takes what run_next or head was when the owner read it; false when a thief was faster.
  template <class T>
  bool take(platform::Atomic<T>& variable, T& seen, T next, Site site) {
    return has_thieves_ ? variable.compare_exchange(seen, next, site)
                        : variable.update_mine(seen, next, site);
  }

  const QueueId number_;
  const bool has_thieves_;
  platform::Atomic<std::uint32_t> head_{0};
  platform::Atomic<std::uint32_t> tail_{0};
  platform::Atomic<Goroutine*> slots_[kRunQueueSlots];
  platform::Atomic<Goroutine*> run_next_{nullptr};
};

}  // namespace concertina::inline CONCERTINA_PLATFORM
