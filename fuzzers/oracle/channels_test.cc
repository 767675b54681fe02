#include "oracle/channels.h"

#include <gtest/gtest.h>

#include "oracle/channel_model.h"
#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

using enum EventKind;

std::string kind_of(const History& history, Outcome outcome = Outcome::kBudget) {
  const Verdict verdict = judge_channels(history.trace(outcome), scratch_channel_model());
  EXPECT_EQ(verdict.failed(), !verdict.kind.empty());
  if (verdict.failed()) EXPECT_EQ(verdict.oracle, "channels");
  return verdict.kind;
}

// --- Parts of histories. ---

/// Goroutine g sends `token` into c's buffer.
History& buffered(History& h, GoroutineId g, ChannelId c, std::uint32_t token) {
  return h.send(g, c, token).does<event::SendToBuffer>(g, c).sent(g, c);
}

/// g is parked in a receive on c.
History& parked_receiver(History& h, GoroutineId g, ChannelId c) {
  return h.receive(g, c).does<event::ReceivePark>(g, c).add(event::Parked{.goroutine = g});
}

History& parked_sender(History& h, GoroutineId g, ChannelId c, std::uint32_t token) {
  return h.send(g, c, token).does<event::SendPark>(g, c).add(event::Parked{.goroutine = g});
}

/// g is parked in select { case <-c1: case <-c2: }.
History& parked_select(History& h, GoroutineId g) {
  return h.select(g, 2)
      .receive_case(g, 0, 1)
      .receive_case(g, 1, 2)
      .does<event::ReceivePark>(g, 1)
      .does<event::ReceivePark>(g, 2, 1)
      .add(event::Parked{.goroutine = g});
}

History one_channel(std::uint16_t capacity, std::uint32_t bytes = 8) {
  History h;
  h.channel(1, capacity, bytes);
  return h;
}

History two_channels(std::uint16_t capacity = 0) {
  History h;
  h.channel(1, capacity).channel(2, capacity);
  return h;
}

// --- Histories that Go allows. ---

TEST(Channels, NothingIsFine) { EXPECT_EQ(kind_of(History()), ""); }

TEST(Channels, BufferedElementsArriveInOrder) {
  History h = one_channel(2);
  buffered(h, 2, 1, 11);
  buffered(h, 2, 1, 12);
  h.receive(3, 1).does<event::ReceiveFromBuffer>(3, 1).received(3, 1, 11);
  h.receive(3, 1).does<event::ReceiveFromBuffer>(3, 1).received(3, 1, 12);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Channels, RendezvousEitherWay) {
  History h = one_channel(0);
  parked_receiver(h, 2, 1);
  h.send(3, 1, 9)
      .serves<event::SendToReceiver>(3, 1, 2)
      .add(event::Readied{.goroutine = 3, .target = 2})
      .sent(3, 1);
  h.received(2, 1, 9);
  parked_sender(h, 3, 1, 10);
  h.receive(2, 1).serves<event::ReceiveFromSender>(2, 1, 3).received(2, 1, 10).sent(3, 1);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Channels, AFreedSlotGoesToTheFirstWaitingSender) {
  History h = one_channel(1);
  buffered(h, 2, 1, 1);
  parked_sender(h, 3, 1, 2);
  h.receive(4, 1).serves<event::ReceiveFromBuffer>(4, 1, 3).received(4, 1, 1).sent(3, 1);
  h.receive(4, 1).does<event::ReceiveFromBuffer>(4, 1).received(4, 1, 2);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Channels, CloseDrainsThenGivesZeros) {
  History h = one_channel(1);
  buffered(h, 2, 1, 1);
  h.close(2, 1).does<event::DoneClose>(2, 1);
  h.receive(3, 1).does<event::ReceiveFromBuffer>(3, 1).received(3, 1, 1);
  h.receive(3, 1).does<event::ReceiveClosed>(3, 1).add(
      event::DoneReceive{.goroutine = 3, .channel = 1, .selected = true});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Channels, CloseReleasesReceiversAndSendersPanic) {
  History h = two_channels();
  parked_receiver(h, 2, 1);
  h.close(4, 1).serves<event::CloseWakesReceiver>(4, 1, 2).does<event::DoneClose>(4, 1);
  h.add(event::Readied{.goroutine = 4, .target = 2})
      .add(event::DoneReceive{.goroutine = 2, .channel = 1, .selected = true});
  parked_sender(h, 3, 2, 7);
  h.close(4, 2).serves<event::CloseWakesSender>(4, 2, 3).does<event::DoneClose>(4, 2);
  h.add(event::Panicked{.goroutine = 3, .channel = 2, .panic = PanicKind::kSendOnClosed});
  EXPECT_EQ(kind_of(h, Outcome::kPanic), "");
}

