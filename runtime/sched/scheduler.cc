#include "sched/scheduler.h"

#include <new>

#include "sched/scheduler_internal.h"
#include "stack/stack.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

constexpr Function kParkFrame{.name = "park", .id = 1, .frame_bytes = 96};
constexpr Function kReadyFrame{.name = "ready", .id = 2, .frame_bytes = 80};
constexpr Function kSpawnFrame{.name = "spawn", .id = 3, .frame_bytes = 128};

// The machine lets go of its goroutine. What belongs to the stack's owner is cleared before the
// status changes, because afterwards the machine owns nothing of it.
void release_stack_caches(Goroutine& g) { g.stack_cache = nullptr; }

void drop_goroutine(Machine& m) {
  m.goroutine = nullptr;
  platform::set_goroutine(kNoGoroutine, kSchedulerPath);
}

// Ids are names in events and nothing else: where a platform allows more goroutines than an event
// can name, names come again.
constexpr GoroutineId event_name_of(std::uint32_t index) {
  return static_cast<GoroutineId>(1 + index % 0xffff);
}

// Null when kGoroutinesLimit is reached.
Goroutine* make_goroutine(Runtime& runtime, SpawnPath path, void* user) {
  runtime.goroutines_lock.lock(Site::kAllGoroutinesLock);
  const std::uint32_t index = runtime.goroutine_count.peek();
  if (index == kGoroutinesLimit) {
    runtime.goroutines_lock.unlock(Site::kAllGoroutinesUnlock);
    return nullptr;
  }
  auto* const g = new (platform::allocate(sizeof(Goroutine)))
      Goroutine(event_name_of(index), path, runtime.stack_pool);
  g->user = user;
  runtime.goroutines[index] = g;
  runtime.goroutine_count.poke(index + 1);
  runtime.goroutines_lock.unlock(Site::kAllGoroutinesUnlock);
  return g;
}

constexpr unsigned kDeadBatch = 32;

// The record of a dead goroutine may be used again. One way and back:
//
//   processor of the dead                     processor of the parent        scanner
//   D1 status := dead; bury                   R1 lock; scanner busy? no      S1 lock; busy; unlock
//   D2 a batch is together: lock, give it     R2 take a batch; unlock        S2 read status; act
//      to `dead_goroutines`, unlock           R3 status := runnable          S3 lock; idle; unlock
//
// The scanner acts on a status that it has read, a request to a running goroutine above all. With
// R1 no record changes hands between its S2 and the death that it overlooked: a record that was
// taken while it rested is read as dead, or as the new goroutine that it is.
void bury(Machine& m, Goroutine& g) {
  DeadCache& dead = m.processor->dead;
  g.sched_link = dead.buried;
  dead.buried = &g;
  if (++dead.buried_count < kDeadBatch) return;
  Runtime& runtime = *m.runtime;
  runtime.lock.lock(Site::kSchedulerLock);
  while (dead.buried != nullptr) {
    Goroutine* const next = dead.buried->sched_link;
    dead.buried->sched_link = runtime.dead_goroutines;
    runtime.dead_goroutines = dead.buried;
    dead.buried = next;
  }
  runtime.lock.unlock(Site::kSchedulerUnlock);
  dead.buried_count = 0;
}

// R1 and R2; null when there is none, or the scanner works.
Goroutine* dig_up(Machine& m) {
  Runtime& runtime = *m.runtime;
  DeadCache& dead = m.processor->dead;
  if (dead.free == nullptr) {
    runtime.lock.lock(Site::kSchedulerLock);
    for (unsigned i = 0; i < kDeadBatch && runtime.scanner_is_busy == 0; ++i) {
      Goroutine* const g = runtime.dead_goroutines;
      if (g == nullptr) break;
      runtime.dead_goroutines = g->sched_link;
      g->sched_link = dead.free;
      dead.free = g;
    }
    runtime.lock.unlock(Site::kSchedulerUnlock);
  }
  Goroutine* const g = dead.free;
  if (g == nullptr) return nullptr;
  dead.free = g->sched_link;
  g->sched_link = nullptr;
  return g;
}

// A dead goroutine, or null. Whatever tells of its former life is gone.
Goroutine* reuse_goroutine(Machine& m, void* user) {
  if (!m.runtime->knobs.reuse_goroutines) return nullptr;
  Goroutine* const g = dig_up(m);
  if (g == nullptr) return nullptr;
  g->preempt.poke(0);  // a request that came too late
  g->spawn_count = 0;
  g->has_started = false;
  g->wait_reason = WaitReason::kNone;
  g->result = Result{};
  g->user = user;
  return g;
}

