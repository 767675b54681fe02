#include "schedule/simd.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "schedule/random.h"

namespace concertina::fuzzers {
namespace {

/// Lanes, and a mask of some of the first `threads`, both drawn.
struct Drawn {
  explicit Drawn(Random& random) : threads(random.between(1, kThreadsMax)) {
    const std::uint32_t most = random.percent(50) ? 3 : Lanes::kHighestMax;
    for (unsigned t = 0; t < kThreadsMax; ++t) {  // those past the last are anything
      lanes[static_cast<ThreadId>(t)] = static_cast<std::int32_t>(random.between(0, most));
    }
    const std::uint32_t chance = random.below(101);
    for (unsigned t = 0; t < threads; ++t) {
      if (random.percent(chance)) of |= bit(static_cast<ThreadId>(t));
    }
    number = lanes[static_cast<ThreadId>(random.below(threads))];
  }

  template <class Wanted>
  ThreadMask those(Wanted wanted) const {
    ThreadMask result{};
    for (const ThreadId thread : members(of)) {
      if (wanted(lanes[thread])) result |= bit(thread);
    }
    return result;
  }

  unsigned threads;
  ThreadMask of{};
  Lanes lanes;
  std::int32_t number;
};

constexpr unsigned kRounds = 2000;

TEST(Lanes, AnswerAsALoopOverTheThreads) {
  Random random(1);
  for (unsigned round = 0; round < kRounds; ++round) {
    const Drawn drawn(random);
    const std::int32_t number = drawn.number;
    ASSERT_EQ(drawn.lanes.equal_to(number, drawn.of, drawn.threads),
              drawn.those([&](std::int32_t n) { return n == number; }));
    ASSERT_EQ(drawn.lanes.equal_to(number, drawn.of, drawn.threads, 1),
              drawn.those([&](std::int32_t n) { return (n | 1) == (number | 1); }));
    ASSERT_EQ(drawn.lanes.higher_than(number, drawn.of, drawn.threads),
              drawn.those([&](std::int32_t n) { return n > number; }));
    std::int32_t highest = 0;
    for (const ThreadId thread : members(drawn.of)) {
      highest = std::max(highest, drawn.lanes[thread]);
    }
    ASSERT_EQ(drawn.lanes.highest(drawn.of, drawn.threads), highest);
  }
}

TEST(Lanes, AddUpTheMembersOnly) {
  Random random(2);
  for (unsigned round = 0; round < kRounds; ++round) {
    Drawn drawn(random);
    for (unsigned t = 0; t < kThreadsMax; ++t) drawn.lanes[static_cast<ThreadId>(t)] &= 0xffff;
    Lanes sums;
    const std::int32_t total = sums.add_up(drawn.lanes, drawn.of, drawn.threads);
    std::int32_t sum = 0;
    for (unsigned t = 0; t < drawn.threads; ++t) {
      const auto thread = static_cast<ThreadId>(t);
      if (contains(drawn.of, thread)) sum += drawn.lanes[thread];
      ASSERT_EQ(sums[thread], sum) << "thread " << t << " of " << drawn.threads;
    }
    ASSERT_EQ(total, sum);
  }
}

}  // namespace
}  // namespace concertina::fuzzers
