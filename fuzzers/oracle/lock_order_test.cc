#include "oracle/lock_order.h"

#include <gtest/gtest.h>

#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

using enum LockRank;

Verdict judge(const History& history) { return judge_lock_order(Program{}, history.trace()); }

std::string kind_of(const History& history) {
  const Verdict verdict = judge(history);
  if (verdict.failed()) EXPECT_EQ(verdict.oracle, "lock_order");
  return verdict.kind;
}

TEST(LockOrder, TheTableIsKept) {
  History h;
  h.lock(1, 10, kAllGoroutines).lock(1, 11, kScheduler).lock(1, 12, kChannel, 1);
  h.lock(1, 13, kChannel, 2).lock(1, 14, kSudogCache).unlock(1, 14, kSudogCache);
  h.lock(1, 15, kStackPool).unlock(1, 15, kStackPool).unlock(1, 12, kChannel);
  h.unlock(1, 13, kChannel).unlock(1, 11, kScheduler).unlock(1, 10, kAllGoroutines);
  EXPECT_EQ(kind_of(h), "");
}

TEST(LockOrder, ACopyTakesChannelsAsLeaves) {
  History h;
  h.lock(1, 16, kStackScan).lock(1, 12, kChannelLeaf, 1).lock(1, 13, kChannelLeaf, 2);
  h.lock(1, 15, kStackPool).unlock(1, 15, kStackPool);
  h.unlock(1, 12, kChannel).unlock(1, 13, kChannel).unlock(1, 16, kStackScan);
  h.lock(1, 13, kChannel, 2);
  EXPECT_EQ(kind_of(h), "");
}

TEST(LockOrder, ThreadsDoNotConcernEachOther) {
  History h;
  h.lock(1, 13, kChannel, 2).lock(2, 12, kChannel, 1).lock(3, 11, kScheduler);
  EXPECT_EQ(kind_of(h), "");
}

TEST(LockOrderFail, RanksDecrease) {
  History h;
  EXPECT_EQ(kind_of(h.lock(1, 12, kChannel, 1).lock(1, 11, kScheduler)), "lock rank decreases");
}

// Nobody waits for a scan bit in this run, and somebody might have.
TEST(LockOrderFail, AStatusIsChangedUnderALockThatASuspenderMayWant) {
  for (const LockRank rank : {kScheduler, kChannel, kChannelLeaf, kStackPool}) {
    History held, freed;
    const event::MayLock change{.goroutine = 1, .rank = kStackScan, .lock = 16, .order = 2};
    EXPECT_EQ(kind_of(held.lock(1, 12, rank).add(change)), "lock rank decreases");
    EXPECT_EQ(kind_of(freed.lock(1, 12, rank).unlock(1, 12, rank).add(change)), "");
  }
  History list, own, numbers;
  const event::MayLock change{.goroutine = 1, .rank = kStackScan, .lock = 16, .order = 2};
  EXPECT_EQ(kind_of(list.lock(1, 12, kAllGoroutines).add(change)), "");
  EXPECT_EQ(kind_of(own.lock(1, 16, kStackScan, 2).add(change)), "two locks of one rank");
  EXPECT_EQ(kind_of(numbers.add(event::MayLock{.rank = kNone})), "lock without a rank");
}

// Its holder asks a running goroutine, which may be about to park with its channels locked.
TEST(LockOrder, AScanBitOverRunningComesLastOfAll) {
  const event::MayLock park{.goroutine = 1, .rank = kScanRunning, .lock = 16, .order = 1};
  History h;
  h.lock(1, 12, kChannel, 1).add(park).unlock(1, 12, kChannel);
  h.lock(2, 16, kScanRunning, 1).unlock(2, 16, kScanRunning);
  // The same bit over another status: a copy takes the channel's lock under it.
  h.lock(2, 16, kStackScan, 1).lock(2, 12, kChannelLeaf, 1);
  EXPECT_EQ(kind_of(h), "");
}

TEST(LockOrderFail, ALockUnderAScanBitOverRunning) {
  for (const LockRank rank : {kStackScan, kScheduler, kChannel, kChannelLeaf, kStackPool}) {
    History h;
    EXPECT_EQ(kind_of(h.lock(1, 16, kScanRunning, 1).lock(1, 12, rank)), "lock rank decreases");
  }
}

