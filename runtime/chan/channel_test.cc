// Send, receive, len and cap, one processor: what Go's chan_test.go and test/chan demand of
// channels.
#include "chan/channel.h"

#include <gtest/gtest.h>

#include "chan/channel_internal.h"
#include "chan/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

const char kDeadlockEnding[] = "deadlock: all goroutines are asleep - deadlock!";

// A run on one processor, where a goroutine runs until it waits or yields.
ProgramRun run_alone(const std::vector<ChannelSpec>& channels, const Body& main) {
  return run_program(with_channels(channels, kOneProcessor), main);
}

// --- Unbuffered ----------------------------------------------------------------------------------

TEST(Unbuffered, ReceiverWaitsForTheSender) {
  const Body receiver({receive(1)});
  const Body main({go(receiver), yield(), note_waiters(1, 1), send(1, 42)});
  const auto run = run_alone({{}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{1});
  EXPECT_EQ(received(run, 1), Ids{42});
  const auto met = run.of<event::SendToReceiver>();
  ASSERT_EQ(met.size(), 1u);
  EXPECT_EQ(met[0].goroutine, 1);
  EXPECT_EQ(met[0].partner, 2u);
  EXPECT_EQ(leftovers(run), Leftovers{});
}

TEST(Unbuffered, SenderWaitsForTheReceiver) {
  const Body sender({send(1, 42), note(2, 1)});
  const Body main({go(sender), yield(), note_waiters(1, 1), receive(1)});
  const auto run = run_alone({{}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{1});
  EXPECT_EQ(run.notes(2), Ids{1});
  EXPECT_EQ(received(run, 1), Ids{42});
  const auto met = run.of<event::ReceiveFromSender>();
  ASSERT_EQ(met.size(), 1u);
  EXPECT_EQ(met[0].goroutine, 1);
  EXPECT_EQ(met[0].partner, 2u);
  EXPECT_EQ(leftovers(run), Leftovers{});
}

TEST(Unbuffered, WaitingReceiversAreServedInOrder) {
  const Body receiver({receive(1)});
  const Body main({loop(3, {go(receiver), yield()}), send(1, 5), send(1, 6), send(1, 7)});
  const auto run = run_alone({{}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(received(run, 1, 2), Ids{5});
  EXPECT_EQ(received(run, 1, 3), Ids{6});
  EXPECT_EQ(received(run, 1, 4), Ids{7});
}

TEST(Unbuffered, WaitingSendersAreServedInOrder) {
  const Body sender({send_computed(1, argument_of)});
  const Body main({go(sender, 5), yield(), go(sender, 6), yield(), go(sender, 7), yield(),
                   receive(1), receive(1), receive(1)});
  const auto run = run_alone({{}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(received(run, 1), (Ids{5, 6, 7}));
}

TEST(Unbuffered, NobodyOnTheOtherSideIsADeadlock) {
  const Body sends({send(1, 1)});
  const Body receives({receive(1)});
  EXPECT_EQ(run_alone({{}}, sends).ending(), kDeadlockEnding);
  const auto run = run_alone({{}}, receives);
  EXPECT_EQ(run.ending(), kDeadlockEnding);
  const auto left = run.of<event::EndChannel>();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].receivers, 1u);
  EXPECT_EQ(left[0].senders, 0u);
  EXPECT_EQ(leftovers(run).sudogs, 1u);
}

// --- Buffered ------------------------------------------------------------------------------------

TEST(Buffered, FirstInFirstOutAcrossTheEndOfTheRing) {
  const Body main({send(1, 1), send(1, 2), send(1, 3), receive(1), receive(1), send(1, 4),
                   send(1, 5), receive(1), receive(1), receive(1), send(1, 6), receive(1)});
  const auto run = run_alone({{.capacity = 3}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(received(run, 1), (Ids{1, 2, 3, 4, 5, 6}));
  EXPECT_FALSE(run.has(EventKind::kParked));
}

TEST(Buffered, SenderWaitsWhileItIsFull) {
  const Body sender({send(1, 3), note(1, 1)});
  const Body main({send(1, 1), send(1, 2), go(sender), yield(), note_waiters(2, 1), note_len(2, 1),
                   receive(1), note_len(2, 1), receive(1), receive(1)});
  const auto run = run_alone({{.capacity = 2}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(2), (Ids{1, 2, 2}));
  EXPECT_EQ(run.notes(1), Ids{1});
  EXPECT_EQ(received(run, 1), (Ids{1, 2, 3}));  // the waiting element went to the tail
}

TEST(Buffered, ParkedSendersKeepTheirOrderBehindTheBuffer) {
  const Body sender({send_computed(1, argument_of)});
  const Body main({send(1, 1), send(1, 2), send(1, 3), go(sender, 4), yield(), go(sender, 5),
                   yield(), loop(5, {receive(1)})});
  const auto run = run_alone({{.capacity = 3}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(received(run, 1), (Ids{1, 2, 3, 4, 5}));
}

TEST(Buffered, WaitingReceiverGetsTheElementWithoutTheBuffer) {
  const Body receiver({receive(1)});
  const Body main({go(receiver), yield(), send(1, 8), note_len(1, 1)});
  const auto run = run_alone({{.capacity = 2}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{0});
  EXPECT_TRUE(run.has(EventKind::kSendToReceiver));
  EXPECT_EQ(received(run, 1), Ids{8});
}

TEST(Buffered, LenAndCapAreToldAndNilHasNeither) {
  const Body main({note_len(1, 1), note_cap(1, 1), send(1, 1), send(1, 1), note_len(1, 1),
                   note_cap(1, 1), note_len(1, kNilChannel), note_cap(1, kNilChannel)});
  EXPECT_EQ(run_alone({{.capacity = 3}}, main).notes(1), (Ids{0, 3, 2, 3, 0, 0}));
  const Body unbuffered({note_len(1, 1), note_cap(1, 1)});
  EXPECT_EQ(run_alone({{}}, unbuffered).notes(1), (Ids{0, 0}));
}

// --- Elements ------------------------------------------------------------------------------------

// Every way that an element can travel, for one size.
class ElementOf : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(ElementOf, ArrivesWholeOnEveryWay) {
  const std::uint32_t bytes = GetParam();
  const Body receiver({receive(1)}, bytes + 16);
  const Body sender({send(1, 0x12345678)}, bytes + 16);
  const Body main(
      {// to a waiting receiver
       go(receiver), yield(), send(1, 0x01020304),
       // from a waiting sender
       go(sender), yield(), receive(1),
       // through a buffer
       send(2, 0x11223344), receive(2)},
      bytes + 16);
  const auto run = run_alone({{bytes, 0}, {bytes, 1}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  const std::uint32_t mask = bytes == 0 ? 0 : bytes == 1 ? 0xffu : 0xffffffffu;
  Ids expected{0x01020304 & mask, 0x12345678 & mask};
  Ids seen = received(run, 1, 2);
  for (const std::uint32_t value : received(run, 1, 1)) seen.push_back(value);
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(received(run, 2), Ids{0x11223344 & mask});
}

TEST_P(ElementOf, ArrivesWholeFromASenderBehindAFullBuffer) {
  const std::uint32_t bytes = GetParam();
  const Body sender({send(1, 0x12345678)}, bytes + 16);
  const Body main({send(1, 0x01020304), go(sender), yield(), receive(1), receive(1)}, bytes + 16);
  const auto run = run_alone({{bytes, 1}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  const std::uint32_t mask = bytes == 0 ? 0 : bytes == 1 ? 0xffu : 0xffffffffu;
  EXPECT_EQ(received(run, 1), (Ids{0x01020304 & mask, 0x12345678 & mask}));
}

TEST_P(ElementOf, IsZeroedByAReceiveFromAClosedChannel) {
  const std::uint32_t bytes = GetParam();
  const Body waiting({receive(1)}, bytes + 16);
  const Body main({go(waiting), yield(), close(1), receive(1), try_receive(1)}, bytes + 16);
  const auto run = run_alone({{bytes, 0}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  const auto all = run.of<event::DoneReceive>();
  ASSERT_EQ(all.size(), 3u);
  for (const auto& done : all) {
    EXPECT_TRUE(done.selected && !done.ok && !done.torn);
    EXPECT_EQ(done.token, kZeroToken);
  }
}

INSTANTIATE_TEST_SUITE_P(Bytes, ElementOf, ::testing::Values(0u, 1u, 8u, 24u, 4096u));

TEST(Element, IsDiscardedOnEveryWay) {
  const Body receiver({receive_discarding(1)});
  const Body sender({send(1, 5)});
  const Body behind({send(2, 7)});
  const Body main({go(receiver), yield(), send(1, 4), go(sender), yield(), receive_discarding(1),
                   send(2, 6), receive_discarding(2), send(2, 6), go(behind), yield(),
                   receive_discarding(2), receive(2), close(1), receive_discarding(1)});
  const auto run = run_alone({{}, {.capacity = 1}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.count(EventKind::kDoneReceive), 6u);
  EXPECT_EQ(received(run, 2), (Ids{0, 0, 7}));
  EXPECT_EQ(leftovers(run), Leftovers{});
}

TEST(Element, OfAWaitingDiscardIsNotClearedByClose) {
  const Body receiver({receive_discarding(1), note(1, 1)});
  const Body main({go(receiver), yield(), close(1)});
  const auto run = run_alone({{}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{1});
}

TEST(Element, IsClearedFromTheBufferWhenItIsTaken) {
  const Body main({send(1, 0x77), receive(1),
                   [](Machine& m, Goroutine& g) { announce(g, 1, channel(m, 1)->slot(0)[0]); }});
  EXPECT_EQ(run_alone({{.capacity = 1}}, main).notes(1), Ids{0});
}

TEST(Element, IsWrittenIntoTheCallersFrame) {
  const Body callee({receive_by_pointer(1)});
  const Body main({send(1, 99), call(callee), [](Machine&, Goroutine& g) {
                     const auto* const slot = reinterpret_cast<void*>(g.at(Body::slot(g)));
                     announce(g, 1, read_element(slot, 8).value);
                   }});
  EXPECT_EQ(run_alone({{.capacity = 1}}, main).notes(1), Ids{99});
}

// --- Nil channels --------------------------------------------------------------------------------

TEST(NilChannel, BlocksForEver) {
  const auto reason = [](const Op& op) {
    const Body main({op});
    const auto run = run_alone({}, main);
    EXPECT_EQ(run.ending(), kDeadlockEnding);
    return run.of<event::EndGoroutine>().at(0).reason;
  };
  EXPECT_EQ(reason(send(kNilChannel, 1)), WaitReason::kChanSendNil);
  EXPECT_EQ(reason(receive(kNilChannel)), WaitReason::kChanReceiveNil);
}

TEST(NilChannel, NonBlockingOperationsGiveUp) {
  const Body main({try_send(kNilChannel, 1), try_receive(kNilChannel)});
  const auto run = run_alone({}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_FALSE(run.of<event::DoneSend>().at(0).selected);
  EXPECT_FALSE(run.of<event::DoneReceive>().at(0).selected);
}

// --- Non-blocking --------------------------------------------------------------------------------

TEST(NonBlocking, GivesUpOnlyWhenItWouldWait) {
  const Body waiting({receive(1)});
  const Body main({try_receive(1), try_send(1, 1),  // nobody there
                   try_receive(2), try_send(2, 3), try_send(2, 4), try_receive(2), go(waiting),
                   yield(), try_send(1, 9)});
  const auto run = run_alone({{}, {.capacity = 1}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  std::vector<bool> sent, got;
  for (const auto& done : run.of<event::DoneSend>()) sent.push_back(done.selected);
  for (const auto& done : run.of<event::DoneReceive>()) {
    if (done.goroutine == 1) got.push_back(done.selected && done.ok);
  }
  EXPECT_EQ(sent, (std::vector<bool>{false, true, false, true}));
  EXPECT_EQ(got, (std::vector<bool>{false, false, true}));
  EXPECT_EQ(received(run, 2), Ids{3});
  EXPECT_EQ(received(run, 1), Ids{9});
  EXPECT_EQ(run.count(EventKind::kNotReady), 4u);
}

TEST(NonBlocking, TakesFromAWaitingSender) {
  const Body sender({send(1, 6)});
  const Body main({go(sender), yield(), try_receive(1)});
  const auto run = run_alone({{}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(received(run, 1), Ids{6});
}

TEST(NonBlocking, GivesUpWithoutTheLock) {
  const Body main({try_send(1, 1), try_receive(1), try_receive(2), send(2, 1), try_send(2, 1)});
  const auto run = run_alone({{}, {.capacity = 1}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  unsigned locked = 0;
  for (const auto& event : run.of<event::LockAcquired>()) {
    locked += event.rank == LockRank::kChannel;
  }
  EXPECT_EQ(locked, 1u);  // the blocking send
}

// --- Broken invariants ---------------------------------------------------------------------------

TEST(Fatal, WaiterIsWokenByNobody) {
  const Body receiver({receive(1)});
  const Body sender({send(1, 1)});
  const std::string expected = "fatal: spurious wake-up: the waker named no sudog, or another one";
  for (const Body* const waiter : {&receiver, &sender}) {
    const Body main({go(*waiter), yield(), ready_goroutine(2)});
    EXPECT_EQ(run_alone({{}}, main).ending(), expected);
  }
}

TEST(Fatal, SenderIsWokenAsByCloseAndTheChannelIsOpen) {
  const Body sender({send(1, 1)});
  const Body main({go(sender), yield(), [](Machine& m, Goroutine& g) {
                     channel(m, 1)->lock.lock(Site::kTest);
                     Sudog* const sudog = channel(m, 1)->senders.dequeue();
                     sudog->element.plant(0);
                     channel(m, 1)->lock.unlock(Site::kTest);
                     wake(m, g, *sudog, false);
                   }});
  EXPECT_EQ(
      run_alone({{}}, main).ending(),
      "fatal: spurious wake-up: a sender was woken by nobody's receive, and the channel is open");
}

TEST(Fatal, WaitingListIsNotTheOneThatWaited) {
  const Body receiver({receive(1)});
  const Body main({go(receiver), yield(),
                   [](Machine& m, Goroutine&) { goroutine(m, 2).waiting = &make<Sudog>(); },
                   send(1, 1)});
  EXPECT_EQ(run_alone({{}}, main).ending(),
            "fatal: waiting list is corrupted: the sudog is not the one that waited");
}

TEST(Fatal, MoreOrLargerChannelsThanTheLimits) {
  const Body too_large({[](Machine& m, Goroutine&) {
    make_channel(*m.runtime, kElementSizeMax, 1);
    make_channel(*m.runtime, kElementSizeMax + 1, 0);
  }});
  EXPECT_EQ(run_alone({}, too_large).ending(), "fatal: make_channel: element too large");
  const Body too_many({loop(kChannelsLimit + 1, {[](Machine& m, Goroutine& g) {
                              announce(g, 1, make_channel(*m.runtime, 0, 0)->id);
                            }})});
  const auto run = run_alone({}, too_many);
  EXPECT_EQ(run.ending(), "fatal: make_channel: kChannelsLimit channels exist");
  EXPECT_EQ(run.notes(1).size(), kChannelsLimit);
  EXPECT_EQ(run.notes(1).back(), kChannelsLimit);
}

// --- Elastic buffers -----------------------------------------------------------------------------

TEST(ElasticBuffer, IsThereWhileSomethingIsInIt) {
  RunSetup setup = kOneProcessor;
  setup.knobs.elastic_buffers = true;
  const Body main(
      {send(1, 5), send(1, 6), receive(1), receive(1), note(1, 1), send(1, 7), receive(1)});
  const auto run = run_program(with_channels({{.capacity = 2}}, setup), main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(received(run, 1), (Ids{5, 6, 7}));
  std::vector<EventKind> lives;
  for (const Event& event : run.events) {
    if (event.kind == EventKind::kObjectMade || event.kind == EventKind::kObjectFreed)
      lives.push_back(event.kind);
  }
  EXPECT_EQ(lives, (std::vector{EventKind::kObjectMade, EventKind::kObjectFreed,
                                EventKind::kObjectMade, EventKind::kObjectFreed}));
}

}  // namespace
}  // namespace concertina
