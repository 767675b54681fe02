// The `threads` platform: the runtime's only door to the outer world, made of real threads.
//
// Memory order. Call sites name no order, and the simulator explores sequentially consistent
// interleavings only, so operations that have a site are sequentially consistent here: then what
// real threads do is one of those interleavings. Not so: those without a
// site, whose claims say why nothing rests on their order; runtime/platform/README.md goes through
// their uses. There is no atomic_thread_fence, because ThreadSanitizer does not see it.
//
// Every operation that a loop or a sleep can be made of looks whether the run was stopped, and then
// does not return (threads/run.h). What the operations mean stands in platform/contract.h.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "base/event.h"
#include "base/lock_rank.h"
#include "base/outcome.h"
#include "base/sanitizer.h"
#include "base/site.h"
#include "platform/threads/run.h"
#include "platform_limits.h"

#define CONCERTINA_PLATFORM threads

namespace concertina::inline threads::platform {

using threaded::Report;

/// The calling thread's record.
inline threaded::Thread& me() { return *threaded::current_thread; }

/// The calling thread's record, unless the run is over: then it leaves.
[[gnu::always_inline]] inline threaded::Thread& me_or_leave() {
  threaded::Thread& self = me();
  if ((self.attention.load(std::memory_order_relaxed) & threaded::kAttendStop) != 0) [[unlikely]]
    self.leave();
  return self;
}

/// Does anybody want to know of events?
inline bool is_recorded(const threaded::Thread& self) {
  return (self.attention.load(std::memory_order_relaxed) & threaded::kAttendRecords) != 0;
}

/// Ends the run: without the heavy side's barrier no protocol with a light one holds.
[[noreturn]] void barrier_refused();

/// The runtime does what an operation's preconditions forbid: ends the run as fatal.
[[noreturn]] void rule_broken(std::string_view operation, std::string_view rule);

/// What each thread holds: locks, and frozen variables. Taking one out of the order of
/// base/lock_rank.h is fatal. `own` is the rank that the lock was made with.
void check_order(const threaded::Thread& self, const void* lock, LockRank own, LockRank rank,
                 std::uint32_t order);
inline bool holds(const threaded::Thread& self, const void* lock) {
  for (unsigned i = self.held_count; i-- > 0;) {
    if (self.held[i].lock == lock) return true;
  }
  return false;
}
/// Off the list; fatal when it is not there.
void forget_older(threaded::Thread& self, const void* lock);
inline void forget(threaded::Thread& self, const void* lock) {
  const unsigned last = self.held_count - 1;
  if (self.held_count != 0 && self.held[last].lock == lock) [[likely]] {
    self.held_count = last;
  } else {
    forget_older(self, lock);
  }
}
void announce_taken(threaded::Thread& self, ObjectId lock, LockRank rank, std::uint32_t order);
void announce_given_back(threaded::Thread& self, ObjectId lock, LockRank rank);

/// A lock of the runtime's own. Not recursive. Sleeping and waking, two sides:
///
///   unlock                                    sleeper
///   U1 word := free                           S1 sleepers += 1
///   U2 sleepers is not 0? wake one            S2 barrier
///                                             S3 take the word if it is free; done: sleepers -= 1
///                                             S4 sleep while the word is taken; back to S3
///
/// U2 must not overtake U1, or U2 misses S1 while S3 misses U1, and S4 sleeps for ever. A fence
/// between them would cost each unlock as much as taking the lock; so S2, which is rare, puts a
/// fence into every running thread (futex.h).
///
/// A channel is mostly used by the thread that made it, and taking a lock costs that thread more
/// than all else that it does there. So a channel's lock is biased to its maker until another
/// thread comes, which takes the word first and then the bias away, for good:
///
///   maker                                     another thread, which has taken the word
///   B1 in_use := 1                            R1 bias := null
///   B2 the bias is mine still? taken.         R2 barrier
///      Else in_use := 0, take the word        R3 wait until in_use is 0
///   B3 unlock: in_use := 0
///
/// B2 and R3 do not both miss the other side's write: light_barrier and heavy_barrier again.
///
/// Taking a lock that one holds is fatal, under another rank, too: B1 and B2 would let the lock's
/// maker in.
class Mutex {
 public:
  /// `order` is the place among locks of equal rank (a channel's id); 0 where one is held at most.
  explicit Mutex(LockRank rank, std::uint32_t order = 0)
      : rank_(rank),
        order_(order),
        id_(me().run->new_object()),
        bias_(threaded::kernel_puts_fences && rank == LockRank::kChannel ? &me() : nullptr) {}
  void lock(Site site) { lock_as(rank_, site); }
  /// Locks under another rank than the lock's own (a stack copy takes channel locks as leaves).
  void lock_as(LockRank rank, Site site) {
    (void)site;
    threaded::Thread& self = me_or_leave();
    const unsigned held = self.held_count;
    if (held != 0) check_order(self, this, rank_, rank, order_);
    sanitizer::before_lock(this);
    if (bias_.load(std::memory_order_relaxed) == &self && lock_biased(self)) {
      is_held_by_bias_ = true;
    } else {
      lock_word(self);
      is_held_by_bias_ = false;
    }
    sanitizer::after_lock(this);
    self.held[held] = {this, rank, order_};
    self.held_count = held + 1;
    if (is_recorded(self)) [[unlikely]]
      announce_taken(self, id_, rank, order_);
  }
  void unlock(Site site) {
    (void)site;
    threaded::Thread& self = me();
    if (is_recorded(self)) [[unlikely]]
      announce_given_back(self, id_, rank_);
    forget(self, this);
    if constexpr (kCostlyChecks) check_taken();
    sanitizer::before_unlock(this);
    if (is_held_by_bias_) {
      in_use_.store(0, std::memory_order_release);  // B3; pairs with the acquire in R3
    } else {
      word_.store(kFree, std::memory_order_release);  // U1; pairs with the acquires in lock
      threaded::light_barrier();
      if (sleepers_.load(std::memory_order_relaxed) != 0) [[unlikely]]
        threaded::futex_wake(word_, 1);
    }
    sanitizer::after_unlock(this);
  }
  bool is_held_by_me() const { return holds(me(), this); }