TEST(Channels, JustifiedPanics) {
  History closed = one_channel(0);
  closed.close(2, 1).does<event::DoneClose>(2, 1);
  History send = closed;
  send.send(3, 1, 1).add(
      event::Panicked{.goroutine = 3, .channel = 1, .panic = PanicKind::kSendOnClosed});
  EXPECT_EQ(kind_of(send, Outcome::kPanic), "");
  History again = closed;
  again.does<event::OpClose>(3, 1).add(
      event::Panicked{.goroutine = 3, .channel = 1, .panic = PanicKind::kCloseOfClosed});
  EXPECT_EQ(kind_of(again, Outcome::kPanic), "");
  History nil;
  nil.add(event::OpClose{.goroutine = 3})
      .add(event::Panicked{.goroutine = 3, .panic = PanicKind::kCloseOfNil});
  EXPECT_EQ(kind_of(nil, Outcome::kPanic), "");
  History select = closed;
  select.select(3, 1)
      .send_case(3, 0, 1, 5)
      .add(event::Panicked{.goroutine = 3, .channel = 1, .panic = PanicKind::kSendOnClosed});
  EXPECT_EQ(kind_of(select, Outcome::kPanic), "");
}

TEST(Channels, SelectTakesOneCaseAndDequeuesTheOthers) {
  History h = two_channels();
  parked_select(h, 2);
  h.send(3, 2, 5).serves<event::SendToReceiver>(3, 2, 2, 1).sent(3, 2);
  h.does<event::Dequeued>(2, 1).selected(2, 1, 5, true);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Channels, SelectWithDefaultAndWithReadyCase) {
  History h = two_channels(1);
  h.select(2, 2, true)
      .receive_case(2, 0, 1)
      .receive_case(2, 1, 2)
      .add(event::SelectDefault{.goroutine = 2});
  h.selected(2, kSelectedDefault);
  buffered(h, 3, 2, 8);
  h.select(2, 2, true).receive_case(2, 0, 1).receive_case(2, 1, 2);
  h.does<event::ReceiveFromBuffer>(2, 2, 1).selected(2, 1, 8, true);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Channels, ASelectDoesNotMeetItself) {
  History h = one_channel(0);
  h.select(2, 2).receive_case(2, 0, 1).send_case(2, 1, 1, 4);
  h.does<event::ReceivePark>(2, 1).does<event::SendPark>(2, 1, 1).add(
      event::Parked{.goroutine = 2});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Channels, NilChannelsAreNeverReady) {
  History h = one_channel(0);
  h.send(2, 0, 1).add(event::Parked{.goroutine = 2});
  h.select(3, 2).receive_case(3, 0, 0).receive_case(3, 1, 1).does<event::ReceivePark>(3, 1, 1);
  h.add(event::Parked{.goroutine = 3});
  h.try_receive(4, 0).add(event::DoneReceive{.goroutine = 4});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Channels, GivingUpIsJustifiedByAnyInstantOfTheCall) {
  History h = one_channel(1);
  h.try_receive(2, 1);
  const std::uint32_t began = h.step();
  buffered(h, 3, 1, 1);  // ready from here on
  h.add(event::NotReady{.goroutine = 2, .channel = 1, .begin_step = began})
      .does<event::DoneReceive>(2, 1);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Channels, GivingUpUnannouncedIsJudgedOverTheOperation) {
  History h = one_channel(1);
  h.try_receive(2, 1);
  buffered(h, 3, 1, 1);
  h.does<event::DoneReceive>(2, 1);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Channels, NarrowElementsCarryTheLowBitsOnly) {
  for (const auto& [bytes, found] : {std::pair{0u, 0u}, {1u, 0x34u}, {2u, 0x1234u}}) {
    History h = one_channel(1, bytes);
    buffered(h, 2, 1, bytes == 0 ? 0 : 0x71234);
    h.receive(3, 1).does<event::ReceiveFromBuffer>(3, 1).received(3, 1, found);
    EXPECT_EQ(kind_of(h), "") << bytes;
  }
}

