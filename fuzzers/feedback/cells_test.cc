#include "feedback/cells.h"

#include <gtest/gtest.h>

#include <set>

namespace concertina::fuzzers {
namespace {

// A change here is a change of what engines see: deliberate, and measured by scripts/signals.
TEST(Cells, AreSoManyAndLieThere) {
  EXPECT_EQ(kReadsFromCells, 256u);
  EXPECT_EQ(kChannelCells, 2167u);
  EXPECT_EQ(kSelectCells, 160u);
  EXPECT_EQ(kLockCells, 192u);
  EXPECT_EQ(kCopyCells, 606u);
  EXPECT_EQ(kSchedulerCells, 1080u);
  EXPECT_EQ(kMaximaCells, 48u);
  EXPECT_EQ(kCells, 4509u);
  EXPECT_EQ(group_begin(Group::kReadsFrom), 0u);
  EXPECT_EQ(group_begin(Group::kSelect), 2423u);
  EXPECT_EQ(group_begin(Group::kMaxima), 4461u);
}

/// Counts cells, each of which only one meaning may have.
class Taken {
 public:
  explicit Taken(unsigned size) : size_(size) {}
  void take(unsigned cell) {
    EXPECT_LT(cell, size_);
    EXPECT_TRUE(cells_.insert(cell).second) << cell;
  }
  std::size_t count() const { return cells_.size(); }

 private:
  unsigned size_;
  std::set<unsigned> cells_;
};

template <class Enum>
Enum value(unsigned ordinal) {
  return static_cast<Enum>(ordinal);
}

TEST(Cells, OfChannelsHaveOneMeaningEach) {
  Taken taken(kChannelCells);
  for (unsigned earlier = 0; earlier < count_of<ChannelEffect>(); ++earlier) {
    for (unsigned effect = 0; effect < count_of<ChannelEffect>(); ++effect) {
      for (unsigned state = 0; state < count_of<ChannelState>(); ++state) {
        for (unsigned waiters = 0; waiters < count_of<Waiters>(); ++waiters) {
          taken.take(channel_cell(value<ChannelEffect>(earlier), value<ChannelEffect>(effect),
                                  value<ChannelState>(state), value<Waiters>(waiters)));
        }
      }
    }
  }
  for (unsigned i = 0; i < count_of<NilOperation>(); ++i) {
    taken.take(nil_cell(value<NilOperation>(i)));
  }
  EXPECT_EQ(taken.count(), kChannelCells);
}

TEST(Cells, OfSelectsHaveOneMeaningEachAndManyCasesShareABucket) {
  Taken taken(kSelectCells);
  for (unsigned cases = 0; cases < kCaseBuckets; ++cases) {
    for (unsigned chosen = 0; chosen < count_of<Chosen>(); ++chosen) {
      for (unsigned ready = 0; ready < kReadyBuckets; ++ready) {
        taken.take(select_cell(cases, value<Chosen>(chosen), ready, false));
        taken.take(select_cell(cases, value<Chosen>(chosen), ready, true));
      }
    }
  }
  EXPECT_EQ(taken.count(), kSelectCells);
  EXPECT_EQ(select_cell(64, Chosen::kLast, 64, true), select_cell(4, Chosen::kLast, 3, true));
}

TEST(Cells, OfLocksHaveOneMeaningEach) {
  Taken taken(kLockCells);
  for (unsigned rank = 0; rank < kRanks; ++rank) {
    for (unsigned other = 0; other < kRanks; ++other) taken.take(lock_order_cell(rank, other));
    for (unsigned from = 0; from < kHolders; ++from) {
      for (unsigned to = 0; to < kHolders; ++to) taken.take(hand_off_cell(rank, from, to));
    }
  }
  EXPECT_EQ(taken.count(), kLockCells);
}

TEST(Cells, OfCopiesHaveOneMeaningEach) {
  Taken taken(kCopyCells);
  for (unsigned copy = 0; copy < kCopies; ++copy) {
    for (const bool yes : {false, true}) {
      for (unsigned i = 0; i < kCopyWitnesses; ++i) taken.take(meanwhile_cell(copy, i, yes));
      for (unsigned i = 0; i < count_of<OpenOperation>(); ++i) {
        taken.take(during_cell(copy, value<OpenOperation>(i), yes));
      }
    }
  }
  for (unsigned reason = 0; reason < kCopyReasons; ++reason) {
    for (unsigned i = 0; i < kStatuses; ++i) taken.take(copy_status_cell(reason, i));
  }
  EXPECT_EQ(taken.count(), kCopyCells);
  EXPECT_EQ(copy_status_cell(1, 0xffff), copy_status_cell(1, kStatuses - 1));
}

TEST(Cells, OfTheSchedulerHaveOneMeaningEach) {
  Taken taken(kSchedulerCells);
  for (unsigned change = 0; change < count_of<WorkChange>(); ++change) {
    for (unsigned idle = 0; idle < kIdleBuckets; ++idle) {
      for (unsigned runnable = 0; runnable < kRunnableBuckets; ++runnable) {
        for (unsigned looking = 0; looking < kLookingBuckets; ++looking) {
          for (unsigned called = 0; called < kCalledBuckets; ++called) {
            taken.take(scheduler_cell(value<WorkChange>(change), idle, runnable, looking, called));
          }
        }
      }
    }
  }
  EXPECT_EQ(taken.count(), kSchedulerCells);
}

TEST(Cells, OfMaximaGrowWithTheLogarithm) {
  const auto cell = [](unsigned maximum) {
    return maximum_cell(Maximum::kGlobalQueue, maximum) - kLogBuckets;
  };
  EXPECT_EQ(cell(1), 0u);
  EXPECT_EQ(cell(2), 1u);
  EXPECT_EQ(cell(3), 1u);
  EXPECT_EQ(cell(4), 2u);
  EXPECT_EQ(cell(128), 7u);
  EXPECT_EQ(cell(0xffffffff), 7u);
  EXPECT_EQ(maximum_cell(Maximum::kLocksHeld, 0xffffffff), kMaximaCells - 1);
}

}  // namespace
}  // namespace concertina::fuzzers
