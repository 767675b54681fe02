// System calls: the goroutine keeps its machine and gives its processor away (Go:
// entersyscallblock, handoffp, exitsyscall).
#include "sched/scheduler_internal.h"
#include "stack/stack.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

constexpr Function kSyscallFrame = native_function(FunctionId::kEnterSyscall, 80);

// Somebody else runs with the processor if there is work, or might be soon (Go: handoffp).
void hand_off(Runtime& runtime, Processor& processor) {
  expect(processor.idle_link == nullptr, "system call", "its processor is on the idle list");
  if (!processor.run_queue.is_empty() ||
      runtime.global_count.load(Site::kGlobalQueueSizeLoad) != 0) {
    return start_machine(runtime, processor, false);
  }
  std::uint32_t none = 0;
  if (runtime.spinning_count.load(Site::kSpinningLoad) +
              runtime.idle_processor_count.load(Site::kIdleProcessorsLoad) ==
          0 &&
      runtime.spinning_count.compare_exchange(none, 1, Site::kSpinningUpdate)) {
    return start_machine(runtime, processor, true);
  }
  runtime.lock.lock(Site::kSchedulerLock);
  if (runtime.global_head != nullptr) {
    runtime.lock.unlock(Site::kSchedulerUnlock);
    return start_machine(runtime, processor, false);
  }
  // A submitter found no idle processor, and relies on the next one to be dropped. Go's handoffp
  // does not ask, and leaves the submitter's goroutine beside the processor that it drops.
  if (runtime.need_spinning.load(Site::kNeedSpinning) != 0) {
    runtime.spinning_count.fetch_add(1, Site::kSpinningUpdate);
    runtime.need_spinning.store(0, Site::kNeedSpinning);
    runtime.lock.unlock(Site::kSchedulerUnlock);
    return start_machine(runtime, processor, true);
  }
  put_idle_processor(runtime, processor);
  runtime.lock.unlock(Site::kSchedulerUnlock);
}

}  // namespace

void enter_syscall(Machine& m, Goroutine& g) {
  {
    const NativeFrame frame(g, kSyscallFrame, Site::kSyscallPrologue);
  }
  if constexpr (kCostlyChecks) check_between_steps(m, g);
  expect(g.waiting == nullptr, "system call", "the goroutine waits on a channel");
  platform::record(event::SyscallEntered{.goroutine = g.id});
  g.in_syscall = true;
  g.stack_guard.exchange(kStackPreempt, Site::kStackGuard);  // a prologue in it is fatal
  g.stack_cache = nullptr;
  cas_status(g, kRunning, kSyscall, Site::kSyscallStatus);
  hand_off(*m.runtime, let_go_of_processor(m));
  settled(g.id);
}

bool exit_syscall(Machine& m, Goroutine& g) {
  Runtime& runtime = *m.runtime;
  expect(g.in_syscall && m.goroutine == &g, "system call", "it ends where it did not begin");
  expect(m.processor == nullptr && g.stack_cache == nullptr, "system call",
         "its machine has kept its processor");
  platform::record(event::SyscallLeft{.goroutine = g.id});
  runtime.lock.lock(Site::kSchedulerLock);
  Processor* const processor = take_idle_processor(runtime);
  runtime.lock.unlock(Site::kSchedulerUnlock);
  if (processor == nullptr) return false;
  hold_processor(m, *processor);
  go_on_with_slice(m);
  settled(m, g);
  cas_status(g, kSyscall, kRunning, Site::kSyscallStatus);
  g.in_syscall = false;
  g.stack_cache = &processor->stacks;
  publish_guard(g);
  return true;
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
