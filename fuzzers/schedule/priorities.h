// Priorities: one random priority for each pending operation, as in POS (pos.h), for the strategies
// that are built on it.
#pragma once

#include <array>

#include "schedule/conflict.h"
#include "schedule/random.h"
#include "schedule/thread_mask.h"

namespace concertina::fuzzers {

class Priorities {
 public:
  void reset(std::uint64_t seed) {
    random_ = Random(seed);
    threads_ = 0;
  }

  void started(ThreadId thread) {
    if (thread >= threads_) threads_ = thread + 1U;
    waits_[thread] = 0;
    redraw(thread);
  }

  /// The thread is about to perform its pending operation: the next one is another, and so is the
  /// race of those that conflict with it.
  void executed(ThreadId thread, const Pending* pending) {
    const Pending& done = pending[thread];
    redraw(thread);
    if (only_waits(done)) {
      if (waits_[thread] < kWaitsMax) ++waits_[thread];
    } else if (done.is_write) {
      waits_[thread] = 0;
    }
    if (done.object == 0) return;
    for (unsigned other = 0; other < threads_; ++other) {
      if (other != thread && conflicts(pending[other], done)) redraw(static_cast<ThreadId>(other));
    }
  }

  /// Above every drawn one: it conflicts with nothing, so running it first loses no order of what
  /// does, and the thread's first real operation takes part in the race.
  static constexpr std::uint32_t kFirst = 1U << 31;

  /// Of a thread's pending operation. One that spins is in the lower half of the range, then in the
  /// lower quarter, and so on until its thread writes something: a few threads that spin would else
  /// outrun for very long one whose draw was low.
  std::uint32_t of(ThreadId thread, const Pending& pending) const {
    if (pending.kind == OperationKind::kStart) return kFirst;
    return only_waits(pending) ? drawn_[thread] >> (1 + waits_[thread]) : drawn_[thread];
  }

  ThreadId highest(ThreadMask enabled, const Pending* pending) const {
    ThreadId best = lowest(enabled);
    std::uint32_t best_priority = of(best, pending[best]);
    for (ThreadMask rest = without_lowest(enabled); rest != 0; rest = without_lowest(rest)) {
      const ThreadId thread = lowest(rest);
      const std::uint32_t priority = of(thread, pending[thread]);
      if (priority > best_priority) {
        best = thread;
        best_priority = priority;
      }
    }
    return best;
  }

  Random& random() { return random_; }

 private:
  static constexpr std::uint8_t kWaitsMax = 30;

  void redraw(ThreadId thread) {
    drawn_[thread] = static_cast<std::uint32_t>(random_.next() >> 33);
  }

  Random random_;
  unsigned threads_ = 0;
  std::array<std::uint32_t, kThreadsMax> drawn_{};
  std::array<std::uint8_t, kThreadsMax> waits_{};  // in a row
};

}  // namespace concertina::fuzzers