TEST(Channels, LenIsTrueAtSomeInstant) {
  History h = one_channel(3);
  buffered(h, 2, 1, 1);
  const std::uint32_t began = h.step();
  buffered(h, 2, 1, 2);
  h.add(event::LenSeen{.goroutine = 3, .channel = 1, .length = 1, .begin_step = began})
      .add(event::CapSeen{.goroutine = 3, .channel = 1, .capacity = 3});
  h.add(event::LenSeen{.goroutine = 3, .begin_step = began}).add(event::CapSeen{.goroutine = 3});
  EXPECT_EQ(kind_of(h), "");
}

TEST(Channels, ALoserMayHaveBeenThrownAwayByItsOtherSide) {
  History h = two_channels(1);
  parked_select(h, 2);
  h.send(3, 2, 5).serves<event::SendToReceiver>(3, 2, 2, 1).sent(3, 2);
  buffered(h, 4, 1, 6);  // met the dead sudog on c1
  h.selected(2, 1, 5, true);
  EXPECT_EQ(kind_of(h), "");
}

TEST(Channels, AWaiterBeingTakenElsewhereMayBePassedBy) {
  // Goroutine 3 has won the select under c1's lock and has not said so; 4 finds it taken on c2.
  History h = two_channels(1);
  parked_select(h, 2);
  h.send(3, 1, 5).lock(3, 70, LockRank::kChannel, 1);
  buffered(h, 4, 2, 6);
  h.serves<event::SendToReceiver>(3, 1, 2).unlock(3, 70, LockRank::kChannel).sent(3, 1);
  h.does<event::Dequeued>(2, 2, 1).selected(2, 0, 5, true);
  EXPECT_EQ(kind_of(h), "");
}

// --- Each rule, broken. ---

TEST(ChannelsFail, BeliefInALaterEventNeedsItsLock) {
  History h = two_channels(1);
  parked_select(h, 2);
  h.send(3, 1, 5).lock(3, 70, LockRank::kChannel, 1).unlock(3, 70, LockRank::kChannel);
  buffered(h, 4, 2, 6);
  h.serves<event::SendToReceiver>(3, 1, 2);
  EXPECT_EQ(kind_of(h), "passed by a waiting receiver");
}

TEST(ChannelsFail, TheBufferIsNotFifo) {
  History h = one_channel(2);
  buffered(h, 2, 1, 11);
  buffered(h, 2, 1, 12);
  h.receive(3, 1).does<event::ReceiveFromBuffer>(3, 1).received(3, 1, 12);
  EXPECT_EQ(kind_of(h), "not FIFO");
}

TEST(ChannelsFail, WaitersAreNotFifo) {
  History h = one_channel(0);
  parked_receiver(h, 2, 1);
  parked_receiver(h, 3, 1);
  h.send(4, 1, 1).serves<event::SendToReceiver>(4, 1, 3);
  EXPECT_EQ(kind_of(h), "not FIFO");
}

TEST(ChannelsFail, WhatIsFoundNamesTheLoss) {
  History base = one_channel(4);
  buffered(base, 2, 1, 11);
  base.receive(3, 1).does<event::ReceiveFromBuffer>(3, 1).received(3, 1, 11);
  buffered(base, 2, 1, 12);
  base.send(5, 1, 14).receive(3, 1).does<event::ReceiveFromBuffer>(3, 1);
  const auto with = [&base](std::uint32_t found, std::uint32_t torn) {
    History h = base;
    h.add(kDoneReceive, 3, 1, {3, found, torn});
    return kind_of(h);
  };
  EXPECT_EQ(with(12, 0), "");
  EXPECT_EQ(with(12, 1), "value torn");
  EXPECT_EQ(with(0, 0), "value lost");
  EXPECT_EQ(with(11, 0), "value duplicated");
  EXPECT_EQ(with(99, 0), "invented value");
  EXPECT_EQ(with(14, 0), "wrong value");
}

