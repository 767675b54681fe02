// Reversals: the races of one run, and for each the order of steps in which it would have come out
// the other way round.
//
//   ... f ... e ...     f and e race: steps of different threads that conflict, and e's thread did
//                       not know of f
//   ... v e f w ...     v: what lay between and did not happen after f; w: what did
//
// Steps of v and w keep their orders, so in the new one e and f are neighbours, swapped, and
// nothing else has changed but what follows from that. The run that is tried follows the order as
// far as it can: always the first thread of it that is enabled.
//
// Log and record are plain memory, complete after each step, for a process that may die; the step
// in which it dies counts as one that conflicts with everything.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "verify/footprint.h"
#include "verify/happens_before.h"
#include "verify/replay_trail.h"

namespace concertina::fuzzers {

struct Race {
  std::uint32_t earlier = 0;
  std::uint32_t later = 0;  // or RaceRecord::step_count: the thread waits for a lock at the end
  ThreadId later_thread = 0;
  bool operator==(const Race&) const = default;
};

/// What a run's log does not say of its steps.
struct RaceRecord {
  static constexpr std::uint32_t kStepsMax = 8192;
  static constexpr std::uint32_t kRacesMax = 8192;

  std::uint32_t step_count = 0;  // that ended; further ones are not recorded
  std::uint32_t race_count = 0;
  bool has_ended = false;     // false: it died in the step after those
  Clock open{};               // what the thread of the step in progress knew before it
  Clock clocks[kStepsMax];    // what the steps' threads knew after them
  Step waiting[kThreadsMax];  // at the end: what threads wait for, where Race::later says so
  Race races[kRacesMax];

  bool is_whole() const { return step_count < kStepsMax && race_count < kRacesMax; }
};

/// Repeats a trail and records.
class RaceRecorder final : public Following {
 public:
  void reset(std::span<const std::uint8_t> trail, const Schedule& schedule, RaceRecord* record);
  /// After the run, if the process is alive. See Following::finish.
  void end(bool was_stopped);

 private:
  ThreadId decide(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  std::uint32_t draw(std::uint32_t n, Site site) override {
    return player_.choose(n, site, kAnyPath);
  }
  void opened(ThreadId thread, const Pending& pending) override;
  void closed(const Footprint& step) override;

  RaceRecord* record_ = nullptr;
  TrailPlayer player_;
  HappensBefore order_;
};

/// All races of the run, in the order of their later steps; those of the step in which it died
/// included.
std::vector<Race> races_of(const RunLog& log, const RaceRecord& record);

/// The threads of the run's steps in the order in which the race comes out the other way round.
std::vector<ThreadId> reversed_order(const RunLog& log, const RaceRecord& record, const Race& race);

/// Follows an order of threads; each draws what it drew in the run `drawn`.
class OrderPlayer final : public Chooser {
 public:
  void reset(std::span<const ThreadId> order, const RunLog& drawn, const Schedule& schedule);

  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  void executing(ThreadId thread, const Pending* pending) override;
  std::uint32_t choose(std::uint32_t n, Site site, SpawnPath path) override;
  bool observes() const override { return true; }

 private:
  // Of each thread, where in the order it comes, and which of those places is its next one.
  std::array<std::vector<std::uint32_t>, kThreadsMax> places_;
  std::array<std::size_t, kThreadsMax> next_place_{};
  std::array<std::vector<std::uint8_t>, kThreadsMax> draws_;
  std::array<std::size_t, kThreadsMax> next_draw_{};
  ThreadId current_ = 0;
  NonPreemptive policy_;
};

}  // namespace concertina::fuzzers
