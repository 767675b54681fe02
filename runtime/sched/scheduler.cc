#include "sched/scheduler.h"

#include <new>

#include "sched/scheduler_internal.h"
#include "stack/stack.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

constexpr Function kParkFrame = native_function(FunctionId::kPark, 96);
constexpr Function kReadyFrame = native_function(FunctionId::kReady, 80);
constexpr Function kSpawnFrame = native_function(FunctionId::kSpawn, 128);

// The machine lets go of its goroutine. What belongs to the stack's owner is cleared before the
// status changes, because afterwards the machine owns nothing of it.
void release_stack_caches(Goroutine& g) { g.stack_cache = nullptr; }

void drop_goroutine(Machine& m) {
  m.goroutine = nullptr;
  platform::set_goroutine(kNoGoroutine, kSchedulerPath);
}

// A dead goroutine, for its next life; null when there is none. What was asked of its last life is
// cleared here: a suspender asks only what runs, and holds it in that status meanwhile.
Goroutine* reuse_goroutine(Runtime& runtime, void* user) {
  Goroutine* const g = runtime.free_goroutines;
  if (g == nullptr) return nullptr;
  runtime.free_goroutines = g->sched_link;
  g->sched_link = nullptr;
  expect(g->stack.lo == 0 && g->sp == 0, "goroutine", "a dead one has a stack");
  expect(g->parameter == nullptr && g->waiting == nullptr, "goroutine", "a dead one waits");
  cas_status(*g, kDead, kIdle, Site::kExitStatus);
  g->preempt.exchange(0, Site::kPreemptPoll);
  g->spawn_count = 0;
  g->wait_reason = WaitReason::kNone;
  g->has_started = false;
  g->result = Result{};
  g->user = user;
  return g;
}

// Ids are names in events and nothing else: where a run may have more goroutines than an event can
// name, names come again.
constexpr GoroutineId event_name_of(std::uint32_t index) {
  return static_cast<GoroutineId>(1 + index % 0xffff);
}

// Null when knobs.goroutines_max is reached.
Goroutine* make_goroutine(Runtime& runtime, SpawnPath path, void* user) {
  runtime.goroutines_lock.lock(Site::kAllGoroutinesLock);
  if (Goroutine* const g = reuse_goroutine(runtime, user)) {
    runtime.goroutines_lock.unlock(Site::kAllGoroutinesUnlock);
    return g;
  }
  const std::uint32_t index = runtime.goroutine_count.load_locked(runtime.goroutines_lock);
  if (index == runtime.knobs.goroutines_max) {
    runtime.goroutines_lock.unlock(Site::kAllGoroutinesUnlock);
    return nullptr;
  }
  auto* const g = new (platform::allocate(sizeof(Goroutine)))
      Goroutine(event_name_of(index), path, runtime.stack_pool);
  g->has_native_frames = runtime.knobs.stacks.native_frames;
  g->user = user;
  expect(index < runtime.knobs.goroutines_max, "goroutine", "there is no place for it");
  expect(runtime.goroutines[index] == nullptr, "goroutine", "its place is taken");
  runtime.goroutines[index] = g;
  // Still under the lock: the next maker counts on it.
  runtime.goroutine_count.publish(index + 1, Site::kGoroutineCountStore);
  runtime.goroutines_lock.unlock(Site::kAllGoroutinesUnlock);
  return g;
}

void exit_goroutine(Machine& m, Goroutine& g) {
  platform::record(event::Exited{.goroutine = g.id});
  require(g.waiting == nullptr && g.locks_held == 0 && g.nosplit == 0, "goroutine exit",
          "it still waits on a channel or holds a lock");
  expect(g.sp == g.stack.hi, "goroutine exit", "a frame of it is left");
  expect(g.parameter == nullptr, "goroutine exit", "somebody has woken it");
  expect(g.parking_on_chan.inspect() == 0, "goroutine exit", "it is about to park");
  free_stack(g, g.stack_cache);
  release_stack_caches(g);
  cas_status(g, kRunning, kDead, Site::kExitStatus);
  drop_goroutine(m);
  Runtime& runtime = *m.runtime;
  if (!runtime.knobs.reuse_goroutines) return;
  runtime.goroutines_lock.lock(Site::kAllGoroutinesLock);
  g.sched_link = runtime.free_goroutines;
  runtime.free_goroutines = &g;
  runtime.goroutines_lock.unlock(Site::kAllGoroutinesUnlock);
}

void yield_goroutine(Machine& m, Goroutine& g) {
  Runtime& runtime = *m.runtime;
  if constexpr (kCostlyChecks) check_between_steps(m, g);
  release_stack_caches(g);
  cas_status(g, kRunning, kRunnable, Site::kYieldStatus);
  drop_goroutine(m);
  runtime.lock.lock(Site::kSchedulerLock);
  push_global(runtime, g);
  runtime.lock.unlock(Site::kSchedulerUnlock);
  wake_processor(runtime);  // every enqueuer must (#55160)
}