TEST(ChannelsFail, ASelectFindsTheWrongValue) {
  History h = two_channels();
  parked_select(h, 2);
  h.send(3, 2, 5).serves<event::SendToReceiver>(3, 2, 2, 1).does<event::Dequeued>(2, 1);
  History lost = h, torn = h;
  EXPECT_EQ(kind_of(lost.selected(2, 1, 0, true)), "value lost");
  EXPECT_EQ(kind_of(torn.add(event::DoneSelect{
                .goroutine = 2, .chosen = 1, .token = 5, .ok = true, .torn = true})),
            "value torn");
}

TEST(ChannelsFail, OkDisagrees) {
  History h = one_channel(1);
  buffered(h, 2, 1, 1);
  h.receive(3, 1).does<event::ReceiveFromBuffer>(3, 1).add(
      event::DoneReceive{.goroutine = 3, .channel = 1, .selected = true});
  EXPECT_EQ(kind_of(h), "value reported as closed");
  History closed = one_channel(1);
  closed.close(2, 1).receive(3, 1).does<event::ReceiveClosed>(3, 1).received(3, 1, 0);
  EXPECT_EQ(kind_of(closed), "ok from a closed channel");
}

TEST(ChannelsFail, NobodyOnTheOtherSide) {
  History received = one_channel(0);
  EXPECT_EQ(kind_of(received.receive(2, 1).received(2, 1, 5)), "received from nobody");
  History sent = one_channel(0);
  EXPECT_EQ(kind_of(sent.send(2, 1, 5).sent(2, 1)), "sent to nobody");
  History partner = one_channel(0);
  partner.send(2, 1, 5).serves<event::SendToReceiver>(2, 1, 3);
  EXPECT_EQ(kind_of(partner), "sent to nobody");
  History sender = one_channel(0);
  sender.receive(2, 1).serves<event::ReceiveFromSender>(2, 1, 3);
  EXPECT_EQ(kind_of(sender), "received from nobody");
  History empty = one_channel(1);
  empty.receive(2, 1).does<event::ReceiveFromBuffer>(2, 1);
  EXPECT_EQ(kind_of(empty), "received from nobody");
}

TEST(ChannelsFail, SpuriousWakeUps) {
  History returned = one_channel(0);
  parked_receiver(returned, 2, 1).received(2, 1, 0);
  EXPECT_EQ(kind_of(returned), "spurious wake-up");
  History readied = one_channel(0);
  parked_receiver(readied, 2, 1).add(event::Readied{.goroutine = 3, .target = 2});
  EXPECT_EQ(kind_of(readied), "spurious wake-up");
  History select = two_channels();
  parked_select(select, 2).does<event::Dequeued>(2, 1);
  EXPECT_EQ(kind_of(select), "spurious wake-up");
}

TEST(ChannelsFail, AWaiterIsTakenTwice) {
  History h = two_channels();
  parked_select(h, 2);
  h.send(3, 2, 5).serves<event::SendToReceiver>(3, 2, 2, 1).sent(3, 2);
  h.send(4, 1, 6).serves<event::SendToReceiver>(4, 1, 2);
  EXPECT_EQ(kind_of(h), "woken twice");
}

TEST(ChannelsFail, ParkedThoughReady) {
  History buffer = one_channel(1);
  buffered(buffer, 2, 1, 1);
  EXPECT_EQ(kind_of(buffer.receive(3, 1).does<event::ReceivePark>(3, 1)), "parked though ready");
  History room = one_channel(1);
  EXPECT_EQ(kind_of(room.send(3, 1, 1).does<event::SendPark>(3, 1)), "parked though ready");
  History partner = one_channel(0);
  parked_sender(partner, 2, 1, 1);
  EXPECT_EQ(kind_of(partner.receive(3, 1).does<event::ReceivePark>(3, 1)), "parked though ready");
  History closed = one_channel(0);
  EXPECT_EQ(kind_of(closed.close(2, 1).receive(3, 1).does<event::ReceivePark>(3, 1)),
            "parked though ready");
}

