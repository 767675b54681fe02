// RunLog: what a run did, written by the world while it happens. The one record of a run: search,
// exploration, reports and the minimiser read it.
//
// Plain memory without pointers. In memory shared with another process it says what happened up to
// this one's death: the step in which it died is the last one, and a count never covers an entry
// that is not written. It is large, and its pages are touched only as far as a run fills them:
// make it with make_unique_for_overwrite, which does not fill it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/event.h"
#include "base/step.h"

namespace concertina {

/// `at` has elements up to a count that is kept elsewhere.
template <class T, std::size_t kSize>
union Room {
  static constexpr std::size_t kMax = kSize;
  Room() {}
  T at[kSize];
};

struct EventLog {
  static constexpr std::uint32_t kMax = 100'000;

  std::uint32_t count = 0;
  Room<Event, kMax> events;

  std::span<const Event> all() const { return {events.at, std::min(count, kMax)}; }
};

struct RunLog {
  static constexpr std::uint32_t kStepsMax = 50'000;
  static constexpr std::uint32_t kDrawsMax = 1 << 16;  // further ones are lost
  static constexpr std::uint32_t kObjectsMax = 4096;   // likewise

  std::uint32_t step_count = 0;
  std::uint32_t decisions = 0;
  std::uint32_t preemptions = 0;
  std::uint32_t draw_count = 0;
  std::uint32_t object_count = 0;
  Room<Step, kStepsMax> step_room;
  Room<Draw, kDrawsMax> draw_room;
  Room<SpawnPath, kObjectsMax + 1> makers;  // by object: on whose behalf it was made
  EventLog events;

  std::span<const Step> steps() const { return {step_room.at, step_count}; }
  std::span<const Draw> draws() const { return {draw_room.at, draw_count}; }
  /// The thread that drew.
  ThreadId thread_of(const Draw& draw) const { return step_room.at[draw.step - 1].thread; }

  void clear() {
    step_count = decisions = preemptions = draw_count = object_count = 0;
    makers.at[0] = kAnyPath;
    events.count = 0;
  }
  /// There is room: the caller's budget is kStepsMax at most.
  void add(const Step& step) {
    step_room.at[step_count] = step;
    preemptions += step.is_preemption ? 1 : 0;
    std::atomic_signal_fence(std::memory_order_release);
    ++step_count;
  }
  void add(const Draw& draw) {
    if (draw_count == kDrawsMax) return;
    draw_room.at[draw_count] = draw;
    std::atomic_signal_fence(std::memory_order_release);
    ++draw_count;
  }
  /// Objects come in order, from 1.
  void add_object(ObjectId object, SpawnPath maker) {
    if (object > kObjectsMax) return;
    makers.at[object] = maker;
    object_count = object;
  }
  /// Steps and draws of another run, without its objects and events.
  void copy_schedule(const RunLog& other) {
    clear();
    decisions = other.decisions;
    preemptions = other.preemptions;
    std::ranges::copy(other.steps(), step_room.at);
    std::ranges::copy(other.draws(), draw_room.at);
    step_count = other.step_count;
    draw_count = other.draw_count;
  }
};

}  // namespace concertina
