#include "report/picture.h"

#include <gtest/gtest.h>

#include "report/testing.h"

namespace concertina::fuzzers {
namespace {

TEST(Picture, LocksAreHeldUntilReleased) {
  History history;
  history.lock(1, 16, LockRank::kChannel, 1).lock(1, 17, LockRank::kChannel, 2);
  history.unlock(1, 16, LockRank::kChannel);
  const Picture picture = Picture::at_end(history.trace());
  ASSERT_EQ(picture.threads.at(1).held.size(), 1u);
  EXPECT_EQ(picture.threads.at(1).held[0].object, 17u);
  EXPECT_EQ(picture.threads.at(1).held[0].step, 2u);
}

TEST(Picture, QueuesKeepTheirOrder) {
  History history;
  history.channel(1).receive(2, 1).add(event::ReceivePark{.goroutine = 2, .channel = 1});
  history.receive(3, 1).add(event::ReceivePark{.goroutine = 3, .channel = 1});
  history.receive(4, 1).add(event::ReceivePark{.goroutine = 4, .channel = 1});
  history.send(1, 1, 33).add(event::SendToReceiver{.goroutine = 1, .channel = 1, .partner = 2});
  const Picture picture = Picture::at_end(history.trace());
  const auto& receivers = picture.channels.at(1).receivers;
  ASSERT_EQ(receivers.size(), 2u);
  EXPECT_EQ(receivers[0].goroutine, 3);
  EXPECT_EQ(receivers[1].goroutine, 4);
  EXPECT_EQ(picture.threads.at(1).partner, 2);
}

TEST(Picture, BuffersAreCounted) {
  History history;
  history.channel(1, 2);
  history.add(event::SendToBuffer{.goroutine = 1, .channel = 1})
      .add(event::SendToBuffer{.goroutine = 1, .channel = 1});
  history.add(event::SendPark{.goroutine = 2, .channel = 1});
  history.add(event::ReceiveFromBuffer{
      .goroutine = 3, .channel = 1, .partner = 2});  // g2's element takes the slot
  EXPECT_EQ(Picture::at_end(history.trace()).channels.at(1).buffered, 2u);
  history.add(event::ReceiveFromBuffer{.goroutine = 3, .channel = 1}).close(1, 1);
  const Picture picture = Picture::at_end(history.trace());
  EXPECT_EQ(picture.channels.at(1).buffered, 1u);
  EXPECT_TRUE(picture.channels.at(1).is_closed);
  EXPECT_TRUE(picture.channels.at(1).senders.empty());
}

TEST(Picture, ASelectStandsInEveryQueueUntilItLosesThem) {
  History history;
  history.channel(1).channel(2).select(2, 2).receive_case(2, 0, 1).send_case(2, 1, 2, 34);
  history.add(event::ReceivePark{.goroutine = 2, .channel = 1})
      .add(event::SendPark{.goroutine = 2, .channel = 2, .case_index = 1});
  Picture picture = Picture::at_end(history.trace());
  EXPECT_EQ(picture.channels.at(1).receivers.size(), 1u);
  EXPECT_EQ(picture.channels.at(2).senders.size(), 1u);
  EXPECT_EQ(picture.goroutines.at(2).operation.cases.size(), 2u);
  picture.apply(event::Dequeued{.goroutine = 2, .channel = 2, .case_index = 1});
  EXPECT_TRUE(picture.channels.at(2).senders.empty());
}

TEST(Picture, GoroutinesStandAsTheyWereLastSeen) {
  Sample sample;
  sample.two_goroutines();
  sample.step(0, 1, Site::kExecuteStatus);
  Picture picture = Picture::at_end(sample.trace());
  EXPECT_EQ(picture.goroutines.at(1).standing, Standing::kRunning);
  EXPECT_EQ(picture.goroutines.at(2).standing, Standing::kRunnable);
  picture.apply(event::Parked{.goroutine = 1});
  EXPECT_EQ(picture.goroutines.at(1).standing, Standing::kWaiting);
  picture.apply(Event{.kind = EventKind::kScanBegin, .thread = 3, .goroutine = 1});
  picture.apply(Event{.kind = EventKind::kCopyBegin, .thread = 3, .goroutine = 1});
  EXPECT_EQ(picture.goroutines.at(1).suspended_by, 3);
  EXPECT_EQ(picture.goroutines.at(1).copied_by, 3);
  EXPECT_EQ(picture.threads.at(3).copies, 1);
  picture.apply(Event{.kind = EventKind::kCopyEnd, .thread = 3, .goroutine = 1});
  EXPECT_EQ(picture.goroutines.at(1).copied_by, -1);
}

TEST(Picture, NonsenseIsSurvived) {
  History history;
  history.add(event::ReceiveFromBuffer{.goroutine = 9, .channel = 7})
      .add(event::Dequeued{.channel = 7});
  history.unlock(1, 16, LockRank::kChannel).add(EventKind::kCount, 40, 90);
  EXPECT_EQ(Picture::at_end(history.trace()).channels.at(7).buffered, 0u);
}

}  // namespace
}  // namespace concertina::fuzzers
