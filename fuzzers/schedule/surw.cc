#include "schedule/surw.h"

#include <algorithm>

#include "schedule/thread_mask.h"

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
  held_ = moved_ = 0;
  target_count_ = 0;
  for (const ObjectKey& key : schedule.targets) {
    if (target_count_ == kTargetsMax) break;
    targets_[target_count_++] = {key, 0, 0};
  }
  size_ = 0;
  if (target_count_ != 0) take_counts(schedule);
}

unsigned Surw::find(SpawnPath path, std::uint8_t thread) const {
  unsigned slot = (path * 0x9E3779B1U ^ thread * 0x85EBCA6BU) >> 24;
  static_assert(kSlots == 256);
  for (; slots_[slot] != kFree; slot = (slot + 1) % kSlots) {
    const Count& count = counts_[slots_[slot]];
    if (count.path == path && count.thread == thread) return slots_[slot];
  }
  return kNobody;
}

// The closest one above that has an entry. Threads on the scheduler's path are taken to be started
// by thread 0.
unsigned Surw::parent_of(const Count& count) const {
  if (count.path == kSchedulerPath) {
    return count.thread == 0 ? kNobody : find(kSchedulerPath, 0);
  }
  for (SpawnPath path = count.path >> 5; path != 0; path >>= 5) {
    const unsigned found = find(path, thread_of_key(path, 0));
    if (found != kNobody) return found;
  }
  return kNobody;
}

void Surw::take_counts(const Schedule& schedule) {
  slots_.fill(kFree);
  for (const ThreadCount& given : schedule.thread_counts) {
    if (size_ == kThreadCountsMax) break;
    const std::uint8_t thread = thread_of_key(given.path, given.thread);
    if (find(given.path, thread) != kNobody) continue;
    unsigned slot = (given.path * 0x9E3779B1U ^ thread * 0x85EBCA6BU) >> 24;
    while (slots_[slot] != kFree) slot = (slot + 1) % kSlots;
    slots_[slot] = static_cast<std::uint8_t>(size_);
    counts_[size_++] = {given.path, thread, false, kNobody, given.count};
  }
  for (unsigned i = 0; i < size_; ++i) counts_[i].parent = parent_of(counts_[i]);
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
  if (target_count_ == 0) return;
  paths_[thread] = kAnyPath;  // not known before it is asked about
  entries_[thread] = kNobody;
  moved_ |= bit(thread);
}

void Surw::note_path(ThreadId thread, SpawnPath path) {
  if (paths_[thread] == path) return;
  paths_[thread] = path;
  const unsigned entry = find(path, thread_of_key(path, thread));
  entries_[thread] = entry;
  if (intended_ == thread) {  // it was drawn for another goroutine
    intended_ = kNobody;
    held_ = 0;
  }
  if (entry == kNobody || counts_[entry].has_appeared) return;
  counts_[entry].has_appeared = true;
  const std::uint32_t weight = counts_[entry].weight;
  for (unsigned above = counts_[entry].parent; above != kNobody; above = counts_[above].parent) {
    const std::uint32_t before = counts_[above].weight;
    counts_[above].weight = before - std::min(before, weight);
    // It was drawn on behalf of all that it carried.
    if (intended_ != kNobody && entries_[intended_] == above && before != 0 &&
        random_.below(before) < weight) {
      intended_ = thread;
    }
  }
}

std::uint32_t Surw::weight_of(ThreadId thread) const {
  const unsigned entry = entries_[thread];
  return entry == kNobody ? 1 : counts_[entry].weight;
}

ThreadId Surw::draw_intended(ThreadMask threads) {
  std::uint32_t sum = 0;
  for (ThreadMask rest = threads; rest != 0; rest = without_lowest(rest)) {
    sum += weight_of(lowest(rest));
  }
  if (sum == 0) return nth(threads, random_.below(count(threads)));
  std::uint32_t left = random_.below(sum);
  for (ThreadMask rest = threads; rest != 0; rest = without_lowest(rest)) {
    const std::uint32_t weight = weight_of(lowest(rest));
    if (left < weight) return lowest(rest);
    left -= weight;
  }
  return lowest(threads);
}

ThreadId Surw::pick(ThreadMask enabled, ThreadId, const Pending* pending) {
  if (target_count_ == 0) return priorities_.highest(enabled, pending);
  for (; moved_ != 0; moved_ = without_lowest(moved_)) {
    note_path(lowest(moved_), pending[lowest(moved_)].path);
  }
  for (;;) {
    ThreadMask free = enabled & ~held_;
    bool all_wait = true;
    for (ThreadMask rest = free; rest != 0 && all_wait; rest = without_lowest(rest)) {
      all_wait = only_waits(pending[lowest(rest)]);
    }
    if (all_wait && (enabled & held_) != 0) {  // also when nobody is free
      held_ = 0;
      intended_ = kNobody;
      free = enabled;
    }
    const ThreadId next = priorities_.highest(free, pending);
    if (!is_interesting(pending[next])) return next;
    // Its own operation is at hand, so it has at least that one left.
    const unsigned entry = entries_[next];
    if (entry != kNobody && counts_[entry].weight == 0) counts_[entry].weight = 1;
    if (intended_ == kNobody) intended_ = draw_intended(free);
    if (next == intended_) return next;
    held_ |= bit(next);
  }
}

void Surw::executing(ThreadId thread, const Pending* pending) {
  if (target_count_ != 0) {
    for (; moved_ != 0; moved_ = without_lowest(moved_)) {
      note_path(lowest(moved_), pending[lowest(moved_)].path);
    }
    if (is_interesting(pending[thread])) {
      const unsigned entry = entries_[thread];
      if (entry != kNobody && counts_[entry].weight != 0) --counts_[entry].weight;
      if (intended_ == thread) {
        intended_ = kNobody;
        held_ = 0;
      }
    }
    held_ &= ~bit(thread);
    moved_ |= bit(thread);
  }
  priorities_.executed(thread, pending);
}

}  // namespace concertina::fuzzers
