#include "schedule/surw.h"

#include <algorithm>

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

std::uint8_t thread_of_key(SpawnPath path, unsigned thread) {
  return path == kSchedulerPath ? static_cast<std::uint8_t>(thread) : std::uint8_t{0};
}

}  // namespace

void Surw::reset(const Schedule& schedule) {
  priorities_.reset(schedule.seed);
  draws_ = Random(priorities_.random().next());
  random_ = Random(draws_.next());
  intended_ = kNobody;
  held_ = interested_ = exhausted_ = ThreadMask{};
  target_count_ = 0;
  for (const ObjectKey& key : schedule.targets) {
    if (target_count_ == kTargetsMax) break;
    targets_[target_count_++] = {key, 0, 0};
  }
  size_ = 0;
  if (target_count_ != 0) take_counts(schedule);
}

// Where the index of the entry is, or is to be put.
unsigned Surw::slot_of(SpawnPath path, std::uint8_t thread) const {
  if (path == kSchedulerPath) return kSlots + thread;
  unsigned slot = path * 0x9E3779B1U >> 24;
  static_assert(kSlots == 256);
  while (slots_[slot] != kFree && counts_[slots_[slot]].path != path) slot = (slot + 1) % kSlots;
  return slot;
}

unsigned Surw::find(SpawnPath path, std::uint8_t thread) const {
  const std::uint8_t found = slots_[slot_of(path, thread)];
  return found == kFree ? kNobody : found;
}

// The closest one above that has an entry. Threads on the scheduler's path are taken to be started
// by thread 0.
unsigned Surw::parent_of(const Count& count, unsigned scheduler) const {
  if (count.path == kSchedulerPath) return count.thread == 0 ? kNobody : scheduler;
  for (SpawnPath path = count.path >> 5; path != 0; path >>= 5) {
    const unsigned found = find(path, 0);
    if (found != kNobody) return found;
  }
  return kNobody;
}

void Surw::take_counts(const Schedule& schedule) {
  slots_.fill(kFree);
  for (const ThreadCount& given : schedule.thread_counts) {
    if (size_ == kThreadCountsMax) break;
    CHECK(given.path == kSchedulerPath || slot_of(given.path, given.thread) < kSlots,
          "a goroutine's entry is found by its path");
    std::uint8_t& slot = slots_[slot_of(given.path, given.thread)];
    if (slot != kFree) continue;
    slot = static_cast<std::uint8_t>(size_);
    const std::uint8_t thread = thread_of_key(given.path, given.thread);
    counts_[size_++] = {given.path, thread, false, kNobody, given.count, {}};
  }
  const unsigned scheduler = find(kSchedulerPath, 0);
  for (unsigned i = 0; i < size_; ++i) counts_[i].parent = parent_of(counts_[i], scheduler);
  for (unsigned i = 0; i < size_; ++i) {
    CHECK(counts_[i].parent != i, "no goroutine is its own parent");
    CHECK(counts_[i].parent == kNobody || counts_[i].parent < size_, "a parent has an entry");
  }
  // A parent's path is shorter, or it is thread 0: no circles. What is added is the own weight.
  std::array<std::uint32_t, kThreadCountsMax> own;
  for (unsigned i = 0; i < size_; ++i) own[i] = counts_[i].weight;
  for (unsigned i = 0; i < size_; ++i) {
    for (unsigned above = counts_[i].parent; above != kNobody; above = counts_[above].parent) {
      counts_[above].weight += own[i];
    }
  }
}

void Surw::made(ObjectId object, SpawnPath path) {
  for (unsigned i = 0; i < target_count_; ++i) {
    Target& target = targets_[i];
    if (target.key.path == path && target.made++ == target.key.ordinal) target.object = object;
  }
}

bool Surw::is_interesting(const Pending& operation) const {
  if (operation.object == 0 || operation.kind == OperationKind::kUnlock) return false;
  for (unsigned i = 0; i < target_count_; ++i) {
    if (targets_[i].object == operation.object) return true;
  }
  return false;
}

void Surw::started(ThreadId thread) {
  priorities_.started(thread);
  CHECK(thread < kThreadsMax, "the simulator numbers its threads from 0");
  if (target_count_ == 0) return;
  paths_[thread] = kAnyPath;  // not known before it is asked about
  entries_[thread] = kNobody;
  note_weight(thread, 1);
}

void Surw::note_weight(ThreadId thread, std::uint32_t weight) {
  weights_[thread] = static_cast<std::int32_t>(weight);
  put(exhausted_, thread, weight == 0);
}

// Of the entry, and so of the threads that act for it.
void Surw::set_weight(unsigned entry, std::uint32_t weight) {
  COSTLY_CHECK(entry < size_, "weights are those of entries");
  counts_[entry].weight = weight;
  for (const ThreadId thread : members(counts_[entry].threads)) note_weight(thread, weight);
}

