// World: one simulated run. Virtual threads are fibers on one OS thread; each platform operation is
// a yield point, announced before it takes effect, at which the chooser decides who runs next.
//
// Rules
//   1. Only one virtual thread runs; it gives up control at yield points and nowhere else.
//   2. A thread is enabled when its pending operation can take effect. One enabled thread is no
//      decision; none is the end of the run (Outcome::kHung).
//   3. A run can be abandoned at any step: `stop` never returns, the fibers are simply forgotten.
//   4. Everything that the runtime allocates in a run comes from the world's arena and is gone
//      with it.
//   5. Objects are named by creation ordinal. Addresses never order, hash or print.
//
// This is the simulator's side; the runtime sees it only through platform.h.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/event.h"
#include "base/hash.h"
#include "base/lock_rank.h"
#include "base/outcome.h"
#include "base/site.h"
#include "base/spawn_path.h"
#include "platform/sim/arena.h"
#include "platform/sim/chooser.h"
#include "platform/sim/fiber.h"
#include "platform/sim/run_log.h"
#include "platform/stack_action.h"

namespace concertina::simulator {

/// What every platform object has: a name, and the threads that wait for it to change; of an atomic
/// also what claims about it are judged by.
struct ObjectState {
  ObjectId id = 0;
  ThreadMask waiting = 0;  // lock: threads about to lock; note: the sleeper; atomic: spinners
  ThreadMask users = 0;    // atomic: threads that have accessed it at a yield point
  unsigned writer = 0;     // atomic: ThreadId + 1 of the thread that wrote it last
};

struct LockState : ObjectState {
  std::atomic<std::uint32_t> holder{0};  // ThreadId + 1, 0 when free
  LockRank rank = LockRank::kNone;
  std::uint32_t order = 0;  // within the rank
};

/// Does the chooser of the run in progress watch accesses without a yield point? Read by the
/// instrumented callers, so that a look costs a load when nobody watches. Written between runs.
inline constinit thread_local bool accesses_are_watched = false;

struct Config {
  Chooser* chooser = nullptr;
  StackEvents* stack_events = nullptr;  // may be null
  RunLog* log = nullptr;                // null: no steps are kept, and events are the world's
  std::uint32_t steps_max = RunLog::kStepsMax;
  std::uint32_t events_max = EventLog::kMax;
};

struct Report {
  Outcome outcome = Outcome::kExit;
  std::string message;
  std::uint64_t hash = 0;
  std::uint32_t steps = 0;
  std::uint32_t decisions = 0;
  std::vector<ThreadAtEnd> threads;  // only for kHung and kFatal
};

class World {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// The world of the run in progress on this OS thread.
  static World& current() { return *in_progress_; }

  // --- The driver's side ---

  /// Runs entry(argument) as virtual thread 0 until the run is stopped.
  Report run(const Config& config, void (*entry)(void*), void* argument);
  /// Of the latest run; in its log if it had one, else valid until the next run without.
  std::span<const Event> events() const { return events_->all(); }

  // --- The virtual threads' side (through platform.h) ---
  // Nothing here is inline: the callers are compiled with ThreadSanitizer, which must not look at
  // the world's own variables.

  ObjectId new_object();
  void* allocate(std::size_t bytes);
  [[noreturn]] void stop(Outcome outcome, std::string_view message);
  void record(Event event);

  void yield_point(Site site, OperationKind kind, bool is_write, ObjectId object);
  /// The same for an atomic, which notes who uses it.
  void access(Site site, OperationKind kind, bool is_write, ObjectState& object);
  /// Yields; when it returns the lock is free and the caller takes it without another yield point.
  void before_lock(LockState& lock, Site site);
  void after_lock(LockState& lock, LockRank rank);
  void after_unlock(LockState& lock);
  /// The same for pseudo-locks, whose holder is told by a variable's value.
  void took(ObjectId lock, LockRank rank, std::uint32_t order);
  void gave_back(ObjectId lock, LockRank rank);
  /// The thread did what may have to wait for the lock. Announced if it holds any other.
  void may_take(ObjectId lock, LockRank rank, std::uint32_t order);
  /// See `touch` below.
  void tell_of_touch(ObjectId object, bool is_write);
  /// An atomic or a note changed: threads that spin or sleep on it may look again.
  void changed(ObjectState& object);
  // Claims of the platform's accesses without a yield point: for assertions.

