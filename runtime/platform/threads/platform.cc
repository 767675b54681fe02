#include "platform.h"

#include <cstdio>
#include <cstring>

#include "platform/fatal.h"
#include "platform/threads/unseen_memory.h"

namespace concertina::inline threads::platform {
namespace {

// Looking less often leaves the holder its cache line (Go: 4 times 30).
constexpr unsigned kLooksBeforeSleep = 8;
constexpr unsigned kPausesBetweenLooks = 30;

bool may_be_many(LockRank rank) {
  return rank == LockRank::kChannel || rank == LockRank::kChannelLeaf;
}

}  // namespace

// The list is in lock order, so its last lock is the one to compare with. A lock that is on it
// already does not come after the last one, but for a channel's that is wanted as a leaf.
void check_order(const threaded::Thread& self, const void* lock, LockRank own, LockRank rank,
                 std::uint32_t order) {
  const threaded::HeldLock& last = self.held[self.held_count - 1];
  require(self.held_count < threaded::kHeldLocksMax, "lock order", "a thread holds too many locks");
  const bool is_in_order =
      rank > last.rank || (rank == last.rank && may_be_many(rank) && order > last.order);
  if (is_in_order && rank != LockRank::kChannelLeaf) return;
  if (holds(self, lock)) lock_taken_twice(own, order);
  if (is_in_order) return;
  char detail[128];
  std::snprintf(detail, sizeof(detail), "%.*s %u is wanted by a thread that holds %.*s %u",
                static_cast<int>(lock_rank_name(rank).size()), lock_rank_name(rank).data(), order,
                static_cast<int>(lock_rank_name(last.rank).size()),
                lock_rank_name(last.rank).data(), last.order);
  fatal("lock order", detail);
}

void rule_broken(std::string_view operation, std::string_view rule) { fatal(operation, rule); }

// The calling thread is about to give the lock back in the way in which it took it.
void Mutex::check_taken() const {
  if (is_held_by_bias_) {
    require(in_use_.load(std::memory_order_relaxed) == 1, "lock bias",
            "a lock that was taken by its bias is not in use");
    // A thread that wants the bias has taken the word, and waits: R1 to R3.
    return;
  }
  require(word_.load(std::memory_order_relaxed) == kTaken, "lock word",
          "a lock that was taken by its word is free");
  require(bias_.load(std::memory_order_relaxed) == nullptr, "lock bias",
          "a lock that was taken by its word still has a bias");
}

// S1 to S4, after a short wait awake.
void Mutex::lock_slowly(threaded::Thread& self) {
  for (unsigned i = 0; i < kLooksBeforeSleep; ++i) {
    for (unsigned pauses = 0; pauses < kPausesBetweenLooks; ++pauses) threaded::relax();
    if (try_take()) return;
  }
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  if (!threaded::heavy_barrier()) end_without_barrier();
  while (!try_take()) {
    if (self.run->is_stopped()) {
      sanitizer::gave_up_lock(this);
      self.leave();
    }
    self.sleep_on(word_, kTaken, threaded::kForEver);
  }
  sleepers_.fetch_sub(1, std::memory_order_relaxed);
}

// R1 to R3.
void Mutex::take_bias(threaded::Thread& self) {
  require(word_.load(std::memory_order_relaxed) == kTaken, "lock bias",
          "a thread takes it away without the lock's word");
  bias_.store(nullptr, std::memory_order_relaxed);
  if (!threaded::heavy_barrier()) end_without_barrier();
  threaded::Backoff backoff(self);
  while (in_use_.load(std::memory_order_acquire) != 0) {
    if (backoff.wait()) continue;
    sanitizer::gave_up_lock(this);
    self.leave();
  }
}

void Mutex::end_without_barrier() {
  sanitizer::gave_up_lock(this);
  barrier_refused();
}

bool Mutex::try_take() {
  std::uint32_t expected = kFree;
  return word_.load(std::memory_order_relaxed) == kFree &&
         word_.compare_exchange_strong(expected, kTaken, std::memory_order_acquire);
}

void forget_older(threaded::Thread& self, const void* lock) {
  unsigned at = self.held_count;
  while (at > 0 && self.held[at - 1].lock != lock) --at;
  require(at > 0, "lock order", "a thread unlocks what it does not hold");
  for (; at < self.held_count; ++at) self.held[at - 1] = self.held[at];
  --self.held_count;
}

void announce_taken(threaded::Thread& self, ObjectId lock, LockRank rank, std::uint32_t order) {
  self.run->record(
      event::LockAcquired{.goroutine = self.goroutine, .rank = rank, .lock = lock, .order = order});
}

void announce_given_back(threaded::Thread& self, ObjectId lock, LockRank rank) {
  self.run->record(event::LockReleased{.goroutine = self.goroutine, .rank = rank, .lock = lock});
}

void barrier_refused() {
  fatal("memory barrier", "the kernel refuses membarrier, which it had promised");
}

void Note::sleep(Site) {
  threaded::Thread& self = me_or_leave();
  std::uint32_t seen = kClear;
  if (!word_.compare_exchange_strong(seen, kAsleep, std::memory_order_acquire)) {
    require(seen == kSet, "note", "it has a sleeper already");
    return;
  }
  self.run->falls_asleep();
  while (word_.load(std::memory_order_acquire) == kAsleep) {
    self.wait_while(word_, kAsleep, threaded::kForEver);
  }
}

void fill(void* memory, std::size_t bytes, unsigned char value) {
  threaded::fill_unseen(memory, bytes, value);
}

bool is_filled(const void* memory, std::size_t bytes, unsigned char value) {
  return threaded::is_filled_unseen(memory, bytes, value);
}

void* allocate(std::size_t bytes) {
  void* const memory = me().run->allocate(bytes);
  if (memory == nullptr) stop(Outcome::kBudget, "memory");
  return memory;
}

Report run(const threaded::Config& config, void (*entry)(void*), void* argument) {
  threaded::Run run(config);
  return run.run(entry, argument);
}

}  // namespace concertina::inline threads::platform
