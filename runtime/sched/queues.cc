// The global run queue and the list of idle processors.
#include "sched/scheduler_internal.h"

namespace concertina::inline CONCERTINA_PLATFORM {

void put_idle_processor(Runtime& runtime, Processor& processor) {
  require(runtime.lock.is_held_by_me(), "scheduler lock", "idle processors need it");
  expect(processor.idle_link == nullptr && runtime.idle_processors != &processor, "idle processors",
         "one of them becomes idle again");
  processor.idle_link = runtime.idle_processors;
  runtime.idle_processors = &processor;
  const std::uint32_t before =
      runtime.idle_processor_count.fetch_add(1, Site::kIdleProcessorsStore);
  expect(before < runtime.knobs.processors, "idle processors", "more than there are");
  platform::record(event::ProcessorIdle{.processor = processor.id});
}

Processor* take_idle_processor(Runtime& runtime) {
  require(runtime.lock.is_held_by_me(), "scheduler lock", "idle processors need it");
  Processor* const processor = runtime.idle_processors;
  if (processor == nullptr) return nullptr;
  runtime.idle_processors = processor->idle_link;
  processor->idle_link = nullptr;
  const std::uint32_t before = runtime.idle_processor_count.fetch_add(
      static_cast<std::uint32_t>(-1), Site::kIdleProcessorsStore);
  expect(before != 0, "idle processors", "negative count");
  platform::record(event::ProcessorTaken{.processor = processor->id});
  return processor;
}

void push_global(Runtime& runtime, Goroutine& g) {
  require(runtime.lock.is_held_by_me(), "scheduler lock", "the global queue needs it");
  if constexpr (kCostlyChecks) check_runnable(g);
  expect((runtime.global_head == nullptr) == (runtime.global_tail == nullptr), "global queue",
         "it has one end");
  g.sched_link = nullptr;
  if (runtime.global_tail != nullptr) {
    runtime.global_tail->sched_link = &g;
  } else {
    runtime.global_head = &g;
  }
  runtime.global_tail = &g;
  runtime.global_count.fetch_add(1, Site::kGlobalQueueSizeStore);
  platform::record(event::Queued{.goroutine = g.id, .queue = kGlobalQueue});
}

void put_global(Runtime& runtime, Goroutine* const* batch, unsigned count) {
  expect(count != 0 && count <= kRunQueueSlots, "global queue", "a batch that no queue gives");
  runtime.lock.lock(Site::kSchedulerLock);
  for (unsigned i = 0; i < count; ++i) push_global(runtime, *batch[i]);
  runtime.lock.unlock(Site::kSchedulerUnlock);
}

// Takes a fair share (at most `max` unless 0): the first is returned, the others go to the
// processor.
Goroutine* take_global(Runtime& runtime, Processor& processor, unsigned max) {
  require(runtime.lock.is_held_by_me(), "scheduler lock", "the global queue needs it");
  const unsigned size = runtime.global_count.load_locked(runtime.lock);
  unsigned count = size / runtime.knobs.processors + 1;
  if (count > size) count = size;
  if (max != 0 && count > max) count = max;
  if (count > kRunQueueSlots / 2) count = kRunQueueSlots / 2;
  Goroutine* first = nullptr;
  for (unsigned i = 0; i < count; ++i) {
    Goroutine* const g = runtime.global_head;
    expect(g != nullptr, "global queue", "it is shorter than counted");
    runtime.global_head = g->sched_link;
    if (runtime.global_head == nullptr) runtime.global_tail = nullptr;
    g->sched_link = nullptr;
    if constexpr (kCostlyChecks) check_runnable(*g);
    runtime.global_count.fetch_add(static_cast<std::uint32_t>(-1), Site::kGlobalQueueSizeStore);
    platform::record(event::Unqueued{.goroutine = g->id, .queue = kGlobalQueue});
    if (first == nullptr) {
      first = g;
      continue;
    }
    Goroutine* overflow[kRunQueueSlots];
    unsigned overflow_count = 0;
    // More than one is taken only into an empty queue, so nothing comes back for the global one,
    // whose lock is held (golang/go a42e337ede).
    require(processor.run_queue.put(g, false, overflow, overflow_count), "run queue",
            "a batch from the global queue does not fit");
  }
  return first;
}

void put_runnable(Machine& m, Goroutine& g, bool next) {
  if constexpr (kCostlyChecks) check_runnable(g);
  Goroutine* overflow[kRunQueueSlots];
  unsigned overflow_count = 0;
  if (!m.processor->run_queue.put(&g, next, overflow, overflow_count)) {
    put_global(*m.runtime, overflow, overflow_count);
  }
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
