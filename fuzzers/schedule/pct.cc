#include "schedule/pct.h"

#include <algorithm>
#include <utility>

namespace concertina::fuzzers {

void Pct::reset(const Schedule& schedule) {
  random_ = Random(schedule.seed);
  draws_ = Random(random_.next());
  decision_ = 0;
  next_point_ = 0;
  spin_band_ = kChangeBand;
  // A thread that the simulator never announced is the last choice, not undefined behaviour.
  priorities_.fill(0);
  draw_change_points(schedule.depth - 1U, schedule.horizon);
}

void Pct::draw_change_points(unsigned points, std::uint32_t known_horizon) {
  const std::uint32_t drawn_horizon = random_.pick(kHorizons);
  // Room for all points, which are distinct.
  const std::uint32_t horizon =
      known_horizon == 0 ? drawn_horizon : std::max<std::uint32_t>(known_horizon, kDepthMax);
  point_count_ = 0;
  while (point_count_ < points) {
    const std::uint32_t point = random_.below(horizon);
    const auto end = points_.begin() + point_count_;
    if (std::find(points_.begin(), end, point) != end) continue;
    // Drawn in random order and sorted, so the order of drawing is a random rank: a thread that
    // falls later may end above one that fell earlier.
    std::uint32_t at = point_count_;
    for (; at > 0 && points_[at - 1] > point; --at) {
      points_[at] = points_[at - 1];
      ranks_[at] = ranks_[at - 1];
    }
    points_[at] = point;
    ranks_[at] = static_cast<std::uint8_t>(point_count_);
    ++point_count_;
  }
}

void Pct::started(ThreadId thread) {
  // A random number is a random rank; the low bits make it distinct.
  const auto drawn = static_cast<std::uint32_t>(random_.next());
  priorities_[thread % kThreadsMax] = kHighBand | (drawn & ~0xffU) | thread;
}

ThreadId Pct::highest(ThreadMask enabled) const {
  ThreadId best = lowest(enabled);
  for (ThreadMask rest = without_lowest(enabled); rest != 0; rest = without_lowest(rest)) {
    if (priorities_[lowest(rest)] > priorities_[best]) best = lowest(rest);
  }
  return best;
}

ThreadId Pct::pick(ThreadMask enabled, ThreadId, const Pending* pending) {
  ThreadId best = highest(enabled);
  if (next_point_ < point_count_ && points_[next_point_] == decision_) {
    priorities_[best] = kChangeBand + 1 + ranks_[next_point_];
    ++next_point_;
    best = highest(enabled);
  }
  ++decision_;
  return pending[best].is_spinning ? after_spinners(best, enabled, pending) : best;
}

ThreadId Pct::after_spinners(ThreadId best, ThreadMask enabled, const Pending* pending) {
  // When all spin, all but one fall: that way they take turns. If all fell, their order would stay.
  for (unsigned falls = count(enabled) - 1; falls > 0 && pending[best].is_spinning; --falls) {
    priorities_[best] = --spin_band_;
    best = highest(enabled);
  }
  return best;
}

}  // namespace concertina::fuzzers
