// Run queues outside of a scheduler, for tests.
#pragma once

#include <cstdint>
#include <vector>

#include "sched/run_queue.h"
#include "sched/testing.h"

namespace concertina::test {

inline constexpr std::uint32_t kNone = 0;

struct Overflow {
  Goroutine* items[kRunQueueSlots];
  unsigned count = 0;
};

/// Two queues and as many goroutines as a test wants; ids start at 1.
struct Queues {
  Queues() { a.owner.take(); }

  RunQueue a;
  RunQueue b;
  Goroutine* goroutines[24] = {};

  Goroutine* g(std::uint32_t id) {
    if (goroutines[id] == nullptr) {
      static const StackKnobs knobs;
      goroutines[id] = &make<Goroutine>(static_cast<GoroutineId>(id), kMainPath,
                                        make<StackPool>(knobs, make<SpanHeap>(true)));
    }
    return goroutines[id];
  }
  bool put(std::uint32_t id, bool next = false) {
    Overflow overflow;
    return a.put(g(id), next, overflow.items, overflow.count);
  }
};

inline std::uint32_t id_of(const Goroutine* g) { return g == nullptr ? kNone : g->id; }
/// Makes the calling thread the owner, if it is not yet.
inline RunQueue& own(RunQueue& queue) {
  if (!queue.owner.is_held_by_me()) queue.owner.take();
  return queue;
}
inline std::uint32_t get(RunQueue& queue) {
  own(queue);
  bool inherits = false;
  return id_of(queue.get(inherits));
}
inline void say_all(RunQueue& queue) {
  while (const std::uint32_t id = get(queue)) say(id);
}

using Ids = std::vector<std::uint32_t>;

/// A gate that the first thread passes once the others have done their part.
struct Shared {
  Queues queues;
  platform::Atomic<std::uint32_t> finished{0};

  /// The thief leaves its own queue to the first thread.
  void finish() {
    own(queues.b).owner.give();
    finished.fetch_add(1, Site::kTest);
  }
};

inline void wait_for(Shared& shared, std::uint32_t threads) { spin_for(shared.finished, threads); }

}  // namespace concertina::test
