#include "stress/figures.h"

#include <gtest/gtest.h>

namespace concertina::stress {
namespace {

TEST(Figures, CountsBothEndsOfATransfer) {
  Counter counter;
  counter.seen(event::SendToBuffer{}, 1);
  counter.seen(event::SendToReceiver{}, 1);
  counter.seen(event::ReceiveFromSender{}, 2);
  counter.seen(event::ReceiveFromBuffer{}, 2);
  counter.seen(event::ReceiveFromBuffer{.partner = 5}, 3);
  counter.seen(event::Closed{}, 3);
  EXPECT_EQ(counter.sum().operations, 1u + 2 + 2 + 1 + 2 + 1);
}

TEST(Figures, TellsCopiesByReasonAndLock) {
  Counter counter;
  counter.seen(event::CopyBegin{}, 1);
  counter.seen(event::CopyBegin{.locks = CopyLocks::kTaken, .reason = CopyReason::kShrink}, 2);
  counter.seen(event::CopyBegin{.locks = CopyLocks::kHeld, .reason = CopyReason::kMove}, 1);
  counter.seen(event::CopyBegin{.locks = CopyLocks::kTaken, .reason = CopyReason::kMove}, 1);
  const Figures expected{
      .copies = 4, .growths = 1, .shrinks = 1, .moves = 2, .copies_locked = 2, .copies_held = 1};
  EXPECT_EQ(counter.sum(), expected);
}

TEST(Figures, ScansAndCopiesAreNoProgress) {
  Counter counter;
  counter.seen(event::ScanBegin{}, 1);
  counter.seen(event::CopyBegin{}, 1);
  counter.seen(event::LockAcquired{}, 1);
  counter.seen(event::Preempted{.for_scanner = false}, 1);
  counter.seen(event::Preempted{.for_scanner = true}, 1);
  EXPECT_EQ(counter.progress(), 0u);
  EXPECT_EQ(counter.sum().preempted, 1u);
  counter.seen(event::Started{}, 1);
  counter.seen(event::Parked{}, 1);
  counter.seen(event::SendToBuffer{}, 1);
  EXPECT_EQ(counter.progress(), 3u);
}

TEST(Figures, AddUp) {
  Figures sum{.goroutines = 1,
              .operations = 2,
              .copies = 3,
              .growths = 4,
              .shrinks = 5,
              .moves = 6,
              .copies_locked = 7,
              .copies_held = 8,
              .scans = 9,
              .blocked = 10,
              .preempted = 11};
  sum += sum;
  const Figures expected{.goroutines = 2,
                         .operations = 4,
                         .copies = 6,
                         .growths = 8,
                         .shrinks = 10,
                         .moves = 12,
                         .copies_locked = 14,
                         .copies_held = 16,
                         .scans = 18,
                         .blocked = 20,
                         .preempted = 22};
  EXPECT_EQ(sum, expected);
}

}  // namespace
}  // namespace concertina::stress
