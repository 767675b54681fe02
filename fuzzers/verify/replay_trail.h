// TrailPlayer: repeats the decisions of a run; WriteDown: says them as deviations from a
// non-preemptive schedule, the form of minimised cases.
//
// A trail is exact and breaks with the smallest change. Deviations have keys, and few of them say
// everything: the non-preemptive strategy decides alone wherever it would decide alike. Where it
// would let a thread t run too early, t is held: from when it arrived at the operation that it is
// about to do, for as many decisions as it took until it did it. While t waits it is not picked
// anyway, so a hold from its arrival on changes no other decision.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "platform/sim/run_log.h"
#include "schedule/non_preemptive.h"
#include "schedule/schedule.h"
#include "verify/footprint.h"

namespace concertina::fuzzers {

/// The decisions of a run in order: for each decision the thread, for each draw the value.
std::vector<std::uint8_t> trail_of(const RunLog& log);

/// Follows the trail as long as it fits; when it is over, or names a thread that is not enabled,
/// NonPreemptive decides.
class TrailPlayer : public Chooser {
 public:
  /// `seed` is that of the schedule; the trail's bytes must outlive the run.
  void reset(std::span<const std::uint8_t> chosen, const Schedule& schedule);

  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  std::uint32_t choose(std::uint32_t n, Site site, SpawnPath path) override;

  /// Entries that could not be followed.
  unsigned misses() const { return misses_; }

 private:
  std::span<const std::uint8_t> chosen_;
  std::size_t next_ = 0;
  unsigned misses_ = 0;
  NonPreemptive policy_;
};

/// Deviations in plain memory, complete after each decision, for a process that may die.
struct WrittenDeviations {
  static constexpr unsigned kMax = kDeviationsMax;
  unsigned count = 0;
  bool is_exact = true;  // false: they do not fit into the form
  Deviation items[kMax];

  std::span<const Deviation> all() const { return {items, count}; }
};

class WriteDown final : public TrailPlayer {
 public:
  void reset(std::span<const std::uint8_t> chosen, const Schedule& schedule,
             WrittenDeviations* written);

  void started(ThreadId thread) override;
  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  void executing(ThreadId thread, const Pending* pending) override;
  std::uint32_t choose(std::uint32_t n, Site site, SpawnPath path) override;
  bool observes() const override { return true; }

 private:
  static constexpr int kNotHeld = -1;
  struct Wait {
    SpawnPath path = kAnyPath;  // the pending operation's key
    Site site{};
    std::uint32_t occurrence = 0;
    std::uint32_t since = 0;  // decision
    int item = kNotHeld;      // of `written`
  };

  /// How often a place was passed before; room for kPlacesMax places.
  struct Count {
    std::uint64_t key = 0;
    std::uint32_t count = 0;
  };
  static constexpr std::size_t kPlacesMax = 4096;
  std::uint32_t pass(std::vector<Count>& counts, SpawnPath path, Site site);

  void note_arrivals(const Pending* pending);
  void hold(ThreadId thread);
  int new_item(DeviationKind kind, SpawnPath path, Site site, std::uint32_t occurrence);
  void set_value(int item, std::uint32_t value);

  WrittenDeviations* written_ = nullptr;
  NonPreemptive usual_;
  ThreadMask arriving_ = 0;
  ThreadMask held_ = 0;
  std::uint32_t decision_ = 0;
  int picked_ = -1;  // by the decision just taken
  std::array<Wait, kThreadsMax> waits_{};
  std::vector<Count> passes_;  // by path and site
  std::vector<Count> draws_;
};

}  // namespace concertina::fuzzers
