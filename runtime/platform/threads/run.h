// Run: one run of the runtime on real threads, from its first thread to the first stop.
//
// Rules
//   1. Each thread of a run has a record in the run, which `current_thread` finds. The driver,
//      which called run, is not one of them.
//   2. The first stop wins. From then on every thread leaves: at its next platform operation, or
//      out of the one that it sleeps in. It leaves by longjmp to its own entry, so that no
//      destructor runs: like the simulator's virtual threads, what lies on it is forgotten, locks
//      included.
//   3. The driver wakes sleepers until all have left, and joins them. Only then is memory freed.
//   4. A thread that computes for ever without a platform operation cannot be stopped, and run does
//      not return.
//   5. A run in which every thread sleeps without an alarm is over as kHung, at once: a wake-up was
//      lost. `awake_` counts the others. A thread about to sleep takes itself off; its waker
//      counts it again *before* it may itself fall asleep, so that the count is never 0 too early.
//      Waiting for a lock counts as awake, for its holder is.
//
// Leaving, two sides:
//
//   thread that goes to sleep                  driver after a stop
//   T1 sleeps_on := word                       D1 the state is "stopped"
//   T2 state "stopped"? leave                  D2 wake the sleepers on each thread's sleeps_on
//   T3 sleep while the word has the value      D3 all have left? done. Else a pause, then D2
//
// Losing race: D2 between T2 and T3 wakes nobody; D3 comes back to it.
#pragma once

#include <pthread.h>
#include <setjmp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/event.h"
#include "base/lock_rank.h"
#include "base/outcome.h"
#include "base/spawn_path.h"
#include "platform/stack_action.h"
#include "platform/threads/futex.h"
#include "platform/threads/scan_queue.h"

namespace concertina::threaded {

inline constexpr unsigned kThreadsMax = 16;    // per run: machines, the scanner, spare
inline constexpr unsigned kHeldLocksMax = 72;  // a select's 64 channels, and what a growth takes

/// Sees each event on the thread that announces it, many at the same time. It must order nothing
/// between threads, or it hides races.
class EventObserver {
 public:
  virtual void seen(const Event& event, ThreadId thread) = 0;

 protected:
  ~EventObserver() = default;
};

struct Config {
  std::uint64_t seed = 1;              // of every thread's draws
  std::uint32_t events_max = 0;        // 0: none is recorded
  EventObserver* observer = nullptr;   // sees all of them, recorded or not
  std::uint32_t move_one_in = 0;       // one prologue in this many moves the stack; 0: none
  std::uint32_t grow_one_in = 0;       // one prologue in this many grows the stack; 0: none
  std::uint32_t shrink_one_in = 0;     // ... halves it, if little is used
  std::uint32_t preempt_one_in = 0;    // ... asks its goroutine to share the processor
  std::uint32_t assist_one_in = 0;     // ... asks its goroutine to suspend and scan others
  std::uint32_t interrupt_one_in = 0;  // one place in user code in this many stops the goroutine
  std::uint64_t scan_every_ns = 0;     // the scanner goes to work by itself; 0: on request only
  std::uint64_t limit_ns = 0;          // the driver stops a run that takes longer; 0: never
};

struct Report {
  Outcome outcome = Outcome::kExit;
  std::string message;
  std::vector<Event> events;  // `step` is an event's place in this list
};

class Run;

struct HeldLock {
  const void* lock;
  LockRank rank;
  std::uint32_t order;
};

/// Bits of Thread::attention.
inline constexpr std::uint32_t kAttendStop = 1;      // the run is over: leave
inline constexpr std::uint32_t kAttendRecords = 2;   // events are recorded or observed
inline constexpr std::uint32_t kAttendPrologue = 4;  // prologues draw what happens to the stack,
                                                     // and user code whether it is interrupted
inline constexpr std::uint32_t kAttendFreezing = 8;  // OwnedAtomic: others may freeze variables

/// A thread of a run. Only `sleeps_on` and `attention` are for others.
struct alignas(64) Thread {
  Run* run = nullptr;
  /// All that a platform operation must attend to besides its work; 0 in a run that is not
  /// watched, so that one look is enough. The run sets and clears bits.
  std::atomic<std::uint32_t> attention{0};
  ThreadId id = 0;
  GoroutineId goroutine = kNoGoroutine;
  SpawnPath path = kSchedulerPath;
  std::uint64_t random = 0;
  unsigned held_count = 0;
  std::array<HeldLock, kHeldLocksMax> held{};  // in the order of locking
  std::atomic<const FutexWord*> sleeps_on{nullptr};
  FutexWord nap{0};  // never changed

