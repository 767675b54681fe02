#include "schedule/deviating.h"

#include "base/check.h"
#include "schedule/conflict.h"

namespace concertina::fuzzers {

void Deviating::reset(const Schedule& schedule, Chooser& strategy) {
  strategy_ = &strategy;
  CHECK(&strategy != this, "deviations stand before another strategy");
  arriving_ = 0;
  held_ = preferred_ = 0;
  preferences_ = 0;
  holds_.clear();
  chooses_.clear();
  unsigned hold_count = 0;
  unsigned choose_count = 0;
  for (const Deviation& deviation : schedule.deviations) {
    if (hold_count + choose_count == KeyTable::kKeysMax) break;
    CHECK(deviation.key.site < Site::kCount, "a deviation names a site, or its bit is another's");
    if (deviation.kind == DeviationKind::kChoose) {
      choose_values_[choose_count++] = deviation.value;
      chooses_.add(deviation.key);
    } else {
      if (deviation.kind == DeviationKind::kPrefer) preferences_ |= KeyMask{1} << hold_count;
      hold_values_[hold_count++] = deviation.value;
      holds_.add(deviation.key);
    }
  }
  wishes_any_ = hold_count > 0;
}

void Deviating::started(ThreadId thread) {
  arriving_ |= bit(thread);
  CHECK(strategy_ != nullptr, "deviations are given before a run begins");
  strategy_->started(thread);
}

void Deviating::note_arrivals(const Pending* pending) {
  for (; arriving_ != 0; arriving_ = without_lowest(arriving_)) {
    const ThreadId thread = lowest(arriving_);
    const Pending& reached = pending[thread];
    if (!holds_.wants(reached.site)) continue;
    const KeyMask keys = holds_.pass(reached.path, reached.site);
    if (keys == 0) continue;
    const auto first = static_cast<unsigned>(__builtin_ctz(keys));
    COSTLY_CHECK(first < KeyTable::kKeysMax, "a wish has a place in the table");
    decisions_left_[thread] = hold_values_[first];
    if (decisions_left_[thread] == 0) continue;
    const bool is_preference = (preferences_ >> first & 1) != 0;
    (is_preference ? preferred_ : held_) |= bit(thread);
    (is_preference ? held_ : preferred_) &= ~bit(thread);
  }
}

// One decision less for all; it is still theirs if that was the last.
void Deviating::count_down() {
  for (ThreadMask rest = held_ | preferred_; rest != 0; rest = without_lowest(rest)) {
    const ThreadId thread = lowest(rest);
    COSTLY_CHECK(decisions_left_[thread] != 0, "a thread with a wish has decisions left");
    if (--decisions_left_[thread] != 0) continue;
    held_ &= ~bit(thread);
    preferred_ &= ~bit(thread);
  }
}

ThreadMask Deviating::preferred_among(ThreadMask enabled, const Pending* pending) const {
  ThreadMask result = enabled & preferred_;
  for (ThreadMask rest = result; rest != 0; rest = without_lowest(rest)) {
    if (only_waits(pending[lowest(rest)])) result &= ~bit(lowest(rest));
  }
  return result;
}

ThreadId Deviating::pick(ThreadMask enabled, ThreadId current, const Pending* pending) {
  if (!wishes_any_) return strategy_->pick(enabled, current, pending);
  note_arrivals(pending);
  COSTLY_CHECK(is_empty(held_ & preferred_), "no thread is held and preferred at once");
  ThreadMask free = enabled;
  if (held_ != 0 || preferred_ != 0) {
    free = enabled & ~held_;
    if (const ThreadMask preferred = preferred_among(free, pending); preferred != 0) {
      free = preferred;
    }
    count_down();
  }
  if (free == 0) return strategy_->pick(enabled, current, pending);
  if (without_lowest(free) == 0) return lowest(free);
  const ThreadId picked = strategy_->pick(free, current, pending);
  COSTLY_CHECK(contains(free, picked), "a strategy picks one of those that deviations leave");
  return picked;
}

void Deviating::executing(ThreadId thread, const Pending* pending) {
  if (wishes_any_) {
    note_arrivals(pending);
    arriving_ |= bit(thread);
  }
  if (strategy_->observes()) strategy_->executing(thread, pending);
}

std::uint32_t Deviating::choose(std::uint32_t n, Site site, SpawnPath path) {
  // The strategy draws anyway, so that a deviation changes this draw and no later one.
  const std::uint32_t drawn = strategy_->choose(n, site, path);
  CHECK(drawn < n, "a strategy draws in range, also where a deviation replaces the draw");
  if (!chooses_.wants(site)) return drawn;
  const KeyMask keys = chooses_.pass(path, site);
  if (keys == 0) return drawn;
  return choose_values_[static_cast<unsigned>(__builtin_ctz(keys))] % n;
}

}  // namespace concertina::fuzzers
