#include "schedule/thread_mask.h"

#include <gtest/gtest.h>

#include <vector>

#include "schedule/random.h"

namespace concertina::fuzzers {
namespace {

// What a mask of that many threads says about itself.
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
    std::vector<ThreadId> visited;
    for_each(mask, [&](ThreadId thread) { visited.push_back(thread); });
    ASSERT_EQ(visited, listed);
    Mask back = 0;
    for (unsigned at = 0; at < threads; at += 8) back |= eight_at<Mask>(eight_of(mask, at), at);
    ASSERT_TRUE(back == mask);
  }
}

TEST(ThreadMask, OfHalfAWord) { check<std::uint32_t>(16); }
TEST(ThreadMask, OfOneWord) { check<std::uint64_t>(64); }
TEST(ThreadMask, OfTwoWords) { check<WideThreadMask>(128); }

}  // namespace
}  // namespace concertina::fuzzers
