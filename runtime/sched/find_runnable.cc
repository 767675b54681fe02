// Looking for work, going idle, and being started again (Go: findRunnable, stopm, startm, wakep).
#include <new>

#include "sched/scheduler_internal.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

void machine_main(void* argument);

void acquire_processor(Machine& m, Processor& processor) {
  expect(m.processor == nullptr, "machine", "it takes a second processor");
  expect(processor.idle_link == nullptr, "machine", "it takes a processor off no list");
  hold_processor(m, processor);
}

// What wakes the machine has handed it a processor.
void acquire_handed_over(Machine& m) {
  expect(m.next_processor != nullptr, "machine", "it was called without a processor for it");
  acquire_processor(m, *m.next_processor);
  m.next_processor = nullptr;
}

void stop_counting(Runtime& runtime) {
  const std::uint32_t before =
      runtime.spinning_count.fetch_add(static_cast<std::uint32_t>(-1), Site::kSpinningUpdate);
  require(before != 0, "spinning machines", "negative count");
}

Goroutine* poll_global(Machine& m, unsigned max) {
  Runtime& runtime = *m.runtime;
  if (runtime.global_count.load(Site::kGlobalQueueSizeLoad) == 0) return nullptr;
  runtime.lock.lock(Site::kSchedulerLock);
  Goroutine* const g = take_global(runtime, *m.processor, max);
  runtime.lock.unlock(Site::kSchedulerUnlock);
  return g;
}

Goroutine* steal_work(Machine& m) {
  Runtime& runtime = *m.runtime;
  expect(m.is_spinning, "spinning machines", "a machine steals that does not count as looking");
  const unsigned n = runtime.knobs.processors;
  for (unsigned round = 0; round < kStealRounds; ++round) {
    // The last round takes even what a running processor would run next.
    const bool steal_run_next = round + 1 == kStealRounds;
    const unsigned first = platform::choose(n, Site::kStealOrder);
    for (unsigned i = 0; i < n; ++i) {
      Processor& victim = *runtime.processors[(first + i) % n];
      if (&victim == m.processor) continue;
      Goroutine* const g = m.processor->run_queue.steal_from(victim.run_queue, steal_run_next);
      if (g != nullptr) return g;
    }
  }
  return nullptr;
}

void become_spinning(Machine& m) {
  expect(!m.is_spinning, "spinning machines", "one of them is counted twice");
  expect(m.processor != nullptr && m.goroutine == nullptr, "spinning machines",
         "one of them has no processor, or something to run");
  m.is_spinning = true;
  const std::uint32_t before = m.runtime->spinning_count.fetch_add(1, Site::kSpinningUpdate);
  // A submitter counts for the machine that it is about to start.
  expect(before <= m.runtime->knobs.machines_max, "spinning machines", "more than machines");
  m.runtime->need_spinning.store(0, Site::kNeedSpinning);
}

bool may_spin(Machine& m) {
  Runtime& runtime = *m.runtime;
  const unsigned spinning = runtime.spinning_count.load(Site::kSpinningLoad);
  const unsigned idle = runtime.idle_processor_count.load(Site::kIdleProcessorsLoad);
  return m.is_spinning || 2 * spinning < runtime.knobs.processors - idle;
}

// Step I2 of the dance in scheduler.h. True when a processor was taken for work that is there.
bool recheck_queues(Machine& m) {
  Runtime& runtime = *m.runtime;
  // Under the lock: a batch on its way from the global queue to a processor's is in neither.
  runtime.lock.lock(Site::kSchedulerLock);
  bool found = runtime.global_head != nullptr;
  runtime.lock.unlock(Site::kSchedulerUnlock);
  for (unsigned i = 0; i < runtime.knobs.processors && !found; ++i) {
    found = !runtime.processors[i]->run_queue.is_empty();
  }
  if (!found) return false;
  runtime.lock.lock(Site::kSchedulerLock);
  Processor* const processor = take_idle_processor(runtime);
  if (processor == nullptr) runtime.need_spinning.store(1, Site::kNeedSpinning);
  runtime.lock.unlock(Site::kSchedulerUnlock);
  if (processor == nullptr) return false;
  acquire_processor(m, *processor);
  become_spinning(m);
  return true;
}

