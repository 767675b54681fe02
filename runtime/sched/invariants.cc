// What runtime.h and scheduler.h say of machines, processors, queues and counts, as assertions.
#include "stack/invariants.h"
#include "sched/scheduler_internal.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

void check_idle_machines(const Runtime& runtime) {
  unsigned count = 0;
  for (const Machine* m = runtime.idle_machines; m != nullptr; m = m->idle_link) {
    require(m->processor == nullptr, "idle machines", "one of them has a processor");
    require(m->goroutine == nullptr, "idle machines", "one of them runs a goroutine");
    require(!m->is_spinning, "idle machines", "one of them looks for work");
    require(m->next_processor == nullptr, "idle machines", "one of them was called already");
    ++count;
  }
  require(count == runtime.idle_machine_count, "idle machines", "they are not as many as counted");
  require(count <= runtime.machine_count, "idle machines", "there are more than machines");
}

void check_idle_processors(const Runtime& runtime) {
  unsigned count = 0;
  for (const Processor* p = runtime.idle_processors; p != nullptr; p = p->idle_link) {
    require(p == runtime.processors[p->id], "idle processors", "one of them is another runtime's");
    require(++count <= runtime.knobs.processors, "idle processors", "one of them is listed twice");
  }
  require(count == runtime.idle_processor_count.inspect(), "idle processors",
          "they are not as many as counted");
}

void check_global_queue(const Runtime& runtime) {
  unsigned count = 0;
  const Goroutine* last = nullptr;
  for (const Goroutine* g = runtime.global_head; g != nullptr; g = g->sched_link) {
    require(++count <= runtime.knobs.goroutines_max, "global queue", "a goroutine is in it twice");
    last = g;
  }
  require(last == runtime.global_tail, "global queue", "its tail is not its last goroutine");
  require(count == runtime.global_count.inspect(), "global queue", "it is not as long as counted");
}

}  // namespace

void check_between_steps(const Machine& m, const Goroutine& g) {
  require(m.goroutine == &g, "machine", "it runs another goroutine than its own");
  require((g.status.inspect() & ~kScan) == kRunning, "machine", "its goroutine does not run");
  require(m.processor != nullptr, "machine", "it runs a goroutine without a processor");
  require(g.stack_cache == &m.processor->stacks, "machine",
          "its goroutine uses another processor's stacks");
  require(!g.in_syscall, "machine", "its goroutine is in a system call");
  check_bounds(g);
}

void check_runnable(const Goroutine& g) {
  require((g.status.inspect() & ~kScan) == kRunnable, "runnable", "its status says otherwise");
  require(g.sched_link == nullptr, "runnable", "it is on a list");
  require(g.stack_cache == nullptr, "runnable", "it holds on to a processor's stacks");
  require(g.locks_held == 0, "runnable", "it holds a channel's lock");
  require(!g.in_syscall, "runnable", "it is in a system call");
}

void check_lists(const Runtime& runtime) {
  require(runtime.lock.is_held_by_me(), "scheduler lock", "its lists need it");
  require(runtime.machine_count <= runtime.knobs.machines_max, "machines",
          "more than there may be");
  check_idle_machines(runtime);
  check_idle_processors(runtime);
  check_global_queue(runtime);
}

void check_all_idle(const Runtime& runtime) {
  check_lists(runtime);
  require(runtime.idle_machine_count == runtime.machine_count, "check_dead",
          "a machine is at work");
  require(runtime.idle_processor_count.inspect() == runtime.knobs.processors, "check_dead",
          "a processor is nobody's, and not idle");
  require(runtime.spinning_count.inspect() == 0, "check_dead", "somebody still looks for work");
  require(runtime.global_head == nullptr, "check_dead", "the global queue is not empty");
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
