// HappensBefore: which steps of a run could not have come in the other order, by vector clocks; and
// which pairs are races, that is, could.
//
// A step happens after the steps of its own thread, after the one that created the thread, and
// after those before it that it conflicts with. Two conflicting steps race when the later one's
// thread did not know of the earlier one before: then there is a run that is alike up to the
// earlier one, and has them in the other order.
//
// Locks: a thread that waits for a lock cannot run, so an unlock and the lock after it are no race;
// the two acquisitions are. Steps that conflict with everything (footprint.h) race with the latest
// step of each thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "verify/footprint.h"

namespace concertina::fuzzers {

/// Of each thread, how many of its steps are known.
using Clock = std::array<std::uint16_t, kThreadsMax>;

class HappensBefore {
 public:
  struct Event {
    ThreadId thread = 0;
    std::uint16_t ordinal = 0;  // among its thread's, from 1
    Clock clock{};              // itself included
  };

  HappensBefore() : users_(kSlots) {
    events_.reserve(kEventsFirst);
    partners_.reserve(kPartnersMax);
  }
  void clear();

  /// The next step of the run. `partners()` are then the earlier steps that it races with, as
  /// indices; the latest of each thread on each slot, since reversing it reverses the others.
  void add(const Footprint& step);
  const std::vector<std::uint32_t>& partners() const { return partners_; }

  /// The races of a thread that still waits for that lock at the end of a run.
  void add_waiting(ThreadId thread, ObjectId lock);

  const std::vector<Event>& events() const { return events_; }
  const Clock& past_of(ThreadId thread) const { return past_[thread]; }

  static bool is_known(const Event& event, const Clock& clock) {
    return clock[event.thread] >= event.ordinal;
  }

 private:
  /// The latest step of each thread on a slot, by mode; 0 is none, else index + 1.
  struct Users {
    std::uint32_t run = 0;
    std::array<std::array<std::uint32_t, kThreadsMax>, 3> by_mode{};
    std::array<std::uint32_t, kThreadsMax> locked{};
  };

  // Room for what runs have: growing in a run would be a race to ThreadSanitizer (state_cache.h).
  static constexpr std::size_t kEventsFirst = 1 << 13;
  static constexpr std::size_t kPartnersMax = Footprint::kAccessesMax * 4 * kThreadsMax;

  Users& users_of(std::uint16_t slot);
  void meet(std::uint32_t latest, Event& event, bool may_race);
  void meet_all(const Footprint& step, Event& event);

  std::vector<Event> events_;
  std::vector<std::uint32_t> partners_;
  std::array<Clock, kThreadsMax> past_{};
  std::array<std::uint32_t, kThreadsMax> latest_{};      // event + 1
  std::array<std::uint32_t, kThreadsMax> latest_all_{};  // that conflicts with everything
  std::vector<Users> users_;
  std::uint32_t run_ = 0;
};

}  // namespace concertina::fuzzers
