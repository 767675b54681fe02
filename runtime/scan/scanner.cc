#include "scan/scanner.h"

#include <algorithm>

#include "chan/collect.h"
#include "scan/notes.h"
#include "stack/invariants.h"
#include "stack/stack.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

constexpr unsigned kScannersMax = 2;
constexpr std::uint32_t kAssistGoroutinesMax = 32;  // an assist looks at no more

// Of a goroutine that suspends others.
struct AssistFrame {
  FrameHeader header;
  std::uint64_t scanned = 0;  // goroutines
};
constexpr Function kAssistFrame = native_function(FunctionId::kAssist, 48);
static_assert(sizeof(AssistFrame) <= kAssistFrame.frame_bytes);

// Who suspends: a goroutine, on the machine that runs it; both null for a scanner.
struct Suspender {
  Machine* machine = nullptr;
  Goroutine* goroutine = nullptr;
};

struct Suspended {
  bool is_dead = false;
  bool was_preempted = false;
  Status status = kIdle;  // the status below kScan
};

// The scanner has suspended g, and so owns its stack.
void check_suspended(const Goroutine& g, const Suspended& suspended) {
  require((suspended.status & kScan) == 0, "suspend", "twice");
  require(g.status.inspect() == (suspended.status | kScan), "suspend",
          "the goroutine's status is not what the scanner left it in");
  require(!suspended.was_preempted || suspended.status == kWaiting, "suspend",
          "a goroutine that stopped for the scanner went on by itself");
  require(g.nosplit == 0, "suspend", "in a nosplit region");
  require(g.in_syscall == (suspended.status == kSyscall), "suspend",
          "in a system call that the status does not tell of, or the other way round");
  if constexpr (kCostlyChecks) check_room(g);
}

// A poll. What it misses comes with a change of the status, and is looked at again.
bool is_asked_to_stop(const Goroutine& g) { return (g.preempt.poll() & kPreemptStop) != 0; }

// The scan bit keeps it running meanwhile, so that the request does not reach what it does next, or
// its next life. Here no lock is taken, and nothing waited for: the goroutine may be about to
// change its status with locks in hand. False when it runs no longer.
bool ask_to_stop(Goroutine& g) {
  if (!cas_to_scan(g, kRunning, Site::kScanSuspend)) return false;
  ask(g, kPreemptStop, Site::kScanPreemptStore);
  cas_from_scan(g, kRunning, Site::kScanAsked);
  return true;
}

Suspended suspend(Goroutine& g) {
  Suspended result;
  for (;;) {
    const Status status = g.status.load(Site::kScanSuspend);
    switch (status) {
      case kIdle:  // its maker has not finished, so there is nothing to scan yet
      case kDead:
        result.is_dead = true;
        return result;
      case kPreempted:
        // It stopped itself for a suspender: for the one that gets here first, which alone makes it
        // runnable again.
        if (cas_from_preempted(g, Site::kScanSuspend)) result.was_preempted = true;
        break;
      case kRunnable:
      case kWaiting:
      case kSyscall:
        if (!cas_to_scan(g, status, Site::kScanSuspend)) break;
        forget_requests(g);  // an earlier one of ours is served, or will be by ourselves
        result.status = status;
        return result;
      case kRunning:
        if (!is_asked_to_stop(g) && !ask_to_stop(g)) break;
        // Another suspender may have been there meanwhile, and have taken our request for its own.
        platform::spin_until(
            g.status, [&g](Status s) { return s != kRunning || !is_asked_to_stop(g); },
            Site::kScanSuspendWait);
        break;
      case kCopyStack:
        platform::spin_until(
            g.status, [](Status s) { return s != kCopyStack; }, Site::kScanSuspendWait);
        break;
      default:
        require((status & kScan) != 0, "suspend", "a status that no goroutine has");
        // Another suspender is at work.
        platform::spin_until(
            g.status, [](Status s) { return (s & kScan) == 0; }, Site::kScanSuspendWait);
    }
  }
}

void resume(Runtime& runtime, const Suspender& by, Goroutine& g, const Suspended& suspended) {
  check_suspended(g, suspended);
  cas_from_scan(g, suspended.status, Site::kScanResume);
  if (!suspended.was_preempted) return;
  if (by.goroutine != nullptr) {
    ready_stopped(*by.machine, *by.goroutine, g);
  } else {
    ready_from_outside(runtime, g);
  }
}

// Step S4. The stack is ours.
void scan_stack(Runtime& runtime, Goroutine& g, const Suspended& suspended, bool move) {
  check_suspended(g, suspended);
  take_census(g, CensusMoment::kScan);
  if (!runtime.knobs.shrink_stacks) return;
  if (!is_shrink_safe(g)) {
    ask(g, move ? kPreemptMove : kPreemptShrink, Site::kScanPreemptStore);
  } else if (move) {
    copy_stack(g, g.stack.bytes(), CopyReason::kMove);
  } else {
    shrink_stack(g);
  }
}

// What a scan has found in stacks, guard space included (Go: scannedStackSize, scannedStacks).
struct Found {
  std::uint64_t used_bytes = 0;
  std::uint32_t stacks = 0;
};

void scan_goroutine(Runtime& runtime, const Suspender& by, Goroutine& g, bool move, Found& found) {
  const Suspended suspended = suspend(g);
  if (suspended.is_dead) return;
  found.used_bytes += g.used_bytes() + kStackGuard;
  ++found.stacks;
  platform::record(event::ScanBegin{.goroutine = g.id, .status = suspended.status});
  scan_stack(runtime, g, suspended, move);
  platform::record(event::ScanEnd{.goroutine = g.id});
  resume(runtime, by, g, suspended);
}

