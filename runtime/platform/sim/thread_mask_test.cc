#include "platform/sim/thread_mask.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace concertina {
namespace {

using Threads = std::set<ThreadId>;

ThreadMask mask_of(const Threads& threads) {
  ThreadMask mask = 0;
  for (const ThreadId thread : threads) put(mask, thread, true);
  return mask;
}

/// Small and large sets, with the members at both ends of each word.
std::vector<Threads> samples() {
  constexpr auto kLast = static_cast<ThreadId>(kThreadsMax - 1);
  std::vector<Threads> result{{}, {0}, {kLast}, {0, kLast}, {7, 8}};
  if (kThreadsMax > 64) result.insert(result.end(), {{63}, {64}, {63, 64}, {31, 32}, {65, kLast}});
  std::mt19937 random(1);
  for (unsigned i = 0; i < 300; ++i) {
    Threads threads;
    for (unsigned left = random() % (kThreadsMax + 1); left > 0; --left) {
      threads.insert(static_cast<ThreadId>(random() % kThreadsMax));
    }
    result.push_back(threads);
  }
  return result;
}

TEST(ThreadMask, MembersComeBackInOrder) {
  for (const Threads& threads : samples()) {
    const ThreadMask mask = mask_of(threads);
    std::vector<ThreadId> seen;
    for (const ThreadId thread : members(mask)) seen.push_back(thread);
    EXPECT_EQ(seen, std::vector<ThreadId>(threads.begin(), threads.end()));
    ASSERT_EQ(count(mask), seen.size());
    for (unsigned n = 0; n < seen.size(); ++n) EXPECT_EQ(nth(mask, n), seen[n]);
  }
}

TEST(ThreadMask, ContainsItsMembersOnly) {
  for (const Threads& threads : samples()) {
    const ThreadMask mask = mask_of(threads);
    for (unsigned t = 0; t < kThreadsMax; ++t) {
      EXPECT_EQ(contains(mask, static_cast<ThreadId>(t)), threads.count(static_cast<ThreadId>(t)));
    }
    EXPECT_EQ(is_empty(mask), threads.empty());
    EXPECT_EQ(has_at_most_one(mask), threads.size() <= 1);
  }
}

TEST(ThreadMask, AboveCutsAtTheThread) {
  for (const Threads& threads : samples()) {
    for (unsigned t = 0; t < kThreadsMax; ++t) {
      const auto thread = static_cast<ThreadId>(t);
      const Threads expected(threads.upper_bound(thread), threads.end());
      EXPECT_TRUE(above(mask_of(threads), thread) == mask_of(expected)) << t;
    }
  }
}

TEST(ThreadMask, WhatIsPutInCanBeTakenOut) {
  for (const Threads& threads : samples()) {
    ThreadMask mask = mask_of(threads);
    for (const ThreadId thread : threads) {
      put(mask, thread, false);
      EXPECT_FALSE(contains(mask, thread));
    }
    EXPECT_TRUE(is_empty(mask));
  }
}

}  // namespace
}  // namespace concertina
