// Run: one run of the runtime on real threads, from its first thread to somebody's stop.
//
// Rules
//   1. Each thread of a run has a record in the run, which `current_thread` finds. The driver, who
//      called run, is not one of them.
//   2. The first stop wins. From then on every thread leaves: at its next platform operation, or out
//      of the one that it sleeps in. It leaves by longjmp to its own entry, so that no destructor
//      runs: like the simulator's virtual threads, what lies on it is forgotten, locks included.
//   3. The driver wakes sleepers until all have left, and joins them. Only then is memory freed.
//   4. A thread that computes for ever without a platform operation cannot be stopped, and run does
//      not return.
//
// Leaving, two sides:
//
//   thread that goes to sleep                  driver after a stop
//   T1 sleeps_on := word                       D1 the state is "stopped"
//   T2 state "stopped"? leave                  D2 wake whoever sleeps on each thread's sleeps_on
//   T3 sleep while the word has the value      D3 all have left? done. Else a pause, then D2
//
// Losing race: D2 between T2 and T3 wakes nobody; D3 comes back to it.
#pragma once

#include <pthread.h>
#include <setjmp.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
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

struct Config {
  std::uint64_t seed = 1;          // of every thread's draws
  std::uint32_t events_max = 0;    // 0: none is recorded
  std::uint32_t move_one_in = 0;   // a prologue moves the stack, one in so many; 0: never
  std::uint32_t grow_one_in = 0;   // a prologue grows the stack, likewise
  std::uint64_t scan_every_ns = 0;  // the scanner goes to work by itself; 0: on request only
  std::uint64_t limit_ns = 0;      // the driver stops a run that takes longer; 0: never
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

/// A thread of a run. Only `sleeps_on` is for others to look at.
struct alignas(64) Thread {
  Run* run = nullptr;
  ThreadId id = 0;
  bool is_disturbed = false;
  GoroutineId goroutine = kNoGoroutine;
  SpawnPath path = kSchedulerPath;
  std::uint64_t random = 0;
  unsigned held_count = 0;
  std::array<HeldLock, kHeldLocksMax> held{};  // in the order of locking
  std::atomic<const FutexWord*> sleeps_on{nullptr};
  FutexWord nap{0};  // nobody ever changes it

  // For whoever starts and joins it.
  void (*entry)(void*) = nullptr;
  void* argument = nullptr;
  bool was_created = false;
  pthread_t handle{};
  jmp_buf exit;

  /// Unwinds to the thread's entry.
  [[noreturn]] void leave();
  /// Sleeps while the word has the value, at most so long. May return early; leaves on stop.
  void wait_while(const FutexWord& word, std::uint32_t value, std::uint64_t timeout_ns);
  /// The same, but returns on stop: for callers that have something to clean up.
  void sleep_on(const FutexWord& word, std::uint32_t value, std::uint64_t timeout_ns);
  /// Lets so much time pass.
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

  /// The driver: runs entry(argument) on a first thread until somebody stops the run. Once.
  Report run(void (*entry)(void*), void* argument);

  // --- The threads' side ---

  bool is_stopped() const { return state_.load(std::memory_order_relaxed) != kRunning; }
  [[noreturn]] void stop(Outcome outcome, std::string_view message);
  void start_thread(void (*entry)(void*), void* argument);
  /// Zeroed, aligned to 16; null when there is none. Orders nothing between threads.
  void* allocate(std::size_t bytes);
  ObjectId new_object() { return objects_.fetch_add(1, std::memory_order_relaxed) + 1; }

  bool records() const { return config_.events_max != 0; }
  void record(Event event);
  std::uint32_t step() const { return event_count_.load(std::memory_order_relaxed); }

  const Config& config() const { return config_; }
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
  std::vector<Event> events_;
  Outcome outcome_ = Outcome::kExit;  // written by who leaves kRunning, before kStopped
  std::string message_;               // likewise
  std::atomic<std::uint32_t> event_count_{0};
  std::atomic<ObjectId> objects_{0};
  std::atomic<Block*> blocks_{nullptr};
  FutexWord alive_{0};
  std::atomic<unsigned> thread_count_{0};
  ScanQueue scan_queue_;
  std::array<Thread, kThreadsMax> threads_;
};

/// Waits in a loop: processor hints first, then the processor for others, then longer and longer
/// naps, so that a wait for something long costs little and one for something short no time.
class Backoff {
 public:
  explicit Backoff(Thread& thread) : thread_(thread) {}
  /// Leaves on stop.
  void pause();

 private:
  Thread& thread_;
  unsigned round_ = 0;
};

}  // namespace concertina::threaded