 private:
  static constexpr std::uint32_t kFree = 0, kTaken = 1;

  // B1 and B2.
  bool lock_biased(threaded::Thread& self) {
    in_use_.store(1, std::memory_order_relaxed);
    threaded::light_barrier();
    if (bias_.load(std::memory_order_relaxed) == &self) [[likely]]
      return true;
    in_use_.store(0, std::memory_order_release);
    return false;
  }
  void lock_word(threaded::Thread& self) {
    std::uint32_t expected = kFree;
    // Acquire: pairs with U1.
    if (!word_.compare_exchange_strong(expected, kTaken, std::memory_order_acquire)) {
      lock_slowly(self);
    }
    if (bias_.load(std::memory_order_relaxed) != nullptr) [[unlikely]]
      take_bias(self);
  }
  void take_bias(threaded::Thread& self);
  void lock_slowly(threaded::Thread& self);
  [[noreturn]] void end_without_barrier();
  bool try_take();
  void check_taken() const;

  threaded::FutexWord word_{kFree};
  std::atomic<std::uint32_t> sleepers_{0};
  const LockRank rank_;
  const std::uint32_t order_;
  const ObjectId id_;
  std::atomic<threaded::Thread*> bias_;   // written by the holder of the word
  std::atomic<std::uint32_t> in_use_{0};  // written by the thread that it is biased to
  bool is_held_by_bias_ = false;          // guarded by the lock
};

/// Only the simulator knows who owns what.
class Ownership {
 public:
  void take() {}
  void give() {}
  bool is_held_by_me() const { return true; }
};

/// A shared variable. Sequentially consistent where nothing else is said.
template <class T>
class Atomic {
 public:
  explicit Atomic(T initial = T{}) : value_(initial) {}

