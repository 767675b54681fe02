#include "verify/reversal.h"

#include <algorithm>

#include "base/check.h"

namespace concertina::fuzzers {

// --- Recording -----------------------------------------------------------------------------------

void RaceRecorder::reset(std::span<const std::uint8_t> trail, const Schedule& schedule,
                         RaceRecord* record) {
  Following::begin();
  player_.reset(trail, schedule);
  order_.clear();
  record_ = record;
  record_->step_count = record_->race_count = 0;
  record_->has_ended = false;
}

ThreadId RaceRecorder::decide(ThreadMask enabled, ThreadId current, const Pending* pending) {
  return player_.pick(enabled, current, pending);
}

void RaceRecorder::opened(ThreadId thread, const Pending&) {
  record_->open = order_.past_of(thread);
}

void RaceRecorder::closed(const Footprint& step) {
  order_.add(step);
  if (!record_->is_whole()) return;
  CHECK(order_.events().size() == record_->step_count + 1U, "each step has a clock");
  record_->clocks[record_->step_count] = order_.events().back().clock;
  for (const std::uint32_t partner : order_.partners()) {
    if (record_->race_count == RaceRecord::kRacesMax) break;
    CHECK(partner < record_->step_count, "of a race's two steps the earlier one comes first");
    CHECK(order_.events()[partner].thread != step.thread, "a race is between two threads");
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
    record_->waiting[thread] = step_of(thread, waiting);
    for (const std::uint32_t partner : order_.partners()) {
      if (record_->race_count == RaceRecord::kRacesMax) break;
      record_->races[record_->race_count++] = {partner, record_->step_count, thread};
    }
  }
}

// --- Reversing -----------------------------------------------------------------------------------

namespace {

/// Does a thread with that clock know the step?
bool is_known(const RunLog& log, const RaceRecord& record, std::uint32_t step, const Clock& clock) {
  const ThreadId thread = log.steps()[step].thread;
  return clock[thread] >= record.clocks[step][thread];
}

}  // namespace

std::vector<Race> races_of(const RunLog& log, const RaceRecord& record) {
  std::vector<Race> races(record.races, record.races + record.race_count);
  if (record.has_ended || log.step_count <= record.step_count) return races;
  // It died in a step of which only the announcement is known.
  const ThreadId open = log.steps()[record.step_count].thread;
  ThreadMask seen = bit(open);
  for (std::uint32_t i = record.step_count; i-- > 0;) {
    const ThreadId thread = log.steps()[i].thread;
    if ((seen & bit(thread)) != 0) continue;
    seen |= bit(thread);
    if (!is_known(log, record, i, record.open)) races.push_back({i, record.step_count, open});
  }
  return races;
}

std::vector<ThreadId> reversed_order(const RunLog& log, const RaceRecord& record,
                                     const Race& race) {
  std::vector<ThreadId> order;
  std::vector<ThreadId> after;  // what happened after the earlier one
  const std::span<const Step> steps = log.steps();
  for (std::uint32_t i = 0; i < race.earlier; ++i) order.push_back(steps[i].thread);
  const std::uint32_t end = std::min(race.later, record.step_count);
  for (std::uint32_t i = race.earlier + 1; i < end; ++i) {
    const bool is_after = is_known(log, record, race.earlier, record.clocks[i]);
    (is_after ? after : order).push_back(steps[i].thread);
  }
  order.push_back(race.later_thread);
  order.push_back(steps[race.earlier].thread);
  order.insert(order.end(), after.begin(), after.end());
  for (std::uint32_t i = end + 1; i < record.step_count; ++i) {
    order.push_back(steps[i].thread);
  }
  return order;
}

// --- Following an order --------------------------------------------------------------------------

void OrderPlayer::reset(std::span<const ThreadId> order, const RunLog& drawn,
                        const Schedule& schedule) {
  for (auto& places : places_) places.clear();
  next_place_.fill(0);
  for (std::uint32_t i = 0; i < order.size(); ++i) places_[order[i]].push_back(i);
  for (auto& draws : draws_) draws.clear();
  next_draw_.fill(0);
  for (const Draw& draw : drawn.draws()) {
    draws_[drawn.thread_of(draw)].push_back(static_cast<std::uint8_t>(draw.value));
  }
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
