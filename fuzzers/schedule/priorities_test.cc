#include "schedule/priorities.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace concertina::fuzzers {
namespace {

using K = OperationKind;

/// POS as pos.h describes it, one thread after the other, with nothing noted beforehand.
class Plain {
 public:
  explicit Plain(std::uint64_t seed) : random_(seed) {}

  void started(ThreadId thread) {
    threads_ = std::max(threads_, thread + 1U);
    waits_[thread] = 0;
    redraw(thread);
  }
  void executed(ThreadId thread, const Pending* pending) {
    const Pending& done = pending[thread];
    redraw(thread);
    if (only_waits(done)) {
      waits_[thread] = std::min(waits_[thread] + 1U, 18U);
    } else if (done.is_write) {
      waits_[thread] = 0;
    }
    for (unsigned t = 0; t < threads_; ++t) {
      if (t != thread && conflicts(pending[t], done)) redraw(static_cast<ThreadId>(t));
    }
  }
  ThreadId highest(ThreadMask of, const Pending* pending) const {
    ThreadId best = lowest(of);
    for (const ThreadId thread : members(of)) {
      if (key(thread, pending[thread]) > key(best, pending[best])) best = thread;
    }
    return best;
  }

 private:
  void redraw(ThreadId thread) {
    drawn_[thread] = static_cast<std::uint32_t>(random_.next() >> 34);
  }
  // Ties, in the bits that name the thread, go to the lower one.
  std::uint32_t key(ThreadId thread, const Pending& operation) const {
    if (operation.kind == K::kStart) return Lanes::kHighestMax | 127;
    return (only_waits(operation) ? drawn_[thread] >> (1 + waits_[thread]) : drawn_[thread]) | 127;
  }

  Random random_;
  unsigned threads_ = 0;
  std::array<std::uint32_t, kThreadsMax> drawn_{};
  std::array<unsigned, kThreadsMax> waits_{};
};

Pending draw_operation(Random& random) {
  static constexpr K kKinds[] = {K::kLoad, K::kStore, K::kUpdate, K::kLock,
                                 K::kSpin, K::kPause, K::kStart};
  Pending pending;
  pending.kind = random.pick(kKinds);
  pending.is_write = pending.kind == K::kStore || pending.kind == K::kUpdate ||
                     pending.kind == K::kLock || pending.kind == K::kStart;
  pending.is_spinning = pending.kind == K::kSpin;
  const bool has_object = pending.kind != K::kPause && pending.kind != K::kStart;
  pending.object = has_object ? random.between(1, 3) : 0;
  return pending;
}

TEST(Priorities, WhatIsNotedAnswersAsLookingAtEveryThread) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    Priorities priorities;
    priorities.reset(seed);
    Plain plain(seed);
    std::array<Pending, kThreadsMax> pending{};
    const unsigned threads = random.between(1, kThreadsMax);
    unsigned started = 0;
    for (unsigned step = 0; step < 400; ++step) {
      if (started < threads && (started == 0 || random.percent(20))) {
        const auto thread = static_cast<ThreadId>(started++);
        pending[thread] = {.kind = K::kStart, .is_write = true};
        priorities.started(thread);
        plain.started(thread);
      }
      priorities.catch_up(pending.data());
      ThreadMask of{};
      for (unsigned t = 0; t < started; ++t) {
        if (random.percent(70)) of |= bit(static_cast<ThreadId>(t));
      }
      if (is_empty(of)) continue;
      const ThreadId next = priorities.highest(of);
      ASSERT_EQ(next, plain.highest(of, pending.data())) << "seed " << seed << ", step " << step;
      ASSERT_TRUE(is_empty(priorities.before(next, of)));
      ASSERT_FALSE(contains(priorities.before(next, ~ThreadMask{} & priorities.all()), next));
      priorities.executed(next, pending[next]);
      plain.executed(next, pending.data());
      pending[next] = draw_operation(random);
    }
  }
}

TEST(Priorities, KnowWhoIsAtWhatObject) {
  Priorities priorities;
  priorities.reset(1);
  std::array<Pending, kThreadsMax> pending{};
  for (const unsigned t : {0U, 1U, 2U}) priorities.started(static_cast<ThreadId>(t));
  pending[0] = {.kind = K::kStore, .is_write = true, .object = 7};
  pending[1] = {.kind = K::kLoad, .object = 7};
  pending[2] = {.kind = K::kSpin, .is_spinning = true, .object = 8};
  priorities.catch_up(pending.data());
  EXPECT_EQ(priorities.on_object(7), ThreadMask{0b011});
  EXPECT_EQ(priorities.on_object_of(2), ThreadMask{0b100});
  EXPECT_EQ(priorities.waiting(), ThreadMask{0b100});
  EXPECT_FALSE(priorities.have_moved());
}

}  // namespace
}  // namespace concertina::fuzzers
