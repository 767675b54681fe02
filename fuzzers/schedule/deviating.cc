#include "schedule/deviating.h"

#include "schedule/thread_mask.h"

namespace concertina::fuzzers {

void Deviating::reset(const Schedule& schedule, Chooser& strategy) {
  strategy_ = &strategy;
  arriving_ = 0;
  held_ = 0;
  holds_.clear();
  chooses_.clear();
  unsigned hold_count = 0;
  unsigned choose_count = 0;
  for (const Deviation& deviation : schedule.deviations) {
    if (hold_count + choose_count == KeyTable::kKeysMax) break;
    if (deviation.kind == DeviationKind::kHold) {
      hold_values_[hold_count++] = deviation.value;
      holds_.add(deviation.key);
    } else {
      choose_values_[choose_count++] = deviation.value;
      chooses_.add(deviation.key);
    }
  }
  holds_any_ = hold_count > 0;
}

void Deviating::started(ThreadId thread) {
  arriving_ |= bit(thread);
  strategy_->started(thread);
}

void Deviating::note_arrivals(const Pending* pending) {
  for (; arriving_ != 0; arriving_ = without_lowest(arriving_)) {
    const ThreadId thread = lowest(arriving_);
    const Pending& reached = pending[thread];
    if (!holds_.wants(reached.site)) continue;
    const KeyMask keys = holds_.pass(reached.path, reached.site);
    if (keys == 0) continue;
    decisions_left_[thread] = hold_values_[static_cast<unsigned>(__builtin_ctz(keys))];
    if (decisions_left_[thread] != 0) held_ |= bit(thread);
  }
}

// The threads held at this decision, which then has been counted.
ThreadMask Deviating::count_down() {
  const ThreadMask held = held_;
  for (ThreadMask rest = held; rest != 0; rest = without_lowest(rest)) {
    const ThreadId thread = lowest(rest);
    if (--decisions_left_[thread] == 0) held_ &= ~bit(thread);
  }
  return held;
}

ThreadId Deviating::pick(ThreadMask enabled, ThreadId current, const Pending* pending) {
  if (!holds_any_) return strategy_->pick(enabled, current, pending);
  note_arrivals(pending);
  const ThreadMask free = held_ == 0 ? enabled : enabled & ~count_down();
  if (free == 0) return strategy_->pick(enabled, current, pending);
  if (without_lowest(free) == 0) return lowest(free);
  return strategy_->pick(free, current, pending);
}

void Deviating::executing(ThreadId thread, const Pending* pending) {
  if (holds_any_) {
    note_arrivals(pending);
    arriving_ |= bit(thread);
  }
  if (strategy_->observes()) strategy_->executing(thread, pending);
}

std::uint32_t Deviating::choose(std::uint32_t n, Site site, SpawnPath path) {
  // The strategy draws anyway, so that a deviation changes this draw and no later one.
  const std::uint32_t drawn = strategy_->choose(n, site, path);
  if (!chooses_.wants(site)) return drawn;
  const KeyMask keys = chooses_.pass(path, site);
  if (keys == 0) return drawn;
  return choose_values_[static_cast<unsigned>(__builtin_ctz(keys))] % n;
}

}  // namespace concertina::fuzzers