void exit_goroutine(Machine& m, Goroutine& g) {
  platform::record({.kind = EventKind::kExited, .goroutine = g.id});
  require(g.waiting == nullptr && g.locks_held == 0 && g.nosplit == 0, "goroutine exit",
          "it still waits on a channel or holds a lock");
  free_stack(g, g.stack_cache);
  release_stack_caches(g);
  cas_status(g, kRunning, kDead, Site::kExitStatus);
  if (m.runtime->knobs.reuse_goroutines) bury(m, g);
  drop_goroutine(m);
}

void yield_goroutine(Machine& m, Goroutine& g) {
  Runtime& runtime = *m.runtime;
  release_stack_caches(g);
  cas_status(g, kRunning, kRunnable, Site::kYieldStatus);
  drop_goroutine(m);
  runtime.lock.lock(Site::kSchedulerLock);
  push_global(runtime, g);
  runtime.lock.unlock(Site::kSchedulerUnlock);
  wake_processor(runtime);  // every enqueuer must (#55160)
}

// Steps P3 to P5 of scheduler.h. True when the goroutine goes on running here after all.
bool park_goroutine(Machine& m, Goroutine& g) {
  const ParkRequest park = m.park;
  m.park = ParkRequest{};
  release_stack_caches(g);
  platform::record({.kind = EventKind::kParked,
                    .goroutine = g.id,
                    .index = static_cast<std::uint16_t>(g.wait_reason)});
  cas_status(g, kRunning, kWaiting, Site::kParkStatus);
  m.goroutine = nullptr;
  const bool parked = park.commit == nullptr || park.commit(g, park.argument);
  if (!parked) {
    cas_status(g, kWaiting, kRunnable, Site::kParkRefused);
    cas_status(g, kRunnable, kRunning, Site::kParkRefused);
    m.goroutine = &g;
    g.stack_cache = &m.processor->stacks;
    return true;
  }
  drop_goroutine(m);
  return false;
}

void leave_syscall(Machine& m, Goroutine& g) {
  Runtime& runtime = *m.runtime;
  // in_syscall belongs to the stack's owner, and a suspender may hold kScan over kSyscall: so first
  // run again, without a processor, and then become runnable.
  cas_status(g, kSyscall, kRunning, Site::kSyscallStatus);
  g.in_syscall = false;
  cas_status(g, kRunning, kRunnable, Site::kSyscallStatus);
  drop_goroutine(m);
  runtime.lock.lock(Site::kSchedulerLock);
  push_global(runtime, g);
  Processor* const processor = take_idle_processor(runtime);
  runtime.lock.unlock(Site::kSchedulerUnlock);
  if (processor != nullptr) {  // one became free meanwhile: this machine uses it
    m.processor = processor;
    return;
  }
  stop_machine(m);
}

// What others asked of a running goroutine, at a safe point. True when it has stopped.
bool answer_preemption(Machine& m, Goroutine& g) {
  const std::uint32_t asked = g.preempt.exchange(0, Site::kPreemptPoll);
  if ((asked & (kPreemptShrink | kPreemptMove)) != 0) {
    cas_status(g, kRunning, kCopyStack, Site::kCopyStackStatus);
    if ((asked & kPreemptMove) != 0) {
      copy_stack(g, g.stack.bytes(), CopyReason::kMove);
    } else {
      shrink_stack(g);
    }
    cas_status(g, kCopyStack, kRunning, Site::kCopyStackStatus);
  }
  if ((asked & kPreemptStop) == 0) return false;
  platform::record({.kind = EventKind::kPreempted, .goroutine = g.id, .index = 1});
  release_stack_caches(g);
  cas_status(g, kRunning, kPreempted, Site::kPreemptPoll);
  drop_goroutine(m);
  return true;
}

// Runs the goroutine until its machine is free for another one.
void run_goroutine(Machine& m, Goroutine& g) {
  for (;;) {
    switch (g.top().function->step(m, g)) {
      case Action::kNext:
        if (g.sp == g.stack.hi) return exit_goroutine(m, g);
        // A poll, not a decision: a request seen late is seen at the next safe point.
        if (g.preempt.peek() != 0 && answer_preemption(m, g)) return;
        break;
      case Action::kBackEdge:
        if (g.preempt.load(Site::kLoopBackEdge) != 0 && answer_preemption(m, g)) return;
        break;
      case Action::kYield:
        return yield_goroutine(m, g);
      case Action::kPark:
        if (!park_goroutine(m, g)) return;
        break;
      case Action::kLeaveSyscall:
        return leave_syscall(m, g);
    }
  }
}

