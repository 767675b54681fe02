#include "verify/reversal.h"

#include <algorithm>

#include "schedule/thread_mask.h"

namespace concertina::fuzzers {

// --- Recording -----------------------------------------------------------------------------------

void RaceRecorder::reset(std::span<const std::uint8_t> trail, const Schedule& schedule,
                         RunRecord* record) {
  Following::begin();
  player_.reset(trail, schedule);
  order_.clear();
  record_ = record;
  record_->step_count = record_->race_count = record_->draw_count = 0;
  record_->has_ended = false;
}

ThreadId RaceRecorder::decide(ThreadMask enabled, ThreadId current, const Pending* pending) {
  return player_.pick(enabled, current, pending);
}

std::uint32_t RaceRecorder::draw(std::uint32_t n, Site site) {
  const std::uint32_t drawn = player_.choose(n, site, kAnyPath);
  if (record_->draw_count < RunRecord::kDrawsMax) {
    record_->draws[record_->draw_count++] = {current_, static_cast<std::uint8_t>(drawn)};
  }
  return drawn;
}

void RaceRecorder::opened(ThreadId thread, const Pending& pending) {
  current_ = thread;
  const Clock& past = order_.past_of(thread);
  record_->open = {thread,       pending.kind,
                   pending.site, pending.object,
                   pending.path, static_cast<std::uint16_t>(past[thread] + 1),
                   past};
}

void RaceRecorder::closed(const Footprint& step) {
  order_.add(step);
  if (!record_->is_whole()) return;
  const HappensBefore::Event& event = order_.events().back();
  RecordedStep& made = record_->steps[record_->step_count];
  made = record_->open;
  made.clock = event.clock;
  for (const std::uint32_t partner : order_.partners()) {
    if (record_->race_count == RunRecord::kRacesMax) break;
    record_->races[record_->race_count++] = {partner, record_->step_count, step.thread};
  }
  ++record_->step_count;
}

void RaceRecorder::end(bool was_stopped) {
  Following::finish(was_stopped);
  record_->has_ended = true;
  if (pending() == nullptr) return;
  for (ThreadMask rest = threads(); rest != 0; rest = without_lowest(rest)) {
    const ThreadId thread = lowest(rest);
    const Pending& waiting = pending()[thread];
    if (waiting.kind != OperationKind::kLock) continue;
    order_.add_waiting(thread, waiting.object);
    record_->waiting[thread] = {
        thread, waiting.kind,          waiting.site, waiting.object, waiting.path,
        0,      order_.past_of(thread)};
    for (const std::uint32_t partner : order_.partners()) {
      if (record_->race_count == RunRecord::kRacesMax) break;
      record_->races[record_->race_count++] = {partner, record_->step_count, thread};
    }
  }
}

// --- Reversing -----------------------------------------------------------------------------------

namespace {

bool is_known(const RecordedStep& step, const Clock& clock) {
  return clock[step.thread] >= step.ordinal;
}

}  // namespace

std::vector<Race> races_of(const RunRecord& record) {
  std::vector<Race> races(record.races, record.races + record.race_count);
  if (record.has_ended) return races;
  // It died in a step of which only the announcement is known.
  ThreadMask seen = bit(record.open.thread);
  for (std::uint32_t i = record.step_count; i-- > 0;) {
    const RecordedStep& step = record.steps[i];
    if ((seen & bit(step.thread)) != 0) continue;
    seen |= bit(step.thread);
    if (!is_known(step, record.open.clock)) {
      races.push_back({i, record.step_count, record.open.thread});
    }
  }
  return races;
}

std::vector<ThreadId> reversed_order(const RunRecord& record, const Race& race) {
  std::vector<ThreadId> order;
  std::vector<ThreadId> after;  // what happened after the earlier one
  const RecordedStep& earlier = record.steps[race.earlier];
  for (std::uint32_t i = 0; i < race.earlier; ++i) order.push_back(record.steps[i].thread);
  const std::uint32_t end = std::min(race.later, record.step_count);
  for (std::uint32_t i = race.earlier + 1; i < end; ++i) {
    const RecordedStep& step = record.steps[i];
    (is_known(earlier, step.clock) ? after : order).push_back(step.thread);
  }
  order.push_back(race.later_thread);
  order.push_back(earlier.thread);
  order.insert(order.end(), after.begin(), after.end());
  for (std::uint32_t i = end + 1; i < record.step_count; ++i) {
    order.push_back(record.steps[i].thread);
  }
  return order;
}

// --- Following an order --------------------------------------------------------------------------

void OrderPlayer::reset(std::span<const ThreadId> order, std::span<const RecordedDraw> drawn,
                        const Schedule& schedule) {
  for (auto& places : places_) places.clear();
  next_place_.fill(0);
  for (std::uint32_t i = 0; i < order.size(); ++i) places_[order[i]].push_back(i);
  for (auto& draws : draws_) draws.clear();
  next_draw_.fill(0);
  for (const RecordedDraw& draw : drawn) draws_[draw.thread].push_back(draw.value);
  policy_.reset(schedule);
}

/// The one that comes first in what is left of the order.
ThreadId OrderPlayer::pick(ThreadMask enabled, ThreadId current, const Pending* pending) {
  std::uint32_t first = ~std::uint32_t{0};
  ThreadId chosen = kThreadsMax;
  for (ThreadMask rest = enabled; rest != 0; rest = without_lowest(rest)) {
    const ThreadId thread = lowest(rest);
    const std::vector<std::uint32_t>& places = places_[thread];
    const std::size_t next = next_place_[thread];
    if (next >= places.size() || places[next] >= first) continue;
    first = places[next];
    chosen = thread;
  }
  return chosen < kThreadsMax ? chosen : policy_.pick(enabled, current, pending);
}

void OrderPlayer::executing(ThreadId thread, const Pending*) {
  current_ = thread;
  ++next_place_[thread];
}

std::uint32_t OrderPlayer::choose(std::uint32_t n, Site site, SpawnPath path) {
  const std::uint32_t usual = policy_.choose(n, site, path);
  const auto& draws = draws_[current_];
  std::size_t& next = next_draw_[current_];
  return next < draws.size() ? draws[next++] % n : usual;
}

}  // namespace concertina::fuzzers
