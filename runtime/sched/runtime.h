// Runtime: machines, processors and goroutines of one run, and the scheduler's shared state
// (Go: m, p, allgs, sched).
//
//   Machine    a thread of the platform that runs goroutines (Go: m)
//   Processor  the right to run goroutines, with a run queue and caches (Go: p)
//
// Native code below runs *for* the machine it is handed; `Machine&` is the current machine.
#pragma once

#include <cstdint>

#include "base/limits.h"
#include "heap/objects.h"
#include "platform.h"
#include "sched/run_queue.h"
#include "stack/goroutine.h"
#include "stack/stack_pool.h"

namespace concertina::inline CONCERTINA_PLATFORM {

struct Runtime;

static_assert(kProcessorsLimit <= kMachinesMax, "a processor needs a machine");
static_assert(kRunQueueSlots % 2 == 0, "half of a queue moves out when it is full");
static_assert(kSudogCacheSlots % 2 == 0, "half of a cache goes to the central list");

/// What to do once the goroutine's status is kWaiting and its machine has let go of it. Must not
/// touch the goroutine's stack. False: do not park after all.
using CommitFunction = bool (*)(Goroutine& g, void* argument);

struct ParkRequest {
  CommitFunction commit = nullptr;
  void* argument = nullptr;
};

struct Processor {
  explicit Processor(std::uint16_t processor_id, bool is_only_one = false)
      : id(processor_id), run_queue(processor_id, !is_only_one) {}

  const std::uint16_t id;
  // Owner: the machine that holds the processor; idle processors are guarded by the scheduler's
  // lock.
  std::uint32_t tick = 0;
  std::uint32_t slice_left = 0;   // safe points; 0: it is over, and the next tick begins another
  std::uint32_t slice_tick = 0;   // the tick at the last look at the clock, ...
  std::uint64_t slice_begun = 0;  // ... and when that tick was first seen, in ns
  SudogCache sudogs;
  StackCache stacks;
  std::uint32_t flushed_for = 0;  // the scan cycle for which its caches were emptied
  Processor* idle_link = nullptr;
  RunQueue run_queue;  // thieves, too
};

struct Machine {
  Machine(std::uint16_t machine_id, Runtime& owner) : id(machine_id), runtime(&owner) {}

  const std::uint16_t id;
  Runtime* const runtime;
  Processor* processor = nullptr;
  Processor* next_processor = nullptr;  // handed over by its waker
  Goroutine* goroutine = nullptr;
  bool is_spinning = false;
  ParkRequest park;
  platform::Note note;
  Machine* idle_link = nullptr;  // guarded by the scheduler's lock
};

struct Knobs {
  unsigned processors = 2;
  StackKnobs stacks;
  bool shrink_stacks = true;
  unsigned machines_max = kMachinesMax;        // 1..kMachinesMax; system calls use them up
  unsigned slice = kSliceSafePoints;           // safe points in a time slice, at least 1, ...
  std::uint64_t slice_ns = kSliceNs;           // ... or, unless 0, between two looks at the clock
  unsigned goroutines_max = kGoroutinesLimit;  // in one run; with reuse, at one time
  unsigned channels_max = kChannelsLimit;      // in one run
  /// A channel has a buffer only while something is in it, so that buffers come and go as they do
  /// in a program whose channels are collected.
  bool elastic_buffers = false;
  /// A submitter may rely on another's request that has not been answered yet (need_spinning), and
  /// spare itself the scheduler's lock.
  bool standing_requests = kStandingRequests;
  /// A new goroutine takes the place of a dead one, its id and path included (Go: gfget), so that a
  /// run may spawn without end. Oracles tell goroutines by their ids: not for runs that they judge.
  bool reuse_goroutines = false;
};

/// Announces the channels' side of the end of a run; set by chan/.
using EndHook = void (*)(Runtime&);
/// The goroutine, which the machine runs and which is at a safe point, suspends and scans others;
/// set by scan/.
using AssistHook = void (*)(Machine&, Goroutine&);

struct Runtime {
  explicit Runtime(const Knobs& run_knobs)
      : knobs(run_knobs),
        heap(run_knobs.stacks.poison),
        objects(heap),
        stack_pool(run_knobs.stacks, heap),
        goroutines(make_table<Goroutine>(run_knobs.goroutines_max)),
        channels(make_table<ChannelBase>(run_knobs.channels_max)) {}

  const Knobs knobs;
  SpanHeap heap;
  ObjectHeap objects;  // sudogs, channel buffers
  StackPool stack_pool;

  // All goroutines, by id - 1. The count is published after the entry.
  platform::Mutex goroutines_lock{LockRank::kAllGoroutines};
  Goroutine** const goroutines;          // knobs.goroutines_max
  Goroutine* free_goroutines = nullptr;  // dead, by sched_link; guarded by goroutines_lock
  platform::Atomic<std::uint32_t> goroutine_count{0};

  Processor* processors[kProcessorsLimit] = {};  // fixed after start

  // Guarded by `lock`.
  platform::Mutex lock{LockRank::kScheduler};
  Machine* idle_machines = nullptr;
  unsigned idle_machine_count = 0;
  unsigned machine_count = 0;
  bool is_machine_wanted = false;  // a processor went back for want of one: see start_machine
  Processor* idle_processors = nullptr;
  Goroutine* global_head = nullptr;
  Goroutine* global_tail = nullptr;
  /// Written by the first scanner, before it starts the second.
  unsigned scanner_count = 0;
  unsigned busy_scanners = 0;  // while one acts on a request, goroutines may yet become runnable
  bool has_dropped_sudogs = false;  // by a scan that works, or worked beside one that does

  // Written under `lock`, read without it.
  platform::Atomic<std::uint32_t> global_count{0};
  platform::Atomic<std::uint32_t> idle_processor_count{0};
  platform::Atomic<std::uint32_t> spinning_count{0};
  platform::Atomic<std::uint32_t> need_spinning{0};
  platform::Atomic<std::uint32_t> scan_cycle{0};  // how many scans have begun

  // Sudogs. The central list is guarded by its lock; per-processor caches feed on it.
  platform::Mutex sudog_lock{LockRank::kSudogCache};
  Sudog* central_sudogs = nullptr;
  platform::Counter sudogs_in_use;

  // Channels by id - 1, for the end of the run. Guarded by goroutines_lock.
  ChannelBase** const channels;  // knobs.channels_max
  unsigned channel_count = 0;
  EndHook announce_channels = nullptr;
  AssistHook assist = nullptr;  // set before the first machine runs; null without a scanner

 private:
  template <class T>
  static T** make_table(std::size_t entries) {
    return static_cast<T**>(platform::allocate(entries * sizeof(T*)));
  }
};

}  // namespace concertina::inline CONCERTINA_PLATFORM