TEST(ChannelsFail, DefaultThoughReady) {
  History h = two_channels(1);
  buffered(h, 3, 2, 8);
  h.select(2, 2, true)
      .receive_case(2, 0, 1)
      .receive_case(2, 1, 2)
      .add(event::SelectDefault{.goroutine = 2});
  EXPECT_EQ(kind_of(h), "default though ready");
}

TEST(ChannelsFail, DefaultWithoutAWord) {
  History h = two_channels();
  h.select(2, 2, true).receive_case(2, 0, 1).receive_case(2, 1, 2).selected(2, kSelectedDefault);
  EXPECT_EQ(kind_of(h), "default not announced");
}

TEST(ChannelsFail, GaveUpThoughReady) {
  History ready = one_channel(1);
  buffered(ready, 3, 1, 1);
  History announced = ready, silent = ready;
  announced.try_receive(2, 1).add(
      event::NotReady{.goroutine = 2, .channel = 1, .begin_step = announced.step()});
  EXPECT_EQ(kind_of(announced), "gave up though ready");
  EXPECT_EQ(kind_of(silent.try_receive(2, 1).does<event::DoneReceive>(2, 1)),
            "gave up though ready");
  History room = one_channel(1);
  room.try_send(2, 1, 5).add(
      event::NotReady{.goroutine = 2, .channel = 1, .is_send = true, .begin_step = 1});
  EXPECT_EQ(kind_of(room), "gave up though ready");
}

TEST(ChannelsFail, GaveUpThoughReadySinceBeforeItsBeginning) {
  History h = one_channel(1);
  h.try_receive(2, 1);
  buffered(h, 3, 1, 1);
  h.add(event::NotReady{.goroutine = 2, .channel = 1, .begin_step = h.step()});
  EXPECT_EQ(kind_of(h), "gave up though ready");
}

TEST(ChannelsFail, GivingUpIsForNonBlockingOperations) {
  History h = one_channel(0);
  EXPECT_EQ(kind_of(h.receive(2, 1).does<event::DoneReceive>(2, 1)), "blocking operation gave up");
  History said = one_channel(0);
  said.receive(2, 1).add(event::NotReady{.goroutine = 2, .channel = 1, .begin_step = 1});
  EXPECT_EQ(kind_of(said), "effect without an operation");
  History both = one_channel(1);
  both.try_send(2, 1, 1).does<event::SendToBuffer>(2, 1).does<event::DoneSend>(2, 1);
  EXPECT_EQ(kind_of(both), "effect of an operation that gave up");
  History success = one_channel(0);
  success.try_send(2, 1, 1)
      .add(event::NotReady{.goroutine = 2, .channel = 1, .is_send = true, .begin_step = 1})
      .sent(2, 1);
  EXPECT_EQ(kind_of(success), "success after giving up");
  History parked = one_channel(0);
  EXPECT_EQ(kind_of(parked.try_receive(2, 1).does<event::ReceivePark>(2, 1)),
            "non-blocking operation parked");
}

TEST(ChannelsFail, SendsOnAClosedChannel) {
  History buffer = one_channel(1);
  buffer.close(2, 1).send(3, 1, 1).does<event::SendToBuffer>(3, 1);
  EXPECT_EQ(kind_of(buffer), "send on closed channel took effect");
  History returned = one_channel(0);
  parked_sender(returned, 3, 1, 1);
  returned.close(2, 1).serves<event::CloseWakesSender>(2, 1, 3).sent(3, 1);
  EXPECT_EQ(kind_of(returned), "send on closed channel returned");
}

TEST(ChannelsFail, CloseBreaksItsRules) {
  History twice = one_channel(0);
  EXPECT_EQ(kind_of(twice.close(2, 1).does<event::DoneClose>(2, 1).close(3, 1)), "closed twice");
  History nothing = one_channel(0);
  EXPECT_EQ(kind_of(nothing.does<event::OpClose>(2, 1).does<event::DoneClose>(2, 1)),
            "close without effect");
  History receiver = one_channel(0);
  parked_receiver(receiver, 3, 1).close(2, 1).does<event::DoneClose>(2, 1);
  EXPECT_EQ(kind_of(receiver), "close left a waiter");
  History sender = one_channel(0);
  parked_sender(sender, 3, 1, 1).close(2, 1).does<event::DoneClose>(2, 1);
  EXPECT_EQ(kind_of(sender), "close left a waiter");
}