void execute(Machine& m, Goroutine& g, bool inherits) {
  platform::set_goroutine(g.id, g.path);
  cas_status(g, kRunnable, kRunning, Site::kExecuteStatus);
  g.wait_reason = WaitReason::kNone;
  g.stack_cache = &m.processor->stacks;
  m.goroutine = &g;
  if (!inherits) ++m.processor->tick;
  settled(g.id);
  if (!g.has_started) {
    g.has_started = true;
    platform::record({.kind = EventKind::kStarted, .goroutine = g.id});
  }
  run_goroutine(m, g);
}

}  // namespace

void settled(GoroutineId id) { platform::record({.kind = EventKind::kSettled, .goroutine = id}); }

void run_machine(Machine& m) {
  for (;;) {
    bool inherits = false;
    Goroutine& g = find_runnable(m, inherits);
    if (m.is_spinning) reset_spinning(m);
    execute(m, g, inherits);
  }
}

void start(Runtime& runtime, const Function& main, void* user) {
  for (unsigned i = 0; i < runtime.knobs.processors; ++i) {
    runtime.processors[i] =
        new (platform::allocate(sizeof(Processor)))
            Processor(static_cast<std::uint16_t>(i), runtime.knobs.processors == 1);
  }
  runtime.lock.lock(Site::kSchedulerLock);
  for (unsigned i = runtime.knobs.processors; i-- > 1;) {
    put_idle_processor(runtime, *runtime.processors[i]);
  }
  runtime.machine_count = 1;
  runtime.lock.unlock(Site::kSchedulerUnlock);
  auto* const m = new (platform::allocate(sizeof(Machine))) Machine(0, runtime);
  m->processor = runtime.processors[0];
  Goroutine& g = *make_goroutine(runtime, kMainPath, user);
  begin_stack(g, main, &m->processor->stacks);
  platform::record({.kind = EventKind::kSpawned, .a = g.id, .b = g.path});
  cas_status(g, kIdle, kRunnable, Site::kReadyStatus);
  put_runnable(*m, g, false);
  run_machine(*m);
  fatal("machine", "the scheduler loop returned");
}

Goroutine* spawn(Machine& m, Goroutine& parent, const Function& function, void* user) {
  Runtime& runtime = *m.runtime;
  const NativeFrame frame(parent, kSpawnFrame, Site::kSpawnPrologue);
  const SpawnPath path = child_path(parent.path, parent.spawn_count);
  Goroutine* made = reuse_goroutine(m, user);
  if (made == nullptr) made = make_goroutine(runtime, path, user);
  if (made == nullptr) return nullptr;
  Goroutine& g = *made;
  ++parent.spawn_count;
  begin_stack(g, function, parent.stack_cache);
  platform::record({.kind = EventKind::kSpawned, .goroutine = parent.id, .a = g.id, .b = g.path});
  cas_status(g, g.status.peek(), kRunnable, Site::kReadyStatus);  // idle or dead: its maker owns it
  put_runnable(m, g, true);
  wake_processor(runtime);
  settled(parent.id);
  return &g;
}

Action park(Machine& m, Goroutine& g, CommitFunction commit, void* argument, WaitReason reason) {
  const NativeFrame frame(g, kParkFrame, Site::kParkPrologue);
  g.wait_reason = reason;
  m.park = ParkRequest{commit, argument};
  return Action::kPark;
}

void ready(Machine& m, Goroutine& waker, Goroutine& g) {
  const NativeFrame frame(waker, kReadyFrame, Site::kReadyPrologue);
  require(waker.locks_held == 0, "ready under a channel lock",
          "it may wait for a suspender that wants the lock");
  platform::record({.kind = EventKind::kReadied, .goroutine = waker.id, .a = g.id});
  cas_status(g, kWaiting, kRunnable, Site::kReadyStatus);
  put_runnable(m, g, true);
  wake_processor(*m.runtime);
  settled(waker.id);
}

void ready_from_outside(Runtime& runtime, Goroutine& g) {
  platform::record({.kind = EventKind::kReadied, .a = g.id});
  cas_status(g, kWaiting, kRunnable, Site::kReadyStatus);
  Goroutine* const batch[1] = {&g};
  put_global(runtime, batch, 1);
  wake_processor(runtime);
  settled(kNoGoroutine);
}

void panic(Goroutine& g, std::uint16_t kind, ChannelId channel) {
  platform::record(
      {.kind = EventKind::kPanicked, .goroutine = g.id, .channel = channel, .index = kind});
  switch (kind) {
    case kPanicSendOnClosed:
      platform::stop(Outcome::kPanic, "send on closed channel");
    case kPanicCloseOfClosed:
      platform::stop(Outcome::kPanic, "close of closed channel");
    default:
      platform::stop(Outcome::kPanic, "close of nil channel");
  }
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
