#include "schedule/pct.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

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
  CHECK(points < kDepthMax, "a bug of depth d has d - 1 change points");
  // Room for all points, which are distinct.
  const std::uint32_t horizon =
      known_horizon == 0 ? drawn_horizon : std::max<std::uint32_t>(known_horizon, kDepthMax);
  CHECK(horizon >= points, "there is a decision for each change point");
  point_count_ = 0;
  while (point_count_ < points) {
    const std::uint32_t point = random_.below(horizon);
    CHECK(point < horizon, "a change point lies within the horizon");
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
    CHECK(at == 0 || points_[at - 1] < point, "change points increase and are distinct");
    CHECK(at + 1 == point_count_ || point < points_[at + 1],
          "change points increase and are distinct");
  }
}

void Pct::started(ThreadId thread) {
  // A random number is a random rank; the low bits make it distinct.
  const auto drawn = static_cast<std::uint32_t>(random_.next());
  CHECK(thread < kThreadsMax, "the simulator numbers its threads from 0");
  priorities_[thread % kThreadsMax] = kHighBand | (drawn & ~0xffU) | thread;
}

ThreadId Pct::highest(ThreadMask enabled) const {
  ThreadId best = lowest(enabled);
  COSTLY_CHECK(!is_empty(enabled), "the highest of no thread");
  for (ThreadMask rest = without_lowest(enabled); rest != 0; rest = without_lowest(rest)) {
    if (priorities_[lowest(rest)] > priorities_[best]) best = lowest(rest);
  }
  return best;
}

ThreadId Pct::pick(ThreadMask enabled, ThreadId, const Pending* pending) {
  ThreadId best = highest(enabled);
  COSTLY_CHECK(next_point_ == point_count_ || points_[next_point_] >= decision_,
               "no change point is passed unseen");
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
    CHECK(spin_band_ != 0, "there is room below the latest spinner");
    best = highest(enabled);
  }
  return best;
}

}  // namespace concertina::fuzzers