TEST(LockOrderFail, RanksDecreaseBelowOneThatIsNotTheLast) {
  History h;
  h.lock(1, 11, kScheduler).lock(1, 12, kChannel, 1).unlock(1, 11, kScheduler);
  EXPECT_EQ(kind_of(h.lock(1, 11, kScheduler)), "lock rank decreases");
}

TEST(LockOrderFail, EqualRanks) {
  History h;
  EXPECT_EQ(kind_of(h.lock(1, 15, kStackPool).lock(1, 17, kStackPool)), "two locks of one rank");
}

TEST(LockOrderFail, ChannelsOutOfOrder) {
  History down, leaves;
  EXPECT_EQ(kind_of(down.lock(1, 13, kChannel, 2).lock(1, 12, kChannel, 1)),
            "channel locks out of order");
  EXPECT_EQ(kind_of(leaves.lock(1, 13, kChannelLeaf, 2).lock(1, 12, kChannelLeaf, 1)),
            "channel locks out of order");
}

TEST(LockOrderFail, ACycleThatRanksAllow) {
  History h;
  h.lock(1, 12, kChannel, 1).lock(1, 13, kChannelLeaf, 2);
  h.unlock(1, 13, kChannel).unlock(1, 12, kChannel);
  h.lock(2, 13, kChannel, 2).lock(2, 12, kChannelLeaf, 1);
  const Verdict verdict = judge(h);
  EXPECT_EQ(verdict.kind, "lock order cycle");
  EXPECT_EQ(verdict.detail, "lock 12, held while taking lock 13, held while taking lock 12");
}

TEST(LockOrderFail, Holders) {
  History two, freed, others;
  EXPECT_EQ(kind_of(two.lock(1, 12, kChannel, 1).lock(2, 12, kChannel, 1)), "lock has two holders");
  EXPECT_EQ(kind_of(freed.unlock(1, 12, kChannel)), "freed a lock of somebody else");
  EXPECT_EQ(kind_of(others.lock(1, 12, kChannel, 1).unlock(2, 12, kChannel)),
            "freed a lock of somebody else");
}

TEST(LockOrderFail, ReadiesUnderAChannelLock) {
  using enum EventKind;
  for (const LockRank rank : {kChannel, kChannelLeaf}) {
    History held, freed, others, scheduler;
    held.lock(1, 12, rank, 1).add(event::Readied{.goroutine = 1, .target = 2});
    EXPECT_EQ(kind_of(held), "readied under a channel lock");
    freed.lock(1, 12, rank, 1).unlock(1, 12, rank).add(event::Readied{.goroutine = 1, .target = 2});
    EXPECT_EQ(kind_of(freed), "");
    others.lock(3, 12, rank, 1).add(event::Readied{.goroutine = 1, .target = 2});
    EXPECT_EQ(kind_of(others), "");
    scheduler.lock(1, 11, kScheduler).add(event::Readied{.goroutine = 1, .target = 2});
    EXPECT_EQ(kind_of(scheduler), "");
  }
}

TEST(LockOrderFail, Numbers) {
  History object, none, rank, many;
  EXPECT_EQ(kind_of(object.lock(1, 0xffffffff, kChannel)), "malformed event");
  EXPECT_EQ(kind_of(none.lock(1, 12, kNone)), "lock without a rank");
  EXPECT_EQ(kind_of(rank.lock(1, 12, static_cast<LockRank>(99))), "lock without a rank");
  for (std::uint32_t i = 1; i <= 300; ++i) many.lock(1, i, kChannel, i);
  EXPECT_EQ(kind_of(many), "malformed event");
}

TEST(LockOrder, ARunKnowsNothingOfTheOneBefore) {
  History first, second;
  EXPECT_EQ(kind_of(first.lock(1, 12, kChannel, 1).lock(1, 13, kChannelLeaf, 2)), "");
  EXPECT_EQ(kind_of(second.lock(2, 13, kChannel, 2).lock(2, 12, kChannelLeaf, 1)), "");
}

}  // namespace
}  // namespace concertina::fuzzers