// Steps P3 to P5 of scheduler.h. True when the goroutine keeps running here after all.
bool park_goroutine(Machine& m, Goroutine& g) {
  const ParkRequest park = m.park;
  expect(m.goroutine == &g, "park", "a machine parks a goroutine that it does not run");
  expect(g.wait_reason != WaitReason::kNone, "park", "for no reason");
  expect(g.nosplit == 0, "park", "in a nosplit region");
  expect(park.commit != nullptr || g.locks_held == 0, "park",
         "nobody is to unlock the channels that are locked");
  m.park = ParkRequest{};
  release_stack_caches(g);
  platform::record(event::Parked{.goroutine = g.id, .reason = g.wait_reason});
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

// The goroutine is in the machine's hands from now on: it runs.
void begin_running(Machine& m, Goroutine& g) {
  expect(m.goroutine == nullptr, "machine", "it runs two goroutines");
  expect(m.processor != nullptr, "machine", "it runs a goroutine without a processor");
  expect(!m.is_spinning, "machine", "it runs a goroutine and looks for another");
  platform::set_goroutine(g.id, g.path);
  cas_status(g, kRunnable, kRunning, Site::kExecuteStatus);
  g.wait_reason = WaitReason::kNone;
  g.stack_cache = &m.processor->stacks;
  m.goroutine = &g;
  expect(g.sp < g.stack.hi, "machine", "its goroutine has no frame to run");
  g.is_async_stopped = false;
  // It may have parked with what it was asked put off, or have been in a system call.
  if (g.preempt.poll() != 0) [[unlikely]] {
    take_requests(g, kPreemptYield);
  } else if (must_stop(g)) [[unlikely]] {
    publish_guard(g);
  }
}

// True when the goroutine keeps running here: a processor became free meanwhile.
bool leave_syscall(Machine& m, Goroutine& g) {
  Runtime& runtime = *m.runtime;
  expect(m.processor == nullptr && m.goroutine == &g, "system call",
         "it ends on a machine that has a processor, or on another one");
  // in_syscall belongs to the stack's owner, and a suspender may hold kScan over kSyscall: so first
  // run again, without a processor, and then become runnable.
  cas_status(g, kSyscall, kRunning, Site::kSyscallStatus);
  g.in_syscall = false;
  cas_status(g, kRunning, kRunnable, Site::kSyscallStatus);
  drop_goroutine(m);
  runtime.lock.lock(Site::kSchedulerLock);
  Processor* const processor = take_idle_processor(runtime);
  if (processor == nullptr) {
    push_global(runtime, g);
    // S2, with the lock in hand and no processor idle. A machine that drops one looks at the global
    // queue, but another may have moved the goroutine to its own. (Go's exitsyscall0 does not ask.)
    if (runtime.spinning_count.load(Site::kSpinningLoad) == 0) {
      runtime.need_spinning.store(1, Site::kNeedSpinning);
    }
  }
  runtime.lock.unlock(Site::kSchedulerUnlock);
  if (processor != nullptr) {
    hold_processor(m, *processor);
    go_on_with_slice(m);
    begin_running(m, g);
    settled(m, g);
    return true;
  }
  stop_machine(m);
  return false;
}

// Counts a safe point of what the processor runs. True when its slice is over: at once where slices
// are counted, else by the clock, and never for a tick that has not been seen before (Go: retake).
bool ends_slice(const Machine& m) {
  expect(m.processor != nullptr, "machine", "it runs a goroutine without a processor");
  Processor& processor = *m.processor;
  expect(processor.slice_left != 0, "time slice", "it is over, and has not been ended");
  if (--processor.slice_left != 0) [[likely]]
    return false;
  const Knobs& knobs = m.runtime->knobs;
  if (knobs.slice_ns == 0) return true;
  const std::uint64_t now = platform::now_ns();
  if (processor.slice_tick != processor.tick) {
    processor.slice_tick = processor.tick;
    processor.slice_begun = now;
  }
  if (now - processor.slice_begun >= knobs.slice_ns) return true;
  processor.slice_left = knobs.slice;
  return false;
}

void announce_preempted(Goroutine& g, bool for_scanner) {
  const FrameHeader& top = g.top();
  platform::record(event::Preempted{.goroutine = g.id,
                                    .is_async = g.is_async_stopped,
                                    .for_scanner = for_scanner,
                                    .function = top.function->id,
                                    .resume = top.resume});
}

// The goroutine makes room for others and waits behind all of them (Go: gopreempt_m). Its
// processor's slice is over: what it has readied to run next must not go on with it.
void share_processor(Machine& m, Goroutine& g) {
  announce_preempted(g, false);
  m.processor->slice_left = 0;
  yield_goroutine(m, g);
}

// In the order of urgency: a suspender waits. True when the goroutine has stopped.
bool answer_stop_requests(Machine& m, Goroutine& g, std::uint32_t asked) {
  if ((asked & kPreemptStop) != 0) {
    announce_preempted(g, true);
    release_stack_caches(g);
    cas_status(g, kRunning, kPreempted, Site::kPreemptPoll);
    drop_goroutine(m);
    return true;
  }
  if ((asked & kPreemptYield) == 0) return false;
  share_processor(m, g);
  return true;
}

// First, and taken alone: while the goroutine assists, other suspenders find it waiting. Whoever
// wanted it to stop is served then, so that a stop that it had taken up before would be a stop for
// nobody.
void answer_assist_request(Machine& m, Goroutine& g) {
  if ((g.preempt.poll() & kPreemptAssist) == 0) return;
  take_requests(g, kPreemptAssist);
  if (m.runtime->assist != nullptr) m.runtime->assist(m, g);
}

// What others asked of a running goroutine, and what the end of a slice asks, at a safe point. True
// when it has stopped.
bool answer_preemption(Machine& m, Goroutine& g, bool slice_is_over) {
  if constexpr (kCostlyChecks) check_between_steps(m, g);
  answer_assist_request(m, g);
  std::uint32_t asked = must_stop(g) ? take_requests(g, kPreemptAll) : 0;
  if (slice_is_over) asked |= kPreemptYield;
  answer_copy_requests(g, asked);
  return answer_stop_requests(m, g, asked);
}

// The goroutine is stopped where user code left it (Go: asyncPreempt). Its stack may be looked at,
// but what asks for a copy stays for a safe point that deserves the name.
void answer_interrupt(Machine& m, Goroutine& g) {
  if constexpr (kCostlyChecks) check_between_steps(m, g);
  const std::uint32_t asked = take_requests(g, kPreemptStop | kPreemptYield);
  g.is_async_stopped = true;
  answer_stop_requests(m, g, asked | kPreemptYield);
}

// A safe point that is passed: nothing may be due.
void check_not_asked([[maybe_unused]] const Goroutine& g) {
  if constexpr (kCostlyChecks) {
    const std::uint32_t asked = g.preempt.inspect();
    if (asked == 0) return;
    platform::record(
        event::Overlooked{.goroutine = g.id, .bits = static_cast<std::uint16_t>(asked)});
  }
}

// Runs the goroutine until its machine is free for another one.
void run_goroutine(Machine& m, Goroutine& g) {
  for (;;) {
    if constexpr (kCostlyChecks) check_between_steps(m, g);
    expect(g.top().function->step != nullptr, "machine", "a native function's frame was left");
    bool is_over = false;
    switch (g.top().function->step(m, g)) {
      case Action::kNext:
        if (g.sp == g.stack.hi) return exit_goroutine(m, g);
        // A poll, not a decision: a request seen late is seen at the next safe point.
        is_over = ends_slice(m);
        if (is_over || must_stop(g)) [[unlikely]] {
          if (answer_preemption(m, g, is_over)) return;
        } else {
          check_not_asked(g);
        }
        break;
      case Action::kBackEdge:
        is_over = ends_slice(m);
        if (g.stack_guard.load(Site::kLoopBackEdge) == kStackPreempt || is_over) [[unlikely]] {
          if (answer_preemption(m, g, is_over)) return;
        } else {
          check_not_asked(g);
        }
        break;
      case Action::kInterrupt:
        return answer_interrupt(m, g);
      case Action::kYield:
        return yield_goroutine(m, g);
      case Action::kPark:
        if (!park_goroutine(m, g)) return;
        break;
      case Action::kLeaveSyscall:
        if (!leave_syscall(m, g)) return;
        break;
    }
  }
}

void execute(Machine& m, Goroutine& g, bool inherits) {
  flush_caches(*m.runtime, *m.processor);
  begin_running(m, g);
  if (!inherits) begin_slice(m);
  settled(m, g);
  if (!g.has_started) {
    g.has_started = true;
    platform::record(event::Started{.goroutine = g.id});
  }
  run_goroutine(m, g);
}

}  // namespace

