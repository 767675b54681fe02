// The `sim` platform: the runtime's only door to the outer world, made of simulated parts.
//
// Every operation below is a yield point that comes *before* it touches memory, except those whose
// comment says otherwise. What the operations mean, and what another platform must provide under
// the same names, stands in platform/contract.h.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/event.h"
#include "base/lock_rank.h"
#include "base/outcome.h"
#include "base/site.h"
#include "platform/sim/world.h"
#include "platform_limits.h"

#define CONCERTINA_PLATFORM sim

namespace concertina::inline sim::platform {

using simulator::Report;
using simulator::World;

/// The runtime does what an operation's preconditions forbid: ends the run as fatal.
[[noreturn, gnu::cold]] UNCOUNTED void rule_broken(std::string_view operation,
                                                   std::string_view rule);

/// Asserts such a precondition.
UNCOUNTED inline void claim(bool holds, std::string_view operation, std::string_view rule) {
  if (!holds) [[unlikely]]
    rule_broken(operation, rule);
}
#ifdef CONCERTINA_COVERAGE
#define claim(...) ASSERTION(claim(__VA_ARGS__))
#endif

/// A lock of the runtime's own. Not recursive: taking what one holds is fatal.
class Mutex {
 public:
  /// `order` is the place among locks of equal rank (a channel's id); 0 where one is held at most.
  explicit Mutex(LockRank rank, std::uint32_t order = 0) {
    state_.id = World::current().new_object();
    state_.rank = rank;
    state_.order = order;
  }
  void lock(Site site) { lock_as(state_.rank, site); }
  /// Locks under another rank than the lock's own (a stack copy takes channel locks as leaves).
  void lock_as(LockRank rank, Site site) {
    ASSERTION(if (is_held_by_me()) [[unlikely]] taken_twice());
    World::current().before_lock(state_, site);
    // Acquire: pairs with the release in unlock.
    const std::uint32_t holder =
        state_.holder.exchange(World::current().thread() + 1u, std::memory_order_acquire);
    ASSERTION(if (holder != 0) [[unlikely]] taken_from_another());
    World::current().after_lock(state_, rank);
  }
  void unlock(Site site) {
    ASSERTION(if (kCostlyChecks && !is_held_by_me()) [[unlikely]] unlocked_for_another());
    World::current().yield_point(site, OperationKind::kUnlock, true, state_.id);
    state_.holder.store(0, std::memory_order_release);  // pairs with the acquire in lock_as
    World::current().after_unlock(state_);
  }
  /// Does the calling virtual thread hold it? No yield point: only the holder can make it true.
  bool is_held_by_me() const {
    return state_.holder.load(std::memory_order_relaxed) == World::current().thread() + 1u;
  }
  /// The claim of load_at_rest.
  void expect_rest() const {
    claim(World::current().is_at_rest(state_), "load_at_rest",
          "another thread has not come to rest");
  }

 private:
  [[noreturn]] UNCOUNTED void taken_twice() const;
  [[noreturn]] UNCOUNTED static void taken_from_another();
  [[noreturn]] UNCOUNTED static void unlocked_for_another();

  simulator::LockState state_;
};

/// Who may write what has one owner at a time, who passes it on: a processor's queue.
class Ownership {
 public:
  void take() {
    const std::uint32_t owner =
        owner_.exchange(World::current().thread() + 1u, std::memory_order_relaxed);
    claim(owner == 0, "ownership", "it is taken from another owner");
  }
  void give() {
    claim(is_held_by_me(), "ownership", "it is given away by another thread than the owner");
    owner_.store(0, std::memory_order_relaxed);
  }
  bool is_held_by_me() const {
    return owner_.load(std::memory_order_relaxed) == World::current().thread() + 1u;
  }

 private:
  std::atomic<std::uint32_t> owner_{0};  // relaxed: claims order nothing
};

/// What a claim says of a lock or an owner.
template <class Lock>
void expect_held(const Lock& lock, std::string_view operation) {
  claim(lock.is_held_by_me(), operation,
        "by a thread that does not hold what protects the variable");
}

/// A shared variable. Orders default to acquire and release: the runtime needs no weaker and the
/// simulator explores only sequentially consistent interleavings.
template <class T>
class Atomic {
 public:
  explicit Atomic(T initial = T{}) : value_(initial) { state_.id = World::current().new_object(); }