  T load(Site) const {
    me_or_leave();
    return value_.load(std::memory_order_seq_cst);
  }
  void store(T value, Site) { value_.store(value, std::memory_order_seq_cst); }
  bool compare_exchange(T& expected, T desired, Site) {
    me_or_leave();
    return value_.compare_exchange_strong(expected, desired, std::memory_order_seq_cst);
  }
  /// Release; its partner is the reader's load. A later load of the caller's may come before it.
  void publish(T value, Site) { value_.store(value, std::memory_order_release); }
  /// Nobody else may change the variable.
  T exchange_mine(T desired, Site) {
    const T before = value_.load(std::memory_order_relaxed);
    value_.store(desired, std::memory_order_release);
    return before;
  }
  /// Nobody else may change the variable while it has the expected value, so no bus is locked.
  /// Release, as publish.
  bool update_mine(T& expected, T desired, Site) {
    me_or_leave();
    const T seen = value_.load(std::memory_order_relaxed);
    if (seen != expected) {
      expected = seen;
      return false;
    }
    value_.store(desired, std::memory_order_release);
    return true;
  }
  T exchange(T desired, Site) {
    me_or_leave();
    return value_.exchange(desired, std::memory_order_seq_cst);
  }
  T fetch_add(T delta, Site) { return value_.fetch_add(delta, std::memory_order_seq_cst); }
  // Without a site, each with a claim, which only the simulator checks. The loads order nothing;
  // the stores are releases, for others that read the variable at a site.
  template <class Lock>
  T load_locked(const Lock&) const {
    return inspect();
  }
  template <class Lock>
  void store_locked(T value, const Lock&) {
    plant(value);
  }
  T load_mine(const Ownership&) const { return inspect(); }
  void store_mine(T value, const Ownership&) { plant(value); }
  T load_mine() const { return inspect(); }
  void store_unpublished(T value) { plant(value); }
  T load_at_rest(const Mutex&) const { return inspect(); }
  T poll() const { return inspect(); }
  T inspect() const { return value_.load(std::memory_order_relaxed); }
  void plant(T value) { value_.store(value, std::memory_order_release); }

 protected:
  std::atomic<T> value_;
};

/// A variable whose value says who may change it, and that others may freeze. Its owner changes it
/// at each park and wake-up; others freeze it only when the scanner works. So the owner's side
/// avoids locked instructions except while others freeze.
///
///   owner                                      freezer, one of several
///   O1 changing := 1                           F1 begin_freezing: the first one sets
///   O2 anything to attend to? changing := 0,      kAttendFreezing everywhere; heavy barrier
///      then compare_exchange                   F2 freeze: wait until changing is 0
///   O3 else compare and store                  F3 compare_exchange
///   O4 changing := 0                           F4 end_freezing: the last one clears
///                                                 kAttendFreezing
///
/// O2 and F2 do not both miss the other side's write (futex.h: light_barrier, heavy_barrier). So
/// after F2 every owner uses compare_exchange, until F4; an owner that has not seen F4 yet does no
/// harm. The next owner's O1 comes after this one's O4, because becoming the owner comes later.
template <class T>
class OwnedAtomic : public Atomic<T> {
 public:
  explicit OwnedAtomic(T initial = T{}, LockRank rank = LockRank::kStackScan,
                       std::uint32_t order = 0)
      : Atomic<T>(initial), id_(me().run->new_object()), rank_(rank), order_(order) {}

  /// Release and acquire. False, with the value seen, when it is not the expected one: frozen, or
  /// changed by a thread that must not.
  bool update_unless_frozen(T& expected, T desired, Site site) {
    return update_unless_frozen_as(rank_, expected, desired, site);
  }
  [[gnu::always_inline]] bool update_unless_frozen_as(LockRank rank, T& expected, T desired,
                                                      Site site) {
    if (kCostlyChecks && changing_.load(std::memory_order_relaxed) != 0) [[unlikely]]
      rule_broken("update_unless_frozen", "the variable has two owners");
    if (kCostlyChecks && me().held_count != 0) check_order(me(), this, rank_, rank, order_);
    changing_.store(1, std::memory_order_relaxed);  // O1
    threaded::light_barrier();
    if (me().attention.load(std::memory_order_acquire) != 0) [[unlikely]] {  // O2
      changing_.store(0, std::memory_order_release);
      return this->compare_exchange(expected, desired, site);
    }
    const T seen = this->value_.load(std::memory_order_acquire);
    const bool is_expected = seen == expected;
    if (is_expected) this->value_.store(desired, std::memory_order_release);  // O3
    changing_.store(0, std::memory_order_release);                            // O4
    expected = seen;
    return is_expected;
  }
  bool freeze(T& expected, T desired, Site site) {
    return freeze_as(rank_, expected, desired, site);
  }
  bool freeze_as(LockRank rank, T& expected, T desired, Site site) {
    if (!me().run->is_freezing()) {
      me().run->stop(Outcome::kFatal, "freeze: without begin_freezing");
    }
    threaded::Backoff backoff(me());
    while (changing_.load(std::memory_order_acquire) != 0) backoff.pause();  // F2
    if (!this->compare_exchange(expected, desired, site)) return false;      // F3
    threaded::Thread& self = me();
    if (self.held_count != 0) check_order(self, this, rank_, rank, order_);
    self.held[self.held_count++] = {this, rank, order_};
    if (is_recorded(self)) [[unlikely]]
      announce_taken(self, id_, rank, order_);
    return true;
  }
  bool thaw(T& expected, T desired, Site site) { return thaw_as(rank_, expected, desired, site); }
  bool thaw_as(LockRank rank, T& expected, T desired, Site site) {
    threaded::Thread& self = me();
    if (is_recorded(self)) [[unlikely]]
      announce_given_back(self, id_, rank);
    if (!this->compare_exchange(expected, desired, site)) return false;
    forget(self, this);
    return true;
  }

