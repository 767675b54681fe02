#include "oracle/lock_order.h"

#include <array>
#include <bit>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "trace/kinds.h"
#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kLocksMax = 256;        // distinct locks in one run
constexpr ObjectId kObjectsMax = 1 << 16;  // platform objects in one run
constexpr unsigned kNobody = 0xffff;
constexpr unsigned kWords = kLocksMax / 64;

constexpr Kinds kKinds{EventKind::kLockAcquired, EventKind::kLockReleased, EventKind::kMayLock,
                       EventKind::kReadied};

struct Held {
  std::uint16_t lock;  // dense id
  LockRank rank;
  std::uint32_t order;
};

bool may_be_many(LockRank rank) {
  return rank == LockRank::kChannel || rank == LockRank::kChannelLeaf;
}

/// Kept from run to run so that judging allocates nothing once warm.
class Locks {
 public:
  Verdict judge(const Trace& trace) {
    reset();
    for (std::size_t i = 0; i < trace.events.size(); ++i) {
      const Event& e = trace.events[i];
      if (!kKinds.has(e.kind) || apply(e)) continue;
      verdict_.detail += "; at event " + std::to_string(i) + ": " + describe(e);
      return verdict_;
    }
    return find_cycle();
  }

 private:
  void reset() {
    for (const ObjectId object : objects_) dense_[object] = kNobody;
    CHECK(threads_seen_ <= held_.size(), "threads that were seen have lists of locks");
    objects_.clear();
    for (unsigned thread = 0; thread < threads_seen_; ++thread) held_[thread].clear();
    threads_seen_ = 0;
  }

  bool fail(std::string_view kind, std::string detail) {
    verdict_ = {"lock_order", std::string(kind), std::move(detail)};
    return false;
  }

  /// Dense id of a lock, kNobody when there are too many.
  unsigned lock_of(ObjectId object) {
    if (object >= kObjectsMax) return kNobody;
    if (dense_.empty()) dense_.assign(kObjectsMax, kNobody);
    if (dense_[object] != kNobody) return dense_[object];
    if (objects_.size() == kLocksMax) return kNobody;
    const auto lock = static_cast<unsigned>(objects_.size());
    CHECK(lock < kLocksMax, "each lock has a dense id");
    dense_[object] = static_cast<std::uint16_t>(lock);
    objects_.push_back(object);
    after_[lock].fill(0);
    holder_[lock] = kNobody;
    return lock;
  }

  std::string text_of(unsigned lock, LockRank rank) const {
    CHECK(lock < objects_.size(), "a lock with a name was seen");
    return "lock " + std::to_string(objects_[lock]) + " (" + std::string(lock_rank_name(rank)) +
           ")";
  }

  bool apply(const Event& e) {
    switch (e.kind) {
      case EventKind::kLockAcquired:
        return acquired(e.thread, as<event::LockAcquired>(e));
      case EventKind::kLockReleased:
        return released(e.thread, as<event::LockReleased>(e));
      case EventKind::kMayLock: {
        const auto may = as<event::MayLock>(e);
        return taken_after(e.thread, may.lock, may.rank, may.order);
      }
      default:
        return readied(e.thread);
    }
  }

  bool acquired(ThreadId thread, const event::LockAcquired& e) {
    const unsigned lock = lock_of(e.lock);
    if (lock != kNobody && holder_[lock] != kNobody) {
      return fail("lock has two holders", "thread " + std::to_string(holder_[lock]) + " holds it");
    }
    if (!taken_after(thread, e.lock, e.rank, e.order)) return false;
    if (thread >= threads_seen_) threads_seen_ = thread + 1u;
    std::vector<Held>& held = held_[thread];
    CHECK(held.size() < kLocksMax, "a thread holds each lock once");
    holder_[lock] = thread;
    held.push_back({static_cast<std::uint16_t>(lock), e.rank, e.order});
    return true;
  }