  T load(Site site) const {
    World::current().access(site, OperationKind::kLoad, false, state_);
    return value_.load(std::memory_order_acquire);
  }
  void store(T value, Site site) {
    World::current().access(site, OperationKind::kStore, true, state_);
    value_.store(value, std::memory_order_release);
    World::current().changed(state_);
  }
  bool compare_exchange(T& expected, T desired, Site site) {
    World::current().access(site, OperationKind::kUpdate, true, state_);
    if (!value_.compare_exchange_strong(expected, desired, std::memory_order_acq_rel)) return false;
    World::current().changed(state_);
    return true;
  }
  // The simulator knows no weaker store, and lets others step in all the same. So it sees whether
  // they do what the three's preconditions forbid: on threads a write of theirs would be lost.
  void publish(T value, Site site) {
    store(value, site);
    expect_sole_writer("publish");
  }
  T exchange_mine(T desired, Site site) {
    const T mine = inspect();
    const T old = exchange(desired, site);
    claim(old == mine, "exchange_mine", "another thread changed the variable meanwhile");
    return old;
  }
  bool update_mine(T& expected, T desired, Site site) {
    const bool is_mine = inspect() == expected;
    const bool is_updated = compare_exchange(expected, desired, site);
    claim(!is_mine || is_updated, "update_mine", "another thread changed the variable meanwhile");
    return is_updated;
  }
  T exchange(T desired, Site site) {
    World::current().access(site, OperationKind::kUpdate, true, state_);
    const T old = value_.exchange(desired, std::memory_order_acq_rel);
    World::current().changed(state_);
    return old;
  }
  T fetch_add(T delta, Site site) {
    World::current().access(site, OperationKind::kUpdate, true, state_);
    const T old = value_.fetch_add(delta, std::memory_order_acq_rel);
    World::current().changed(state_);
    return old;
  }

  // --- Accesses without a yield point, each with its claim, which is checked at each use. ---

  /// `lock` is held by the caller and protects the variable from writers.
  template <class Lock>
  T load_locked(const Lock& lock) const {
    expect_held(lock, "load_locked");
    return look();
  }
  template <class Lock>
  void store_locked(T value, const Lock& lock) {
    expect_held(lock, "store_locked");
    write(value, "store_locked");
  }
  /// The caller is the owner; only the owner writes the variable.
  T load_mine(const Ownership& owner) const {
    expect_held(owner, "load_mine");
    return look();
  }
  void store_mine(T value, const Ownership& owner) {
    expect_held(owner, "store_mine");
    write(value, "store_mine");
  }
  /// The caller wrote the variable last, and nobody else may write it meanwhile.
  T load_mine() const {
    claim(World::current().wrote_last(state_), "load_mine",
          "another thread has written the variable");
    return look();
  }
  /// No other thread has come upon the variable yet.
  void store_unpublished(T value) {
    claim(World::current().is_unshared(state_), "store_unpublished",
          "another thread knows the variable");
    write(value, "store_unpublished");
  }
  /// Nothing goes on but the caller, who holds this lock.
  T load_at_rest(const Mutex& lock) const {
    lock.expect_rest();
    return look();
  }
  /// A hint: it is looked at again, or confirmed by an update, before anything rests on it.
  T poll() const { return look(); }
  /// For assertions and announcements: no part of the run, so a chooser that watches is not told.
  T inspect() const { return value_.load(std::memory_order_relaxed); }
  /// For tests, which make a state: no claim.
  void plant(T value) {
    value_.store(value, std::memory_order_release);
    World::current().changed(state_);
  }

 protected:
  ObjectId id() const { return state_.id; }

 private:
  template <class U, class Condition>
  friend U spin_until(Atomic<U>&, Condition, Site);

  T look() const {
    simulator::touch(state_.id, false);
    return value_.load(std::memory_order_relaxed);
  }
  void write(T value, std::string_view operation) {
    value_.store(value, std::memory_order_release);
    World::current().changed(state_);
    expect_sole_writer(operation);
  }
  void expect_sole_writer(std::string_view operation) const {
    if constexpr (kCostlyChecks) {
      claim(!World::current().has_another_writer(state_.id), operation,
            "another thread is about to write the variable");
    }
  }

