// Pct: probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010) for bugs of depth d.
//
// Threads have distinct random priorities and the highest enabled one runs, except that at d-1
// random decisions the thread which would run falls into a low band, below all threads that never
// fell. A bug that needs d ordered events is hit with a probability of at least 1 / (n * k^(d-1))
// per run, for n threads and k decisions.
//
// k is not known before the run. A search that has seen runs of the program says so in the schedule
// (`horizon`); else it is drawn from kHorizons by the seed, so that a run stays a pure function of
// its input, and a campaign's many seeds try them all.
//
// A thread that spins falls below everything: it waits for the others, and a strategy that keeps
// preferring it livelocks.
#pragma once

#include <array>
#include <span>

#include "schedule/random.h"
#include "schedule/schedule.h"

namespace concertina::fuzzers {

class Pct final : public Chooser {
 public:
  static constexpr std::uint32_t kHorizons[] = {64, 256, 1024};

  void reset(const Schedule& schedule);

  void started(ThreadId thread) override;
  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  std::uint32_t choose(std::uint32_t n, Site, SpawnPath) override { return draws_.below(n); }

  /// The decisions (from 0) at which a thread falls, in increasing order and distinct.
  std::span<const std::uint32_t> change_points() const { return {points_.data(), point_count_}; }

 private:
  // Priorities are bands: threads that never fell draw theirs from kHighBand up, those that fell at
  // a change point have kChangeBand + its rank, and spinners are below, the latest the lowest.
  static constexpr std::uint32_t kHighBand = 1U << 31;
  static constexpr std::uint32_t kChangeBand = 1U << 30;

  ThreadId highest(ThreadMask enabled) const;
  ThreadId after_spinners(ThreadId best, ThreadMask enabled, const Pending* pending);
  void draw_change_points(unsigned points, std::uint32_t known_horizon);

  Random draws_;  // of choose: how many there are must not disturb the priorities
  Random random_;
  std::uint32_t decision_ = 0;
  std::uint32_t next_point_ = 0;
  std::uint32_t point_count_ = 0;
  std::uint32_t spin_band_ = kChangeBand;
  std::array<std::uint32_t, kDepthMax> points_{};
  std::array<std::uint8_t, kDepthMax>
      ranks_{};  // of each change point in the low band, a permutation
  std::array<std::uint32_t, kThreadsMax> priorities_{};
};

}  // namespace concertina::fuzzers
