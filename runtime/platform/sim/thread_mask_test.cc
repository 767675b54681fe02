#include "platform/sim/thread_mask.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace concertina {
namespace {

template <class Mask>
class ThreadMasks : public testing::Test {
 public:
  static constexpr unsigned kBits = 8 * sizeof(Mask);

  static Mask mask_of(const std::set<ThreadId>& threads) {
    Mask mask = 0;
    for (const ThreadId thread : threads) mask |= bit_of<Mask>(thread);
    return mask;
  }

  /// Small and large sets, with the members at both ends of each word.
  static std::vector<std::set<ThreadId>> samples() {
    std::vector<std::set<ThreadId>> result{{}, {0}, {kBits - 1}, {0, kBits - 1}, {31}, {30, 31}};
    if (kBits > 64) result.insert(result.end(), {{63}, {64}, {63, 64}, {0, 127}, {65, 126}});
    std::mt19937 random(1);
    for (unsigned i = 0; i < 300; ++i) {
      std::set<ThreadId> threads;
      for (unsigned left = random() % (kBits + 1); left > 0; --left) {
        threads.insert(static_cast<ThreadId>(random() % kBits));
      }
      result.push_back(threads);
    }
    return result;
  }
};
using AllMasks = testing::Types<std::uint32_t, std::uint64_t, WideThreadMask>;
TYPED_TEST_SUITE(ThreadMasks, AllMasks);

TYPED_TEST(ThreadMasks, MembersComeBackInOrder) {
  for (const auto& threads : TestFixture::samples()) {
    std::vector<ThreadId> seen;
    for (const ThreadId thread : members(TestFixture::mask_of(threads))) seen.push_back(thread);
    EXPECT_EQ(seen, std::vector<ThreadId>(threads.begin(), threads.end()));
  }
}

TYPED_TEST(ThreadMasks, ContainsItsMembersOnly) {
  for (const auto& threads : TestFixture::samples()) {
    const TypeParam mask = TestFixture::mask_of(threads);
    for (unsigned t = 0; t < TestFixture::kBits; ++t) {
      EXPECT_EQ(contains(mask, static_cast<ThreadId>(t)), threads.count(static_cast<ThreadId>(t)));
    }
    EXPECT_EQ(is_empty(mask), threads.empty());
    EXPECT_EQ(mask == 0, threads.empty());
    EXPECT_EQ(has_at_most_one(mask), threads.size() <= 1);
  }
}

TYPED_TEST(ThreadMasks, AboveCutsAtTheThread) {
  for (const auto& threads : TestFixture::samples()) {
    const TypeParam mask = TestFixture::mask_of(threads);
    for (unsigned t = 0; t < TestFixture::kBits; ++t) {
      const auto thread = static_cast<ThreadId>(t);
      const std::set<ThreadId> expected(threads.upper_bound(thread), threads.end());
      EXPECT_EQ(above(mask, thread), TestFixture::mask_of(expected)) << t;
    }
  }
}

TYPED_TEST(ThreadMasks, OperatorsAreThoseOfSets) {
  const auto samples = TestFixture::samples();
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const auto& a = samples[i - 1];
    const auto& b = samples[i];
    std::set<ThreadId> both, either(a), only_a(a);
    either.insert(b.begin(), b.end());
    for (const ThreadId thread : b) {
      if (a.count(thread) != 0) both.insert(thread);
      only_a.erase(thread);
    }
    const TypeParam x = TestFixture::mask_of(a);
    const TypeParam y = TestFixture::mask_of(b);
    EXPECT_EQ(x & y, TestFixture::mask_of(both));
    EXPECT_EQ(x | y, TestFixture::mask_of(either));
    EXPECT_EQ(x & ~y, TestFixture::mask_of(only_a));
    TypeParam z = x;
    z &= ~y;
    EXPECT_EQ(z, TestFixture::mask_of(only_a));
  }
}

}  // namespace
}  // namespace concertina