  std::atomic<T> value_;
  mutable simulator::ObjectState state_;
};

/// Waits until condition(value) holds, and returns that value. The thread is disabled until the
/// variable is written, so a priority strategy cannot livelock on it.
template <class T, class Condition>
T spin_until(Atomic<T>& variable, Condition condition, Site site) {
  T value = variable.load(site);
  while (!condition(value)) {
    World::current().wait_for_change(variable.state_, site, OperationKind::kSpin);
    value = variable.value_.load(std::memory_order_acquire);
  }
  return value;
}

/// Here freezing needs no preparation.
template <class T>
class OwnedAtomic : public Atomic<T> {
 public:
  explicit OwnedAtomic(T initial = T{}, LockRank rank = LockRank::kStackScan,
                       std::uint32_t order = 0)
      : Atomic<T>(initial), rank_(rank), order_(order) {}
  bool update_unless_frozen(T& expected, T desired, Site site) {
    return update_unless_frozen_as(rank_, expected, desired, site);
  }
  bool update_unless_frozen_as(LockRank rank, T& expected, T desired, Site site) {
    const bool is_updated = this->compare_exchange(expected, desired, site);
    World::current().may_take(this->id(), rank, order_);
    return is_updated;
  }
  bool freeze(T& expected, T desired, Site site) {
    return freeze_as(rank_, expected, desired, site);
  }
  bool freeze_as(LockRank rank, T& expected, T desired, Site site) {
    const bool is_frozen = this->compare_exchange(expected, desired, site);
    if (is_frozen) World::current().took(this->id(), rank, order_);
    return is_frozen;
  }
  bool thaw(T& expected, T desired, Site site) { return thaw_as(rank_, expected, desired, site); }
  bool thaw_as(LockRank rank, T& expected, T desired, Site site) {
    const bool is_thawed = this->compare_exchange(expected, desired, site);
    if (is_thawed) World::current().gave_back(this->id(), rank);
    return is_thawed;
  }

 private:
  const LockRank rank_;
  const std::uint32_t order_;
};
inline void begin_freezing() {}
inline void end_freezing() {}

/// A statistic, exact once all threads have stopped. No step of a protocol reads it.
class Counter {
 public:
  void add(std::uint32_t delta) { value_.fetch_add(delta, std::memory_order_acq_rel); }
  std::uint32_t total() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> value_{0};
};

/// Gives out 1, 2, 3, ...: names, and shares of what a run may announce.
class Sequence {
 public:
  std::uint32_t next() { return value_.fetch_add(1, std::memory_order_acq_rel) + 1; }
  /// The latest, for announcements.
  std::uint32_t latest() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> value_{0};
};

/// Plain shared memory that some lock or ownership protects: no atomicity, no ordering. Each access
/// is a yield point so that the windows around it are explored; ThreadSanitizer sees it as it is.
template <class T>
class Cell {
 public:
  explicit Cell(T initial = T{}) : value_(initial), id_(World::current().new_object()) {}
  T load(Site site) const {
    World::current().yield_point(site, OperationKind::kLoad, false, id_);
    return value_;
  }
  void store(T value, Site site) {
    World::current().yield_point(site, OperationKind::kStore, true, id_);
    value_ = value;
  }
  /// Without a yield point: see Atomic.
  template <class Lock>
  T load_locked(const Lock& lock) const {
    expect_held(lock, "load_locked");
    simulator::touch(id_, false);
    return value_;
  }
  template <class Lock>
  void store_locked(T value, const Lock& lock) {
    expect_held(lock, "store_locked");
    simulator::touch(id_, true);
    value_ = value;
  }
  T inspect() const { return value_; }
  void plant(T value) {
    simulator::touch(id_, true);
    value_ = value;
  }