  /// Is another thread about to write the object, or to update it?
  UNCOUNTED bool has_another_writer(ObjectId object) const;
  /// Did the calling thread write it last?
  UNCOUNTED bool wrote_last(const ObjectState& object) const;
  /// Has no other thread accessed it, and is none about to?
  UNCOUNTED bool is_unshared(const ObjectState& object) const;
  /// Do all other threads sleep, or wait for this lock, which the caller holds, or begin yet?
  UNCOUNTED bool is_at_rest(const LockState& lock) const;

  /// Disables the thread until `object` changes; used after a look that failed.
  void wait_for_change(ObjectState& object, Site site, OperationKind kind);
  void sleep_ns(std::uint64_t ns, Site site);
  std::uint32_t step();
  std::uint64_t now_ns();
  std::uint32_t choose(std::uint32_t n, Site site);
  void start_thread(void (*entry)(void*), void* argument, Site site);
  StackAction prologue(Site site);
  bool is_interrupted(Site site);
  void post_scan_request(const ScanRequest& request);
  bool has_scan_request() const;
  ScanRequest await_scan_request(Site site);

  void set_goroutine(GoroutineId id, SpawnPath path);
  ThreadId thread() const;

 private:
  struct Thread {
    Fiber fiber;
    void (*entry)(void*) = nullptr;
    void* argument = nullptr;
    LockState* wanted = nullptr;  // the lock it is about to take
    unsigned held = 0;            // locks and pseudo-locks
    GoroutineId goroutine = kNoGoroutine;
    unsigned wishes = 0;  // bit a StackAction: due at its next prologue, or place in user code
    std::uint64_t wake_ns = 0;
  };

  static void thread_main(void* world);
  void reset(const Config& config);
  void announce(Site site, OperationKind kind, bool is_write, ObjectId object);
  void reschedule();
  void execute_step();
  void log_step(RunLog& log) const;
  void meet_stack_event();
  void apply(StackAction action, SpawnPath path);
  UNCOUNTED void fill_thread_reports(Report& report) const;
  void mix(std::uint64_t value) { hash_ = hash_with(hash_, value); }

  Config config_;
  Arena arena_;
  Fiber driver_;
  std::array<Thread, kThreadsMax> threads_;
  std::array<Pending, kThreadsMax> pending_{};
  unsigned thread_count_ = 0;
  // The simulator's one mutable global that says anything about runs. In the header, as each
  // operation begins by reading it; written by world.cc only, which ThreadSanitizer does not see.
  static inline constinit thread_local World* in_progress_ = nullptr;

  ThreadId current_ = 0;
  ThreadMask enabled_ = 0;
  std::uint32_t steps_ = 0;
  std::uint32_t decisions_ = 0;
  std::uint64_t hash_ = 0;
  std::uint64_t now_ns_ = 0;
  ObjectId objects_ = 0;
  bool chooser_observes_ = false;
  bool chooser_names_objects_ = false;
  bool is_observed_ = false;  // by a log, or a chooser that wants to know each step
  SiteSet stack_event_sites_;
  std::unique_ptr<EventLog> own_events_;  // of runs without a log
  EventLog* events_;
  static constexpr unsigned kScanRequestsMax = 32;
  std::array<ScanRequest, kScanRequestsMax> scan_requests_{};
  unsigned scan_requests_head_ = 0, scan_requests_tail_ = 0;
  ObjectState scan_queue_;
  Outcome outcome_ = Outcome::kExit;
  // Not a string: ThreadSanitizer sees its memcpy, and a run may be stopped at a thread's very
  // first step, before that thread has seen what the driver did. The text outlives the stop.
  std::string_view message_;
};

/// Tells a chooser that watches of an access without a yield point; see Chooser::touched.
inline void touch(ObjectId object, bool is_write) {
  if (accesses_are_watched) [[unlikely]]
    World::current().tell_of_touch(object, is_write);
}

}  // namespace concertina::simulator
