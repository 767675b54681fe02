#include "base/lock_rank.h"

#include <gtest/gtest.h>

#include <set>

namespace concertina {
namespace {

constexpr auto kRanks = static_cast<std::uint16_t>(LockRank::kCount);

TEST(LockRank, EachHasItsOwnName) {
  std::set<std::string_view> names;
  for (std::uint16_t i = 0; i < kRanks; ++i) names.insert(lock_rank_name(static_cast<LockRank>(i)));
  EXPECT_EQ(names.size(), kRanks);
  EXPECT_EQ(names.count("unknown-rank"), 0u);
  EXPECT_EQ(lock_rank_name(LockRank::kChannelLeaf), "channel-leaf");
  EXPECT_EQ(lock_rank_name(LockRank::kCount), "unknown-rank");
  EXPECT_EQ(lock_rank_name(static_cast<LockRank>(0xffff)), "unknown-rank");
}

// The order itself: what a stack copy under channel locks still takes must come after them.
TEST(LockRank, LeavesAndTheStackPoolComeAfterChannels) {
  EXPECT_LT(LockRank::kScheduler, LockRank::kChannel);
  EXPECT_LT(LockRank::kStackScan, LockRank::kScheduler);
  EXPECT_LT(LockRank::kAllGoroutines, LockRank::kStackScan) << "the dead are made again under it";
  EXPECT_LT(LockRank::kChannel, LockRank::kSudogCache);
  EXPECT_LT(LockRank::kChannel, LockRank::kChannelLeaf);
  EXPECT_LT(LockRank::kChannelLeaf, LockRank::kStackPool);
  EXPECT_LT(LockRank::kStackPool, LockRank::kHeap);
  EXPECT_EQ(static_cast<std::uint16_t>(LockRank::kHeap), kRanks - 2) << "nothing follows it";
  EXPECT_EQ(static_cast<std::uint16_t>(LockRank::kScanRunning), kRanks - 1)
      << "but what is no lock";
}

}  // namespace
}  // namespace concertina