TEST(ChannelsFail, ClosedIsSeenTooEarly) {
  History open = one_channel(0);
  EXPECT_EQ(kind_of(open.receive(2, 1).does<event::ReceiveClosed>(2, 1)), "closed before its time");
  History full = one_channel(1);
  buffered(full, 2, 1, 1);
  EXPECT_EQ(kind_of(full.close(2, 1).receive(3, 1).does<event::ReceiveClosed>(3, 1)),
            "closed before drained");
}

TEST(ChannelsFail, Panics) {
  History open = one_channel(0);
  open.send(2, 1, 1).add(
      event::Panicked{.goroutine = 2, .channel = 1, .panic = PanicKind::kSendOnClosed});
  EXPECT_EQ(kind_of(open), "panic not justified");
  History close = one_channel(0);
  close.does<event::OpClose>(2, 1).add(
      event::Panicked{.goroutine = 2, .channel = 1, .panic = PanicKind::kCloseOfClosed});
  EXPECT_EQ(kind_of(close), "panic not justified");
  History nil = one_channel(0);
  nil.does<event::OpClose>(2, 1).add(
      event::Panicked{.goroutine = 2, .channel = 1, .panic = PanicKind::kCloseOfNil});
  EXPECT_EQ(kind_of(nil), "panic not justified");
  History idle = one_channel(0);
  EXPECT_EQ(kind_of(idle.add(
                event::Panicked{.goroutine = 2, .channel = 1, .panic = PanicKind::kSendOnClosed})),
            "panic not justified");
  EXPECT_EQ(kind_of(one_channel(0), Outcome::kPanic), "panic not announced");
}

TEST(ChannelsFail, Buffers) {
  History full = one_channel(1);
  buffered(full, 2, 1, 1);
  EXPECT_EQ(kind_of(full.send(3, 1, 2).does<event::SendToBuffer>(3, 1)), "buffer overfull");
  History sender = one_channel(1);
  buffered(sender, 2, 1, 1);
  parked_sender(sender, 3, 1, 2).receive(4, 1).does<event::ReceiveFromBuffer>(4, 1);
  EXPECT_EQ(kind_of(sender), "waiting sender not admitted");
  History receiver = one_channel(1);
  parked_receiver(receiver, 3, 1).send(4, 1, 1).does<event::SendToBuffer>(4, 1);
  EXPECT_EQ(kind_of(receiver), "passed by a waiting receiver");
  History by = one_channel(1);
  by.receive(4, 1).serves<event::ReceiveFromSender>(4, 1, 3);
  EXPECT_EQ(kind_of(by), "rendezvous on a buffered channel");
}

TEST(ChannelsFail, SelectsEffects) {
  History second = two_channels(1);
  second.select(2, 2).send_case(2, 0, 1, 1).send_case(2, 1, 2, 2);
  second.does<event::SendToBuffer>(2, 1).does<event::SendToBuffer>(2, 2, 1);
  EXPECT_EQ(kind_of(second), "operation took effect twice");
  History wrong = two_channels(1);
  wrong.select(2, 2).send_case(2, 0, 1, 1).send_case(2, 1, 2, 2).does<event::SendToBuffer>(2, 2);
  EXPECT_EQ(kind_of(wrong), "wrong case");
  History reported = two_channels(1);
  reported.select(2, 2).send_case(2, 0, 1, 1).send_case(2, 1, 2, 2);
  reported.does<event::SendToBuffer>(2, 1).selected(2, 1);
  EXPECT_EQ(kind_of(reported), "wrong case reported");
  History parked = two_channels(1);
  parked_select(parked, 2);
  buffered(parked, 3, 1, 1);
  EXPECT_EQ(kind_of(parked), "passed by a waiting receiver");
}