  // For the thread that starts and joins it.
  void (*entry)(void*) = nullptr;
  void* argument = nullptr;
  bool was_created = false;
  pthread_t handle{};
  jmp_buf exit;

  /// Unwinds to the thread's entry.
  [[noreturn]] void leave();
  /// Sleeps while the word has the value, at most `timeout_ns`. May return early; leaves on stop.
  void wait_while(const FutexWord& word, std::uint32_t value, std::uint64_t timeout_ns);
  /// The same, but returns on stop: for callers that have something to clean up.
  void sleep_on(const FutexWord& word, std::uint32_t value, std::uint64_t timeout_ns);
  /// Lets that much time pass; leaves on stop.
  void sleep_ns(std::uint64_t ns);
  std::uint32_t draw(std::uint32_t n);
  StackAction draw_stack_action();
};

extern thread_local constinit Thread* current_thread;

class Run {
 public:
  explicit Run(const Config& config);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// The driver: runs entry(argument) on a first thread until the run is stopped. Once.
  Report run(void (*entry)(void*), void* argument);

  // --- The threads' side ---

  /// Sets or clears a bit of every thread's attention, those included that are yet to start.
  void call_attention(std::uint32_t bit);
  void release_attention(std::uint32_t bit);

  /// kAttendFreezing, from the first that begins until the last that ends. Under a lock, because
  /// one that begins must not have the bit taken away by one that ends.
  void begin_freezing();
  void end_freezing();
  bool is_freezing() const {
    return (threads_[0].attention.load(std::memory_order_relaxed) & kAttendFreezing) != 0;
  }

  bool is_stopped() const { return state_.load(std::memory_order_relaxed) != kRunning; }
  [[noreturn]] void stop(Outcome outcome, std::string_view message);
  void start_thread(void (*entry)(void*), void* argument);
  /// Zeroed, aligned to 16; null when there is none. Orders nothing between threads.
  void* allocate(std::size_t bytes);
  ObjectId new_object() { return objects_.fetch_add(1, std::memory_order_relaxed) + 1; }

  /// The calling thread is about to sleep until another one calls `woke` for it.
  void falls_asleep();
  /// A thread that had called falls_asleep will run again.
  void woke() { awake_.fetch_add(1, std::memory_order_relaxed); }

  bool records() const { return config_.events_max != 0 || config_.observer != nullptr; }
  void record(Event event);
  std::uint32_t step() const { return event_count_.load(std::memory_order_relaxed); }

  const Config& config() const { return config_; }
  /// For looking at a run that hangs: the threads started so far.
  std::span<const Thread> threads() const {
    return {threads_.data(), std::min(thread_count_.load(std::memory_order_acquire), kThreadsMax)};
  }
  ScanQueue& scan_queue() { return scan_queue_; }

 private:
  enum State : std::uint32_t { kRunning, kStopping, kStopped };
  struct alignas(16) Block {
    Block* next;
  };

  static void* thread_main(void* thread);
  void create_thread(void (*entry)(void*), void* argument);
  bool announce_end(Outcome outcome, std::string_view message);
  void await_end();
  void collect_threads();

  // First, because every platform operation looks at it.
  FutexWord state_{kRunning};
  const Config config_;
  Event* events_ = nullptr;           // room for events_max, constructed one by one
  Outcome outcome_ = Outcome::kExit;  // written by the thread that leaves kRunning
  std::string message_;               // likewise
  std::atomic<std::uint32_t> event_count_{0};
  std::atomic<ObjectId> objects_{0};
  std::atomic<Block*> blocks_{nullptr};
  FutexWord alive_{0};
  // Relaxed: a counter that orders nothing (an edge between sleepers would hide races).
  std::atomic<std::uint32_t> awake_{0};
  std::atomic<unsigned> thread_count_{0};
  ScanQueue scan_queue_;
  std::mutex freezers_lock_;  // never held across anything that may leave
  unsigned freezers_ = 0;     // guarded by freezers_lock_
  std::array<Thread, kThreadsMax> threads_;
};

/// Waits in a loop: processor hints first, then the processor for others, then longer and longer
/// naps, so that a wait for something long costs little and one for something short no time.
class Backoff {
 public:
  explicit Backoff(Thread& thread) : thread_(thread) {}
  /// Waits, a little longer each time. Leaves on stop.
  void pause();
  /// The same, but false on stop: for callers that have something to clean up.
  [[nodiscard]] bool wait();

 private:
  Thread& thread_;
  unsigned round_ = 0;
};

}  // namespace concertina::threaded