 private:
  std::atomic<std::uint32_t> changing_{0};  // written by the owner
  const ObjectId id_;
  const LockRank rank_;
  const std::uint32_t order_;
};
inline void begin_freezing() {
  me_or_leave().run->begin_freezing();
  if (!threaded::heavy_barrier()) barrier_refused();
}
inline void end_freezing() { me().run->end_freezing(); }

/// A statistic: each thread counts for itself, total adds up. Exact once the others have stopped.
class Counter {
 public:
  void add(std::uint32_t delta) {
    std::atomic<std::uint32_t>& mine = counts_[me().id].value;
    mine.store(mine.load(std::memory_order_relaxed) + delta, std::memory_order_relaxed);
  }
  std::uint32_t total() const {
    std::uint32_t sum = 0;
    for (const Count& count : counts_) sum += count.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct Count {  // never two in one line, wherever the first one begins
    std::atomic<std::uint32_t> value{0};
    unsigned char padding[60];
  };
  std::array<Count, threaded::kThreadsMax> counts_;
};

/// Gives out 1, 2, 3, ... Orders nothing: an edge between any two threads that draw would hide
/// races.
class Sequence {
 public:
  std::uint32_t next() { return value_.fetch_add(1, std::memory_order_relaxed) + 1; }
  std::uint32_t latest() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> value_{0};
};

/// Waits until condition(value) holds, and returns that value. Does not keep a processor from
/// others for long.
template <class T, class Condition>
T spin_until(Atomic<T>& variable, Condition condition, Site site) {
  T value = variable.load(site);
  if (condition(value)) return value;
  threaded::Backoff backoff(me());
  do {
    backoff.pause();
    value = variable.load(site);
  } while (!condition(value));
  return value;
}

/// Plain shared memory that some lock or ownership protects: no atomicity, no ordering.
template <class T>
class Cell {
 public:
  explicit Cell(T initial = T{}) : value_(initial) {}
  T load(Site) const { return value_; }
  void store(T value, Site) { value_ = value; }
  template <class Lock>
  T load_locked(const Lock&) const {
    return value_;
  }
  template <class Lock>
  void store_locked(T value, const Lock&) {
    value_ = value;
  }
  T inspect() const { return value_; }
  void plant(T value) { value_ = value; }

 private:
  T value_;
};

/// One-shot event for one sleeper (Go: note). The word is 0 clear, 1 set, 2 clear with the sleeper
/// asleep.
class Note {
 public:
  /// Makes it usable again. Only the sleeper, only after sleep returned.
  void clear() {
    if (word_.load(std::memory_order_relaxed) != kSet) [[unlikely]]
      rule_broken("note", "it was cleared before it was set");
    word_.store(kClear, std::memory_order_relaxed);
  }
  void sleep(Site site);
  /// False when it was set already: a double wake-up, which the caller must treat as fatal.
  [[nodiscard]] bool wake(Site) {
    threaded::Thread& self = me_or_leave();
    // Release: pairs with the acquires in sleep.
    const std::uint32_t before = word_.exchange(kSet, std::memory_order_acq_rel);
    if (before == kAsleep) {
      self.run->woke();
      threaded::futex_wake(word_, 1);
    }
    return before != kSet;
  }

