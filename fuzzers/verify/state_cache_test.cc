#include "verify/state_cache.h"

#include <gtest/gtest.h>

namespace concertina::fuzzers {
namespace {

// Names are hashes; their low four bits are not looked at.
std::uint64_t name(std::uint64_t n) { return n * 0x9E3779B97F4A7C15u; }

StateCache empty(std::uint64_t names_max = 1 << 20) {
  StateCache cache;
  cache.clear(names_max);
  cache.make_room(100);
  return cache;
}

TEST(StateCache, ANameIsThereOnceItWasPutIn) {
  StateCache cache = empty();
  EXPECT_FALSE(cache.has_or_put(name(1), 0));
  EXPECT_TRUE(cache.has_or_put(name(1), 0));
  EXPECT_FALSE(cache.has_or_put(name(2), 0));
  EXPECT_EQ(cache.size(), 2u);
}

TEST(StateCache, FewerPreemptionsAreNews) {
  StateCache cache = empty();
  EXPECT_FALSE(cache.has_or_put(name(1), 3));
  EXPECT_TRUE(cache.has_or_put(name(1), 4)) << "from there it was explored with more to spare";
  EXPECT_FALSE(cache.has_or_put(name(1), 2));
  EXPECT_TRUE(cache.has_or_put(name(1), 2));
  EXPECT_TRUE(cache.has_or_put(name(1), StateCache::kPreemptionsMax));
  EXPECT_EQ(cache.size(), 1u);
}

TEST(StateCache, TheNameZeroIsOneLikeAnother) {
  StateCache cache = empty();
  EXPECT_FALSE(cache.has_or_put(0, 0));
  EXPECT_TRUE(cache.has_or_put(0, 0));
  EXPECT_EQ(cache.size(), 1u);
}

TEST(StateCache, ManyNamesAreAllKeptWhileItGrows) {
  StateCache cache = empty();
  constexpr std::uint64_t kNames = 20'000;
  for (std::uint64_t n = 1; n <= kNames; ++n) {
    cache.make_room(1);
    ASSERT_FALSE(cache.has_or_put(name(n), n % 16)) << n;
  }
  EXPECT_EQ(cache.size(), kNames);
  for (std::uint64_t n = 1; n <= kNames; ++n) {
    ASSERT_TRUE(cache.has_or_put(name(n), n % 16)) << n;
    if (n % 16 != 0) ASSERT_FALSE(cache.has_or_put(name(n), n % 16 - 1)) << n;
  }
}

TEST(StateCache, NamesThatCollideAreToldApart) {
  StateCache cache = empty();
  const std::uint64_t place = 5 << 8;  // all begin to look in one place
  for (std::uint64_t n = 0; n < 50; ++n) {
    ASSERT_FALSE(cache.has_or_put(place | n << 40, 0));
  }
  for (std::uint64_t n = 0; n < 50; ++n) {
    ASSERT_TRUE(cache.has_or_put(place | n << 40, 0));
  }
}

TEST(StateCache, BeyondItsLimitItForgetsNewNamesAndKeepsTheOld) {
  StateCache cache = empty(10);
  for (std::uint64_t n = 1; n <= 10; ++n) EXPECT_FALSE(cache.has_or_put(name(n), 5));
  EXPECT_FALSE(cache.has_or_put(name(11), 5));
  EXPECT_FALSE(cache.has_or_put(name(11), 5)) << "forgotten";
  EXPECT_EQ(cache.size(), 10u);
  EXPECT_TRUE(cache.has_or_put(name(3), 5));
  EXPECT_FALSE(cache.has_or_put(name(3), 1)) << "what is known may still be known better";
  EXPECT_TRUE(cache.has_or_put(name(3), 1));
}

TEST(StateCache, InARunItDoesNotGrow) {
  // Room for half of the table; what comes after that is forgotten until the next run.
  StateCache cache;
  cache.clear(1 << 20);
  std::uint64_t n = 1;
  while (n < 100'000 && !cache.has_or_put(name(n), 0) && cache.has_or_put(name(n), 0)) ++n;
  ASSERT_LT(n, 100'000u);
  EXPECT_EQ(cache.size(), n - 1);
  cache.make_room(1);
  EXPECT_FALSE(cache.has_or_put(name(n), 0));
  EXPECT_TRUE(cache.has_or_put(name(n), 0));
}

TEST(StateCache, ClearedItIsEmptyWhateverItHeld) {
  for (const std::uint64_t names : {5u, 20'000u}) {
    StateCache cache = empty();
    for (std::uint64_t n = 1; n <= names; ++n) {
      cache.make_room(1);
      cache.has_or_put(name(n), 0);
    }
    cache.clear(1 << 20);
    EXPECT_EQ(cache.size(), 0u);
    EXPECT_FALSE(cache.has_or_put(name(1), 0));
  }
}

}  // namespace
}  // namespace concertina::fuzzers