void settled(GoroutineId id) { platform::record(event::Settled{.goroutine = id}); }

void settled(const Machine& m, const Goroutine& g) {
  const auto server = static_cast<std::uint16_t>(m.processor->id + 1);
  platform::record(event::Settled{.goroutine = g.id, .server = server});
}

void begin_slice(Machine& m) {
  ++m.processor->tick;
  m.processor->slice_left = m.runtime->knobs.slice;
}

void go_on_with_slice(Machine& m) {
  if (m.processor->slice_left == 0) begin_slice(m);
}

void run_machine(Machine& m) {
  for (;;) {
    bool inherits = false;
    Goroutine& g = find_runnable(m, inherits);
    if constexpr (kCostlyChecks) check_runnable(g);
    if (m.is_spinning) reset_spinning(m);
    execute(m, g, inherits);
  }
}

void start(Runtime& runtime, const Function& main, void* user) {
  for (unsigned i = 0; i < runtime.knobs.processors; ++i) {
    expect(runtime.processors[i] == nullptr, "start", "the runtime has been started");
    runtime.processors[i] = new (platform::allocate(sizeof(Processor)))
        Processor(static_cast<std::uint16_t>(i), runtime.knobs.processors == 1);
  }
  runtime.lock.lock(Site::kSchedulerLock);
  for (unsigned i = runtime.knobs.processors; i-- > 1;) {
    put_idle_processor(runtime, *runtime.processors[i]);
  }
  expect(runtime.machine_count == 0, "start", "there is a machine before the first");
  runtime.machine_count = 1;
  runtime.lock.unlock(Site::kSchedulerUnlock);
  auto* const m = new (platform::allocate(sizeof(Machine))) Machine(0, runtime);
  hold_processor(*m, *runtime.processors[0]);
  Goroutine& g = *make_goroutine(runtime, kMainPath, user);
  begin_stack(g, main, &m->processor->stacks);
  platform::record(event::Spawned{.child = g.id, .path = g.path});
  cas_status(g, kIdle, kRunnable, Site::kReadyStatus);
  put_runnable(*m, g, false);
  run_machine(*m);
  fatal("machine", "the scheduler loop returned");
}