// Step S2 without the lock, for a submitter whose work is in its queue already: need_spinning is
// set and unanswered, and no processor is idle. A machine that makes one idle later answers it
// first (non-spinning), or looks at all queues afterwards (spinning: I2); a machine that answers
// looks at all queues afterwards. Either finds our work, which came before these loads.
bool has_standing_request(Runtime& runtime) {
  return runtime.need_spinning.load(Site::kNeedSpinning) != 0 &&
         runtime.idle_processor_count.load(Site::kIdleProcessorsLoad) == 0;
}

// Gives up the processor and sleeps, unless work appears on the way. A goroutine, or null: look
// again.
Goroutine* go_idle(Machine& m) {
  Runtime& runtime = *m.runtime;
  expect(m.processor != nullptr && m.goroutine == nullptr, "machine",
         "it goes idle without a processor, or with something to run");
  runtime.lock.lock(Site::kSchedulerLock);
  if (runtime.global_head != nullptr) {
    Goroutine* const g = take_global(runtime, *m.processor, 0);
    runtime.lock.unlock(Site::kSchedulerUnlock);
    return g;
  }
  if (!m.is_spinning && runtime.need_spinning.load(Site::kNeedSpinning) != 0) {
    runtime.lock.unlock(Site::kSchedulerUnlock);
    become_spinning(m);
    return nullptr;
  }
  put_idle_processor(runtime, let_go_of_processor(m));
  runtime.lock.unlock(Site::kSchedulerUnlock);
  if (m.is_spinning) {
    m.is_spinning = false;
    stop_counting(runtime);  // I1
    if (recheck_queues(m)) return nullptr;
  }
  stop_machine(m);
  return nullptr;
}

}  // namespace

Goroutine& find_runnable(Machine& m, bool& inherits) {
  for (;;) {
    inherits = false;
    Goroutine* g = nullptr;
    if (m.processor->tick % kSchedulerTicksPerGlobalPoll == 0) g = poll_global(m, 1);
    // A slice is over once for all: what the processor's goroutines ready for it to run next then
    // comes after who waits, or they could pass these for ever.
    const bool is_over = m.processor->slice_left == 0;
    if (g == nullptr) g = m.processor->run_queue.get(inherits, is_over);
    if (g == nullptr) g = poll_global(m, 0);
    if (g == nullptr && may_spin(m)) {
      if (!m.is_spinning) become_spinning(m);
      g = steal_work(m);
    }
    if (g == nullptr) g = go_idle(m);
    if (g != nullptr) return *g;
  }
}

void reset_spinning(Machine& m) {
  Runtime& runtime = *m.runtime;
  const bool was_spinning = m.is_spinning;
  m.is_spinning = false;
  stop_counting(runtime);
  expect(was_spinning, "spinning machines", "one stops looking that did not look");
  // It was looking on behalf of others, too: another machine must look instead.
  wake_processor(runtime);
}

void wake_processor(Runtime& runtime) {
  std::uint32_t none = 0;
  if (runtime.spinning_count.load(Site::kSpinningLoad) != 0) return;
  if (runtime.knobs.standing_requests && has_standing_request(runtime)) return;
  if (!runtime.spinning_count.compare_exchange(none, 1, Site::kSpinningUpdate)) return;
  runtime.lock.lock(Site::kSchedulerLock);
  Processor* const processor = take_idle_processor(runtime);
  if (processor == nullptr) {
    // A machine that is just dropping its processor must not go to sleep over our work (#45867).
    // The machine that answers must not think that we are still looking: so stop counting first,
    // and both before the unlock. (Go's wakep sets the request first.)
    stop_counting(runtime);
    runtime.need_spinning.store(1, Site::kNeedSpinning);
  }
  runtime.lock.unlock(Site::kSchedulerUnlock);
  if (processor != nullptr) start_machine(runtime, *processor, true);
}

