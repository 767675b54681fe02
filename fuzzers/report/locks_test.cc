#include "report/locks.h"

#include <gtest/gtest.h>

#include "report/testing.h"

namespace concertina::fuzzers {
namespace {

ThreadAtEnd at_end(ThreadId thread, GoroutineId g, Site site, ObjectId object, int holder) {
  ThreadAtEnd made;
  made.thread = thread;
  made.goroutine = g;
  made.site = site;
  made.object = object;
  made.lock_holder = holder;
  return made;
}

class Locks : public ::testing::Test {
 protected:
  Locks() { sample_.two_goroutines(); }

  void take(ThreadId thread, GoroutineId g, ObjectId object, std::uint32_t channel) {
    sample_.step(thread, g, Site::kSelectLock, object);
    sample_.event(event::LockAcquired{
        .goroutine = g, .rank = LockRank::kChannel, .lock = object, .order = channel});
  }
  void release(ThreadId thread, GoroutineId g, ObjectId object) {
    sample_.step(thread, g, Site::kSelectUnlock, object);
    sample_.event(event::LockReleased{.goroutine = g, .rank = LockRank::kChannel, .lock = object});
  }
  std::string cycle(const std::vector<ThreadAtEnd>& threads) {
    Trace trace = sample_.trace(Outcome::kHung);
    trace.threads = threads;
    return wait_cycle(trace, Picture::at_end(trace), Names(program_, trace));
  }
  Program program_;
  Sample sample_;
};

TEST_F(Locks, ACircleOfTwo) {
  take(0, 1, 16, 1);
  take(2, 2, 21, 2);
  EXPECT_EQ(cycle({at_end(0, 1, Site::kSelectLock, 21, 2), at_end(2, 2, Site::kSelectLock, 16, 0)}),
            "  T0 (g0) holds lock of c0 and wants lock of c1, held by T2 (select-lock)\n"
            "  T2 (g0.0) holds lock of c1 and wants lock of c0, held by T0 (select-lock)\n");
}

TEST_F(Locks, WhoWaitsForItself) {
  take(2, 2, 16, 1);
  EXPECT_EQ(
      cycle({at_end(0, 1, Site::kChanSendLock, 16, 2), at_end(2, 2, Site::kCopyStackLock, 16, 2)}),
      "  T2 (g0.0) holds lock of c0 and wants lock of c0, which it holds itself "
      "(copy-stack-lock)\n");
}

TEST_F(Locks, AScanBitIsALock) {
  take(0, 1, 16, 1);
  sample_.step(0, 2, Site::kParkStatus, 49);
  sample_.step(1, kNoGoroutine, Site::kScanSuspend).path = kScannerPath;
  sample_.event(event::ScanBegin{.goroutine = 2});
  EXPECT_EQ(cycle({at_end(0, 1, Site::kStatusWaitForScan, 49, -1),
                   at_end(1, 0, Site::kCopyStackLock, 16, 0)}),
            "  T0 (g0) holds lock of c0 and wants g0.0's scan bit, held by T1 "
            "(status-wait-for-scan)\n"
            "  T1 (scanner) holds g0.0's scan bit and wants lock of c0, held by T0 "
            "(copy-stack-lock)\n");
}

TEST_F(Locks, WaitingWithoutACircleIsNone) {
  take(0, 1, 16, 1);
  EXPECT_EQ(cycle({at_end(2, 2, Site::kSelectLock, 16, 0)}), "");
}

TEST_F(Locks, WhoHoldsAndWhoWaits) {
  take(0, 1, 16, 1);
  Trace trace = sample_.trace(Outcome::kHung);
  trace.threads = {at_end(2, 2, Site::kSelectLock, 16, 0)};
  EXPECT_EQ(locks_at_end(trace, Picture::at_end(trace), Names(program_, trace)),
            "  lock of c0: held by T0 since step 1; wanted by T2 (g0.0)\n");
}

TEST_F(Locks, OrderThatNobodyHungBy) {
  take(0, 1, 16, 1);
  take(0, 1, 21, 2);
  release(0, 1, 21);
  release(0, 1, 16);
  take(2, 2, 21, 2);
  take(2, 2, 16, 1);
  const Trace trace = sample_.trace();
  const LockOrder order = lock_order(trace, Names(program_, trace));
  EXPECT_EQ(order.text,
            "  T2 (g0.0) took lock of c1 at step 5 and, holding it, took lock of c0 at step 6\n"
            "  T0 (g0) took lock of c0 at step 1 and, holding it, took lock of c1 at step 2\n");
  EXPECT_EQ(order.steps, (std::vector<std::uint32_t>{5, 6, 1, 2}));
}

TEST_F(Locks, ACycleAmongDifferentRanksIsFound) {
  const auto lock = [&](ThreadId thread, ObjectId object, LockRank rank) {
    sample_.step(thread, 1, Site::kSelectLock, object);
    sample_.event(
        event::LockAcquired{.goroutine = 1, .rank = rank, .lock = object, .order = object});
  };
  // Each pair is in order by itself; together they go round.
  lock(0, 16, LockRank::kChannel);
  lock(0, 21, LockRank::kChannel);
  release(0, 1, 21);
  release(0, 1, 16);
  lock(1, 21, LockRank::kChannel);
  lock(1, 30, LockRank::kChannel);
  release(1, 1, 30);
  release(1, 1, 21);
  lock(2, 30, LockRank::kChannel);
  lock(2, 16, LockRank::kStackPool);
  const Trace trace = sample_.trace();
  EXPECT_EQ(lock_order(trace, Names(program_, trace)).steps.size(), 6u);
}

TEST_F(Locks, AnOrderThatIsKeptSaysNothing) {
  take(0, 1, 16, 1);
  take(0, 1, 21, 2);
  const Trace trace = sample_.trace();
  EXPECT_EQ(lock_order(trace, Names(program_, trace)).text, "");
}

}  // namespace
}  // namespace concertina::fuzzers