// Who is the goroutine with this ordinal?
Goroutine& goroutine_at(const Runtime& runtime, std::uint32_t index) {
  require(runtime.goroutines[index] != nullptr, "scanner", "a goroutine is counted and not there");
  return *runtime.goroutines[index];
}

// Steps T1 to T3 of scanner.h. Begins with the goroutine after it, and ends with itself where there
// are no more than it looks at.
void assist(Machine& m, Goroutine& g) {
  Runtime& runtime = *m.runtime;
  const NativeFrame frame(g, kAssistFrame, Site::kAssistPrologue);
  // As a compiler would keep it in a register: its machine may, as nobody copies the stack.
  auto& result = *reinterpret_cast<AssistFrame*>(g.sp);
  g.stack_cache = nullptr;
  g.wait_reason = WaitReason::kSuspending;
  platform::record(event::AssistBegin{.goroutine = g.id});
  cas_status(g, kRunning, kWaiting, Site::kAssistStatus);
  platform::begin_freezing();
  Found found;
  const std::uint32_t count = runtime.goroutine_count.load(Site::kScanRequest);
  const std::uint32_t looks = std::min(count, kAssistGoroutinesMax);
  for (std::uint32_t i = 0; i < looks; ++i) {
    scan_goroutine(runtime, {&m, &g}, goroutine_at(runtime, (g.id + i) % count), false, found);
  }
  platform::end_freezing();
  std::uint32_t scanned = found.stacks;
  if (g.has_native_frames) result.scanned = scanned;
  cas_status(g, kWaiting, kRunning, Site::kAssistStatus);
  g.wait_reason = WaitReason::kNone;
  g.stack_cache = &m.processor->stacks;
  require(reinterpret_cast<std::uintptr_t>(&result) == g.sp, "assist",
          "its stack was copied while it worked on it");
  if (g.has_native_frames) scanned = static_cast<std::uint32_t>(result.scanned);
  platform::record(event::AssistEnd{.goroutine = g.id, .scanned = scanned});
}

// While a scanner works, goroutines that it holds may become runnable: no deadlock yet.
void begin_work(Runtime& runtime) {
  runtime.lock.lock(Site::kSchedulerLock);
  ++runtime.busy_scanners;
  require(runtime.busy_scanners <= kScannersMax, "scanner", "more are at work than there are");
  runtime.scan_cycle.store_locked(runtime.scan_cycle.load_locked(runtime.lock) + 1, runtime.lock);
  runtime.lock.unlock(Site::kSchedulerUnlock);
  runtime.stack_pool.begin_scan();
}

// What the scan kept back may become something else, unless the other scanner works.
void sweep(Runtime& runtime, bool has_dropped_sudogs) {
  runtime.has_dropped_sudogs |= has_dropped_sudogs;
  for (Processor* p = runtime.idle_processors; p != nullptr; p = p->idle_link) {
    flush_caches(runtime, *p);
  }
  const bool is_last = runtime.stack_pool.end_scan();
  const bool may_be_free = runtime.has_dropped_sudogs || runtime.knobs.elastic_buffers;
  if (!is_last || !may_be_free) return;
  runtime.has_dropped_sudogs = false;
  runtime.objects.free_spans();
}

void end_work(Runtime& runtime, bool has_dropped_sudogs) {
  runtime.lock.lock(Site::kSchedulerLock);
  sweep(runtime, has_dropped_sudogs);
  require(runtime.busy_scanners != 0, "scanner", "one stops work that has not begun");
  --runtime.busy_scanners;
  check_dead(runtime);
  runtime.lock.unlock(Site::kSchedulerUnlock);
}

void scanner_main(void* argument);

// There is more to do than this scanner does: a second one. Only the first one gets it.
void call_second_scanner(Runtime& runtime) {
  if (runtime.scanner_count == kScannersMax || !platform::has_scan_request()) return;
  ++runtime.scanner_count;
  platform::start_thread(&scanner_main, &runtime, Site::kThreadStart);
}

void scanner_main(void* argument) {
  auto& runtime = *static_cast<Runtime*>(argument);
  platform::set_goroutine(kNoGoroutine, kScannerPath);
  for (;;) {
    const auto request = platform::await_scan_request(Site::kScanRequest);
    begin_work(runtime);
    const bool has_dropped_sudogs = drop_central_sudogs(runtime);
    Found found;
    ScanNotes notes;
    notes.take(runtime);
    platform::begin_freezing();
    const std::uint32_t count = runtime.goroutine_count.load(Site::kScanRequest);
    require(count <= runtime.knobs.goroutines_max, "scanner", "more goroutines than may be");
    for (std::uint32_t i = 0; i < count; ++i) {
      Goroutine& g = goroutine_at(runtime, i);
      call_second_scanner(runtime);
      if (request.path == kAnyPath || request.path == g.path) {
        scan_goroutine(runtime, {}, g, request.move, found);
      }
    }
    platform::end_freezing();
    runtime.stack_pool.set_start(found.used_bytes, found.stacks);
    notes.check(runtime);
    end_work(runtime, has_dropped_sudogs);
  }
}

}  // namespace

void start_scanner(Runtime& runtime) {
  runtime.scanner_count = 1;
  runtime.assist = &assist;
  platform::start_thread(&scanner_main, &runtime, Site::kThreadStart);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