TEST(ChannelsFail, SelectsLosers) {
  History won = two_channels();
  parked_select(won, 2);
  won.send(3, 2, 5).serves<event::SendToReceiver>(3, 2, 2, 1).sent(3, 2);
  History left = won, twice = won, winner = won;
  EXPECT_EQ(kind_of(left.selected(2, 1, 5, true)), "loser not dequeued");
  EXPECT_EQ(kind_of(twice.does<event::Dequeued>(2, 1).does<event::Dequeued>(2, 1)),
            "dequeued twice");
  EXPECT_EQ(kind_of(winner.does<event::Dequeued>(2, 2, 1)), "winner dequeued as a loser");
}

TEST(ChannelsFail, Parking) {
  History h = two_channels();
  h.select(2, 2).receive_case(2, 0, 1).receive_case(2, 1, 2).does<event::ReceivePark>(2, 1);
  History missing = h, twice = h, active = h;
  EXPECT_EQ(kind_of(missing.add(event::Parked{.goroutine = 2})), "parked without enqueuing");
  EXPECT_EQ(kind_of(twice.does<event::ReceivePark>(2, 1)), "enqueued twice");
  EXPECT_EQ(kind_of(active.does<event::ReceiveClosed>(2, 2, 1)), "effect while parked");
}

TEST(ChannelsFail, EffectsWhereThereIsNone) {
  History nil;
  EXPECT_EQ(kind_of(nil.send(2, 0, 1).add(event::SendToBuffer{.goroutine = 2})),
            "effect on a nil channel");
  History close;
  EXPECT_EQ(kind_of(close.close(2, 0)), "effect on a nil channel");
  History panicked = one_channel(1);
  panicked.close(2, 1).send(3, 1, 1).add(
      event::Panicked{.goroutine = 3, .channel = 1, .panic = PanicKind::kSendOnClosed});
  EXPECT_EQ(kind_of(panicked.does<event::SendToBuffer>(3, 1)), "effect after a panic");
}

TEST(ChannelsFail, OperationsOutOfTurn) {
  History overlap = one_channel(0);
  EXPECT_EQ(kind_of(overlap.receive(2, 1).send(2, 1, 1)), "operation out of turn");
  History closed = one_channel(0);
  EXPECT_EQ(kind_of(closed.sent(2, 1)), "operation out of turn");
  History exited = one_channel(0);
  EXPECT_EQ(kind_of(exited.receive(2, 1).add(event::Exited{.goroutine = 2})),
            "operation out of turn");
  History effect = one_channel(1);
  EXPECT_EQ(kind_of(effect.does<event::SendToBuffer>(2, 1)), "effect without an operation");
}

TEST(ChannelsFail, LenAndCap) {
  History h = one_channel(3);
  buffered(h, 2, 1, 1);
  buffered(h, 2, 1, 2);
  History len = h, cap = h, nil = h, end = h;
  EXPECT_EQ(kind_of(len.add(event::LenSeen{
                .goroutine = 3, .channel = 1, .length = 1, .begin_step = len.step()})),
            "wrong length");
  EXPECT_EQ(kind_of(cap.add(event::CapSeen{.goroutine = 3, .channel = 1, .capacity = 2})),
            "wrong capacity");
  EXPECT_EQ(kind_of(nil.add(event::LenSeen{.goroutine = 3, .length = 1})), "wrong length");
  EXPECT_EQ(kind_of(end.add(kEndChannel, 1, 1, {1})), "wrong count at the end");
}

TEST(ChannelsFail, AnyNumbersAreAVerdictOrAPass) {
  // Every kind with extreme fields, alone and inside an open operation.
  constexpr std::uint16_t kIds[] = {0, 1, 32, 33, 65, 0xffff};
  for (unsigned kind = 0; kind < static_cast<unsigned>(EventKind::kCount); ++kind) {
    for (const std::uint16_t id : kIds) {
      for (const std::uint32_t value : {0u, 1u, 63u, 64u, 0xffffffffu}) {
        History h = one_channel(1);
        h.select(1, 1).receive_case(1, 0, 1);
        h.add(static_cast<EventKind>(kind), id, id,
              {static_cast<std::uint16_t>(value), value, value});
        h.add(static_cast<EventKind>(kind), 1, 1,
              {static_cast<std::uint16_t>(value), value, value});
        kind_of(h);
      }
    }
  }
}

}  // namespace
}  // namespace concertina::fuzzers
