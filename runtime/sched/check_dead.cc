// "all goroutines are asleep - deadlock!", and the orderly end of a run (Go: checkdead).
#include "sched/scheduler_internal.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

void announce_end(Runtime& runtime, unsigned alive) {
  const std::uint32_t count = runtime.goroutine_count.inspect();
  for (std::uint32_t i = 0; i < count; ++i) {
    const Goroutine& g = *runtime.goroutines[i];
    const Status status = g.status.inspect();
    if (status == kDead) continue;
    platform::record(
        event::EndGoroutine{.goroutine = g.id, .status = status, .reason = g.wait_reason});
  }
  if (runtime.announce_channels != nullptr) runtime.announce_channels(runtime);
  runtime.stack_pool.check_freed();
  runtime.heap.check_free();
  platform::record(event::EndCounts{.goroutines = static_cast<std::uint16_t>(alive),
                                    .sudogs = runtime.sudogs_in_use.total(),
                                    .stacks = runtime.stack_pool.in_use()});
}

}  // namespace

void check_dead(Runtime& runtime) {
  require(runtime.lock.is_held_by_me(), "scheduler lock", "check_dead needs it");
  if (runtime.machine_count == 0) return;  // the scanner was faster than start
  if (runtime.machine_count > runtime.idle_machine_count) return;
  if (runtime.busy_scanners != 0) return;
  unsigned alive = 0;
  const std::uint32_t count = runtime.goroutine_count.load_at_rest(runtime.lock);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Status status = runtime.goroutines[i]->status.load_at_rest(runtime.lock) & ~kScan;
    if (status == kDead) continue;
    ++alive;
    // Every machine sleeps, and nobody will ever wake one: such a goroutine was forgotten.
    require(status == kWaiting, "check_dead found a runnable goroutine", "all machines are idle");
    require(!suspends_others(*runtime.goroutines[i]), "check_dead",
            "a goroutine suspends others, and its machine sleeps");
  }
  if constexpr (kCostlyChecks) check_all_idle(runtime);
  announce_end(runtime, alive);
  if (alive == 0) platform::stop(Outcome::kExit, "");
  platform::stop(Outcome::kDeadlock, "all goroutines are asleep - deadlock!");
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