void Surw::set_entry(ThreadId thread, unsigned entry) {
  const unsigned before = entries_[thread];
  COSTLY_CHECK(before == kNobody || contains(counts_[before].threads, thread),
               "a thread is listed by the entry that it acts for");
  if (before != kNobody) counts_[before].threads &= ~bit(thread);
  entries_[thread] = entry;
  if (entry != kNobody) counts_[entry].threads |= bit(thread);
  note_weight(thread, entry == kNobody ? 1 : counts_[entry].weight);
}

void Surw::note_path(ThreadId thread, SpawnPath path) {
  if (paths_[thread] == path) return;
  paths_[thread] = path;
  const unsigned entry = find(path, thread);
  set_entry(thread, entry);
  if (intended_ == thread) {  // it was drawn for another goroutine
    intended_ = kNobody;
    held_ = 0;
  }
  if (entry == kNobody || counts_[entry].has_appeared) return;
  counts_[entry].has_appeared = true;
  const std::uint32_t weight = counts_[entry].weight;
  for (unsigned above = counts_[entry].parent; above != kNobody; above = counts_[above].parent) {
    const std::uint32_t before = counts_[above].weight;
    set_weight(above, before - std::min(before, weight));
    // It was drawn on behalf of all that it carried.
    if (intended_ != kNobody && entries_[intended_] == above && before != 0 &&
        random_.below(before) < weight) {
      intended_ = thread;
    }
  }
}

ThreadId Surw::draw_intended(ThreadMask threads) {
  const auto sum =
      static_cast<std::uint32_t>(sums_.add_up(weights_, threads, priorities_.threads()));
  COSTLY_CHECK(!is_empty(threads), "one of some threads is drawn");
  if (sum == 0) return nth(threads, random_.below(count(threads)));
  const auto drawn = static_cast<std::int32_t>(random_.below(sum));
  const ThreadMask higher = sums_.higher_than(drawn, threads, priorities_.threads());
  COSTLY_CHECK(!is_empty(higher), "a draw below the sum of weights falls to one of the threads");
  return lowest(higher);
}

void Surw::catch_up(const Pending* pending) {
  if (target_count_ == 0) {
    priorities_.catch_up(pending);
    return;
  }
  priorities_.catch_up(pending, [&](ThreadId thread, const Pending& reached) {
    note_path(thread, reached.path);
    put(interested_, thread, is_interesting(reached));
  });
}

// Their own operation is at hand, so they have at least that one left.
void Surw::expect_one(ThreadMask threads) {
  for (const ThreadId thread : members(threads & exhausted_)) {
    COSTLY_CHECK(entries_[thread] != kNobody, "only what a thread has an entry for is used up");
    set_weight(entries_[thread], 1);
  }
}

ThreadId Surw::pick(ThreadMask enabled, ThreadId, const Pending* pending) {
  if (priorities_.have_moved()) catch_up(pending);
  if (target_count_ == 0) return priorities_.highest(enabled);
  for (;;) {
    ThreadMask free = enabled & ~held_;
    const bool all_wait = is_empty(free & ~priorities_.waiting());  // also when nobody is free
    if (all_wait && !is_empty(enabled & held_)) {
      held_ = 0;
      intended_ = kNobody;
      free = enabled;
    }
    if (intended_ == kNobody) {
      const ThreadId next = priorities_.highest(free);
      if (!contains(interested_, next)) return next;
      expect_one(bit(next));
      intended_ = draw_intended(free);
    }
    const ThreadMask others = free & interested_ & ~bit(static_cast<ThreadId>(intended_));
    if (!is_empty(free & ~others & ~priorities_.waiting())) {
      const ThreadId next = priorities_.highest(free & ~others);
      const ThreadMask held = is_empty(others) ? others : priorities_.before(next, others);
      expect_one((held | bit(next)) & interested_);
      held_ |= held;
      return next;
    }
    const ThreadId next = priorities_.highest(free);
    expect_one(bit(next) & interested_);
    if (!contains(others, next)) return next;
    held_ |= bit(next);
  }
}

void Surw::executing(ThreadId thread, const Pending* pending) {
  if (priorities_.have_moved()) catch_up(pending);
  if (target_count_ != 0) {
    if (contains(interested_, thread)) {
      const unsigned entry = entries_[thread];
      if (entry != kNobody && counts_[entry].weight != 0) {
        set_weight(entry, counts_[entry].weight - 1);
      }
      if (intended_ == thread) {
        intended_ = kNobody;
        held_ = 0;
      }
    }
    held_ &= ~bit(thread);
  }
  priorities_.executed(thread, pending[thread]);
}

}  // namespace concertina::fuzzers