void start_machine(Runtime& runtime, Processor& processor, bool spinning) {
  expect(processor.idle_link == nullptr, "machine", "one is called for an idle processor");
  runtime.lock.lock(Site::kSchedulerLock);
  if constexpr (kCostlyChecks) check_lists(runtime);
  Machine* const machine = runtime.idle_machines;
  if (machine != nullptr) {
    runtime.idle_machines = machine->idle_link;
    --runtime.idle_machine_count;
    runtime.lock.unlock(Site::kSchedulerUnlock);
    platform::record(event::MachineCalled{});
    expect(machine->next_processor == nullptr, "machine note", "its sleeper was called already");
    machine->is_spinning = spinning;
    machine->next_processor = &processor;
    require(machine->note.wake(Site::kMachineNoteWake), "machine note", "double wake-up");
    return;
  }
  if (runtime.machine_count == runtime.knobs.machines_max) {
    // None sleeps: they run goroutines, or look for the last time and may have passed this work. So
    // the next one that comes to sleep takes a processor and looks again. As in wake_processor:
    // stop counting first, and both before the unlock, or another submitter counts on us, and the
    // machine that answers takes one goroutine and wakes no machine for the next.
    expect(machine == nullptr, "machine", "one is wanted though one sleeps");
    put_idle_processor(runtime, processor);
    if (spinning) stop_counting(runtime);
    runtime.is_machine_wanted = true;
    runtime.lock.unlock(Site::kSchedulerUnlock);
    return;
  }
  // Counted before the lock is free: else check_dead could miss a machine that is about to run.
  const auto id = static_cast<std::uint16_t>(runtime.machine_count++);
  runtime.lock.unlock(Site::kSchedulerUnlock);
  platform::record(event::MachineCalled{.is_new = true});
  auto* const made = new (platform::allocate(sizeof(Machine))) Machine(id, runtime);
  made->is_spinning = spinning;
  made->next_processor = &processor;
  platform::start_thread(&machine_main, made, Site::kMachineStart);
}

void stop_machine(Machine& m) {
  Runtime& runtime = *m.runtime;
  require(m.processor == nullptr && !m.is_spinning, "machine",
          "stops with a processor or spinning");
  expect(m.goroutine == nullptr && m.next_processor == nullptr, "machine",
         "it stops with something to run, or though it was called");
  runtime.lock.lock(Site::kSchedulerLock);
  if (runtime.is_machine_wanted) {
    runtime.is_machine_wanted = false;
    Processor* const processor = take_idle_processor(runtime);
    if (processor != nullptr) {
      runtime.lock.unlock(Site::kSchedulerUnlock);
      acquire_processor(m, *processor);
      become_spinning(m);
      return;
    }
    // A machine out of a system call took it, which looks for no work.
    runtime.need_spinning.store(1, Site::kNeedSpinning);
  }
  m.idle_link = runtime.idle_machines;
  runtime.idle_machines = &m;
  ++runtime.idle_machine_count;
  expect(runtime.idle_machine_count <= runtime.machine_count, "idle machines",
         "there are more than machines");
  if constexpr (kCostlyChecks) check_lists(runtime);
  check_dead(runtime);
  runtime.lock.unlock(Site::kSchedulerUnlock);
  platform::record(event::MachineSleeps{});
  m.note.sleep(Site::kMachineNoteSleep);
  platform::record(event::MachineBegins{});
  m.note.clear();
  acquire_handed_over(m);
}

namespace {

void machine_main(void* argument) {
  auto& m = *static_cast<Machine*>(argument);
  platform::record(event::MachineBegins{});
  acquire_handed_over(m);
  run_machine(m);
}

}  // namespace

}  // namespace concertina::inline CONCERTINA_PLATFORM