Goroutine* spawn(Machine& m, Goroutine& parent, const Function& function, void* user) {
  Runtime& runtime = *m.runtime;
  expect(m.goroutine == &parent, "spawn", "the machine does not run the parent");
  const NativeFrame frame(parent, kSpawnFrame, Site::kSpawnPrologue);
  const SpawnPath path = child_path(parent.path, parent.spawn_count);
  Goroutine* const made = make_goroutine(runtime, path, user);
  if (made == nullptr) return nullptr;
  Goroutine& g = *made;
  ++parent.spawn_count;
  begin_stack(g, function, parent.stack_cache);
  platform::record(event::Spawned{.goroutine = parent.id, .child = g.id, .path = g.path});
  cas_status(g, kIdle, kRunnable, Site::kReadyStatus);
  put_runnable(m, g, true);
  wake_processor(runtime);
  settled(parent.id);
  return &g;
}

Action park(Machine& m, Goroutine& g, CommitFunction commit, void* argument, WaitReason reason) {
  const NativeFrame frame(g, kParkFrame, Site::kParkPrologue);
  expect(m.goroutine == &g, "park", "a goroutine parks that the machine does not run");
  expect(m.park.commit == nullptr && m.park.argument == nullptr, "park", "it has parked already");
  g.wait_reason = reason;
  m.park = ParkRequest{commit, argument};
  return Action::kPark;
}

void ready(Machine& m, Goroutine& waker, Goroutine& g) {
  const NativeFrame frame(waker, kReadyFrame, Site::kReadyPrologue);
  require(waker.locks_held == 0, "ready under a channel lock",
          "it may wait for a suspender that wants the lock");
  expect(m.goroutine == &waker, "ready", "the machine does not run the waker");
  expect(g.sched_link == nullptr, "ready", "the goroutine is on a list");
  platform::record(event::Readied{.goroutine = waker.id, .target = g.id});
  cas_status(g, kWaiting, kRunnable, Site::kReadyStatus);
  put_runnable(m, g, true);
  wake_processor(*m.runtime);
  settled(waker.id);
}

void ready_from_outside(Runtime& runtime, Goroutine& g) {
  expect(g.sched_link == nullptr, "ready", "the goroutine is on a list");
  platform::record(event::Readied{.target = g.id});
  cas_status(g, kWaiting, kRunnable, Site::kReadyStatus);
  Goroutine* const batch[1] = {&g};
  put_global(runtime, batch, 1);
  wake_processor(runtime);
  settled(kNoGoroutine);
}

void ready_stopped(Machine& m, Goroutine& suspender, Goroutine& g) {
  expect(m.goroutine == &suspender, "ready", "the machine does not run the suspender");
  expect(g.sched_link == nullptr, "ready", "the goroutine is on a list");
  platform::record(event::Readied{.target = g.id});
  cas_status(g, kWaiting, kRunnable, Site::kReadyStatus);
  put_runnable(m, g, true);
  wake_processor(*m.runtime);
  settled(suspender.id);
}

void panic(Goroutine& g, PanicKind kind, ChannelId channel) {
  platform::record(event::Panicked{.goroutine = g.id, .channel = channel, .panic = kind});
  platform::stop(Outcome::kPanic, panic_text(kind));
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