 private:
  T value_;
  ObjectId id_;
};

/// One-shot event for one sleeper (Go: note).
class Note {
 public:
  Note() { state_.id = World::current().new_object(); }
  /// Makes it usable again. Only the sleeper, only after sleep returned. No yield point.
  void clear() {
    claim(set_.load(std::memory_order_relaxed) != 0, "note", "it was cleared before it was set");
    set_.store(0, std::memory_order_relaxed);
  }
  void sleep(Site site) {
    World& world = World::current();
    if (set_.load(std::memory_order_acquire) == 0) {
      world.wait_for_change(state_, site, OperationKind::kSleep);
    } else {
      world.yield_point(site, OperationKind::kSleep, false, state_.id);
    }
    const bool is_set = set_.load(std::memory_order_acquire) != 0;  // pairs with wake's release
    claim(is_set, "note", "its sleeper woke before it was set");
  }
  /// False when it was set already: a double wake-up, which the caller must treat as fatal.
  [[nodiscard]] bool wake(Site site) {
    World::current().yield_point(site, OperationKind::kWake, true, state_.id);
    if (set_.exchange(1, std::memory_order_acq_rel) != 0) return false;
    World::current().changed(state_);
    return true;
  }

 private:
  std::atomic<std::uint32_t> set_{0};
  simulator::ObjectState state_;
};

/// Copies between non-overlapping ranges that other goroutines may look at. Yields before it
/// touches memory, and again half-way when there are more than kCopyAtomicBytes, so that torn
/// values show.
void copy(void* to, const void* from, std::size_t bytes, Site site, ObjectId object = 0);
/// Zeroes, with the same yield points.
void clear(void* to, std::size_t bytes, Site site, ObjectId object = 0);
inline constexpr std::size_t kCopyAtomicBytes = 64;

/// Debugging aids, no yield points: fills memory, and tells whether it is filled. They leave no
/// trace in race detection, because the program under test would not do them.
void fill(void* memory, std::size_t bytes, unsigned char value);
bool is_filled(const void* memory, std::size_t bytes, unsigned char value);

/// Zeroed memory that lives until the run ends. Stops the run when there is none. No yield point.
void* allocate(std::size_t bytes);

/// Starts a virtual thread; entry(argument) runs on it, and what the caller did so far is visible.
void start_thread(void (*entry)(void*), void* argument, Site site);

/// Ends the run. [[noreturn]]: nothing on the calling stack is unwound.
[[noreturn]] inline void stop(Outcome outcome, std::string_view message) {
  World::current().stop(outcome, message);
}

/// Announces a fact to the oracles. No yield point: it belongs to the step that it describes.
inline void record(const Event& event) { World::current().record(event); }

/// Ordinal of the step in progress, to tell in an event when something began. No yield point.
inline std::uint32_t step() { return World::current().step(); }

/// A draw in [0, n). No yield point.
inline std::uint32_t choose(std::uint32_t n, Site site) { return World::current().choose(n, site); }

/// No-op: the next yield point decides who runs.
inline void hesitate() {}
inline std::uint64_t now_ns() { return World::current().now_ns(); }
inline void sleep_ns(std::uint64_t ns, Site site) { World::current().sleep_ns(ns, site); }

/// Whose code the calling thread runs from now on, as schedules and events name it.
inline void set_goroutine(GoroutineId id, SpawnPath path) {
  World::current().set_goroutine(id, path);
}

/// What the input wants to happen to the stack at this prologue. No yield point.
inline StackAction prologue(Site site) { return World::current().prologue(site); }
/// Is the goroutine to be stopped here, in the middle of user code? No yield point.
inline bool is_interrupted(Site site) { return World::current().is_interrupted(site); }

/// Asks the scanner to act. Never blocks; may be dropped when very many are waiting.
inline void post_scan_request(const ScanRequest& request) {
  World::current().post_scan_request(request);
}
/// Is there a request that no scanner has taken? No yield point.
inline bool has_scan_request() { return World::current().has_scan_request(); }
/// Waits for the next request. Only scanners call it.
inline ScanRequest await_scan_request(Site site) {
  return World::current().await_scan_request(site);
}

/// Runs entry(argument) as the first virtual thread of `world` until the run is stopped.
simulator::Report run(World& world, const simulator::Config& config, void (*entry)(void*),
                      void* argument);

}  // namespace concertina::inline sim::platform

#include "platform/contract.h"
