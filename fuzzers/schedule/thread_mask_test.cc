#include "schedule/thread_mask.h"

#include <gtest/gtest.h>

#include <vector>

#include "schedule/random.h"

namespace concertina::fuzzers {
namespace {

// What a mask of so many threads says about itself.
template <class Mask>
void check(unsigned threads) {
  Random random(1);
  for (unsigned round = 0; round < 500; ++round) {
    Mask mask = 0;
    std::vector<ThreadId> listed;
    const unsigned chance = random.below(101);
    for (unsigned t = 0; t < threads; ++t) {
      if (!random.percent(chance)) continue;
      mask |= bit_of<Mask>(static_cast<ThreadId>(t));
      listed.push_back(static_cast<ThreadId>(t));
    }
    ASSERT_EQ(count(mask), listed.size());
    for (unsigned n = 0; n < listed.size(); ++n) ASSERT_EQ(nth(mask, n), listed[n]);
  }
}

TEST(ThreadMask, CountsAndFindsTheNth) { check<std::uint32_t>(16); }
TEST(ThreadMask, CountsAndFindsTheNthOfManyThreads) { check<WideThreadMask>(128); }

}  // namespace
}  // namespace concertina::fuzzers