 private:
  static constexpr std::uint32_t kClear = 0, kSet = 1, kAsleep = 2;
  threaded::FutexWord word_{kClear};
};

/// Copies between non-overlapping ranges that other goroutines may look at.
inline void copy(void* to, const void* from, std::size_t bytes, Site) {
  if (bytes == 8) {  // what most channels carry: two instructions instead of a call
    std::memcpy(to, from, 8);
  } else if (bytes != 0) {
    std::memcpy(to, from, bytes);
  }
}
/// Zeroes.
inline void clear(void* to, std::size_t bytes, Site) {
  if (bytes == 8) {
    std::memset(to, 0, 8);
  } else if (bytes != 0) {
    std::memset(to, 0, bytes);
  }
}

/// Debugging aids: fills memory, and tells whether it is filled. They leave no trace in race
/// detection, because the program under test would not do them.
void fill(void* memory, std::size_t bytes, unsigned char value);
bool is_filled(const void* memory, std::size_t bytes, unsigned char value);

/// Zeroed memory that lives until the run ends. Stops the run when there is none.
void* allocate(std::size_t bytes);

/// Starts a thread; entry(argument) runs on it, and what the caller did so far is visible.
inline void start_thread(void (*entry)(void*), void* argument, Site) {
  me_or_leave().run->start_thread(entry, argument);
}

/// Ends the run, unless it has ended already. [[noreturn]]: nothing on the calling stack is
/// unwound. Other threads continue until their next platform operation.
[[noreturn]] inline void stop(Outcome outcome, std::string_view message) {
  me().run->stop(outcome, message);
}

/// Announces a fact. Events that one lock orders are in that order; others need not be in the order
/// in which they took effect.
inline void record(const Event& event) {
  threaded::Thread& self = me();
  if (is_recorded(self)) [[unlikely]]
    self.run->record(event);
}

/// How many events there are so far, to tell in an event when something began.
inline std::uint32_t step() {
  const threaded::Thread& self = me();
  return is_recorded(self) ? self.run->step() : 0;
}

/// A draw in [0, n).
inline std::uint32_t choose(std::uint32_t n, Site) { return n <= 1 ? 0 : me().draw(n); }

/// Lets others do what they are about to do: some microseconds (Go's runqgrab sleeps for 3, too).
inline void hesitate() {
  threaded::Thread& self = me_or_leave();
  self.wait_while(self.nap, 0, 3'000);
}

inline std::uint64_t now_ns() { return threaded::monotonic_ns(); }
inline void sleep_ns(std::uint64_t ns, Site) { me_or_leave().sleep_ns(ns); }

/// Whose code the calling thread runs from now on, as events name it.
inline void set_goroutine(GoroutineId id, SpawnPath path) {
  me().goroutine = id;
  me().path = path;
}

/// What is to happen to the stack at this prologue, as the configuration says.
inline StackAction prologue(Site) {
  threaded::Thread& self = me();
  const std::uint32_t attention = self.attention.load(std::memory_order_relaxed);
  if ((attention & (threaded::kAttendStop | threaded::kAttendPrologue)) == 0) [[likely]]
    return StackAction::kNone;
  return me_or_leave().draw_stack_action();
}

/// Is the goroutine to be stopped here, in the middle of user code, as the configuration says?
inline bool is_interrupted(Site) {
  threaded::Thread& self = me();
  const std::uint32_t attention = self.attention.load(std::memory_order_relaxed);
  if ((attention & threaded::kAttendPrologue) == 0) [[likely]]
    return false;
  const std::uint32_t one_in = self.run->config().interrupt_one_in;
  return one_in != 0 && self.draw(one_in) == 0;
}

/// Asks the scanner to act. Never blocks for long; may be dropped when very many are waiting.
inline void post_scan_request(const ScanRequest& request) {
  threaded::Run& run = *me().run;
  run.scan_queue().post(run, request);
}
/// Is there work for another scanner?
inline bool has_scan_request() {
  threaded::Run& run = *me().run;
  return run.config().scan_every_ns != 0 || run.scan_queue().has_request();
}
/// Waits for the next request. Only scanners call it.
inline ScanRequest await_scan_request(Site) {
  threaded::Thread& self = me_or_leave();
  return self.run->scan_queue().take(self, self.run->config().scan_every_ns);
}

/// Runs entry(argument) as the first thread of a run until the run is stopped, and all threads of
/// the run have ended.
Report run(const threaded::Config& config, void (*entry)(void*), void* argument);

}  // namespace concertina::inline threads::platform

#include "platform/contract.h"