  /// May the thread take it with what it holds?
  bool taken_after(ThreadId thread, ObjectId object, LockRank rank, std::uint32_t order) {
    const unsigned lock = lock_of(object);
    if (lock == kNobody) return fail("malformed event", "the lock's object id is out of range");
    if (rank == LockRank::kNone || rank >= LockRank::kCount) {
      return fail("lock without a rank", "rank " + std::to_string(static_cast<unsigned>(rank)));
    }
    for (const Held& before : held_[thread]) {
      if (rank < before.rank) {
        return fail("lock rank decreases", "held is " + text_of(before.lock, before.rank));
      }
      if (rank == before.rank && !may_be_many(rank)) {
        return fail("two locks of one rank", "held is " + text_of(before.lock, before.rank));
      }
      if (rank == before.rank && order <= before.order) {
        return fail("channel locks out of order",
                    "held is channel " + std::to_string(before.order));
      }
      // Nothing comes after it. Over another status the same bit is another lock.
      if (rank == LockRank::kScanRunning) continue;
      after_[before.lock][lock / 64] |= std::uint64_t{1} << (lock % 64);
    }
    return true;
  }

  bool released(ThreadId thread, const event::LockReleased& e) {
    const unsigned lock = lock_of(e.lock);
    if (lock == kNobody) return fail("malformed event", "the lock's object id is out of range");
    if (holder_[lock] != thread) {
      return fail("freed a lock of somebody else",
                  holder_[lock] == kNobody
                      ? "it is free"
                      : "thread " + std::to_string(holder_[lock]) + " holds it");
    }
    holder_[lock] = kNobody;
    std::vector<Held>& held = held_[thread];
    std::size_t i = held.size();
    while (i-- > 0 && held[i].lock != lock) {
    }
    CHECK(i < held.size(), "a lock that the thread holds is in its list");
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }

  bool readied(ThreadId thread) {
    for (const Held& before : held_[thread]) {
      if (!may_be_many(before.rank)) continue;
      return fail("readied under a channel lock", "held is " + text_of(before.lock, before.rank));
    }
    return true;
  }

  /// Takes locks away that no remaining lock is taken before; what cannot go is on a cycle or
  /// before one.
  Verdict find_cycle() const {
    std::array<std::uint64_t, kWords> left{};
    const auto count = static_cast<unsigned>(objects_.size());
    for (unsigned lock = 0; lock < count; ++lock)
      left[lock / 64] |= std::uint64_t{1} << (lock % 64);
    for (bool changed = true; changed;) {
      changed = false;
      for (unsigned lock = 0; lock < count; ++lock) {
        if (!is_in(left, lock) || successor(lock, left) != kNobody) continue;
        left[lock / 64] &= ~(std::uint64_t{1} << (lock % 64));
        changed = true;
      }
    }
    for (unsigned lock = 0; lock < count; ++lock) {
      if (is_in(left, lock)) return {"lock_order", "lock order cycle", walk(lock, left)};
    }
    return {};
  }

  using Set = std::array<std::uint64_t, kWords>;

  static bool is_in(const Set& set, unsigned lock) { return (set[lock / 64] >> (lock % 64)) & 1; }

  unsigned successor(unsigned lock, const Set& among) const {
    for (unsigned word = 0; word < kWords; ++word) {
      const std::uint64_t both = after_[lock][word] & among[word];
      if (both != 0) return word * 64 + static_cast<unsigned>(std::countr_zero(both));
    }
    return kNobody;
  }

  /// Each lock that is left has a successor that is left: following them must come round.
  std::string walk(unsigned lock, const Set& left) const {
    for (std::size_t i = 0; i < objects_.size(); ++i) lock = successor(lock, left);
    CHECK(lock != kNobody, "each lock that is left has one that is left after it");
    std::string text = "lock " + std::to_string(objects_[lock]);
    for (unsigned next = successor(lock, left);; next = successor(next, left)) {
      text += ", held while taking lock " + std::to_string(objects_[next]);
      if (next == lock) return text;
    }
  }

  Verdict verdict_;
  std::vector<std::uint16_t> dense_;  // by object
  std::vector<ObjectId> objects_;     // by dense id
  std::array<Set, kLocksMax> after_;  // locks taken while this one was held
  std::array<unsigned, kLocksMax> holder_;
  std::array<std::vector<Held>, kThreadIds> held_;
  unsigned threads_seen_ = 0;  // one past the highest id
};

}  // namespace

Verdict judge_lock_order(const Program&, const Trace& trace) {
  thread_local Locks locks;
  return locks.judge(trace);
}

}  // namespace concertina::fuzzers
