// Select: which case is taken, what happens to the others, and what two wakers do to each other.
#include "chan/select.h"

#include <gtest/gtest.h>

#include "chan/channel_internal.h"
#include "chan/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

const char kDeadlockEnding[] = "deadlock: all goroutines are asleep - deadlock!";

ProgramRun run_alone(const std::vector<ChannelSpec>& channels, const Body& main) {
  return run_program(with_channels(channels, kOneProcessor), main);
}

// Cases chosen by finished selects, in order.
Ids chosen(const ProgramRun& run, GoroutineId g = kNoGoroutine) {
  Ids cases;
  for (const auto& event : run.of<event::DoneSelect>()) {
    if (g == kNoGoroutine || event.goroutine == g) cases.push_back(event.chosen);
  }
  return cases;
}

// --- Ready cases ---------------------------------------------------------------------------------

TEST(Select, TakesTheReadyCase) {
  const Body receiver({receive(2)});
  const Body sender({send(3, 33)});
  const Body main({send(1, 11), select({on_receive(4), on_receive(1)}),  // from the buffer
                   select({on_receive(4), on_send(1, 12)}),              // into the buffer
                   receive(1), go(receiver), yield(),
                   select({on_receive(4), on_send(2, 22)}),  // to a waiting receiver
                   go(sender), yield(), select({on_receive(3), on_receive(4)}), close(4),
                   select({on_receive(2), on_receive(4)})},
                  64, 2);
  const auto run = run_alone({{.capacity = 1}, {}, {}, {}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(chosen(run), (Ids{1, 1, 1, 0, 1}));
  EXPECT_EQ(received(run, 1), (Ids{11, 12}));
  EXPECT_EQ(received(run, 2), Ids{22});
  EXPECT_EQ(received(run, 3), Ids{33});
  const auto last = run.of<event::DoneSelect>().back();
  EXPECT_FALSE(last.ok || last.torn);
  EXPECT_EQ(last.token, kZeroToken);
  EXPECT_EQ(run.count(EventKind::kParked), 2u);
  EXPECT_EQ(leftovers(run), Leftovers{});
}

TEST(Select, TakesTheElementOfASenderBehindAFullBuffer) {
  const Body sender({send(1, 2)});
  const Body main(
      {send(1, 1), go(sender), yield(), select({on_receive(1)}), select({on_receive(1)})});
  const auto run = run_alone({{.capacity = 1}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(received(run, 1), (Ids{1, 2}));
}

TEST(Select, DefaultIsTakenWhenNoCaseIsReady) {
  const Body main({select_or_default({on_receive(1), on_send(1, 1), on_receive(2), on_send(3, 1)}),
                   select_or_default({}), select_or_default({on_receive(kNilChannel)}), send(2, 6),
                   select_or_default({on_receive(1), on_receive(2)})},
                  64, 4);
  const auto run = run_alone({{}, {.capacity = 1}, {.capacity = 0}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(chosen(run), (Ids{kSelectedDefault, kSelectedDefault, kSelectedDefault, 1}));
  EXPECT_EQ(run.count(EventKind::kSelectDefault), 3u);
  EXPECT_FALSE(run.has(EventKind::kParked));
}

TEST(Select, NilCasesAreNeverReady) {
  const Body main({send(1, 4), select({on_receive(kNilChannel), on_send(kNilChannel, 1),
                                       on_receive(1), on_receive(kNilChannel)})},
                  64, 4);
  const auto run = run_alone({{.capacity = 1}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(chosen(run), Ids{2});
}

TEST(Select, WithoutAnyChannelBlocksForEver) {
  const Body no_case({select({})});
  const Body only_nil({select({on_receive(kNilChannel), on_send(kNilChannel, 1)})}, 64, 2);
  for (const Body* const main : {&no_case, &only_nil}) {
    const auto run = run_alone({}, *main);
    EXPECT_EQ(run.ending(), kDeadlockEnding);
    EXPECT_EQ(run.of<event::EndGoroutine>().at(0).reason, WaitReason::kSelectNoCases);
  }
}

TEST(Select, SendOnAClosedChannelPanics) {
  const Body main({close(2), select({on_receive(1), on_send(2, 1)})}, 64, 2);
  const auto run = run_alone({{}, {}}, main);
  EXPECT_EQ(run.ending(), "panic: send on closed channel");
  EXPECT_EQ(run.of<event::Panicked>().at(0).channel, 2);
}

TEST(Select, TakesUpToSixtyFourCases) {
  std::vector<ChannelSpec> channels(kChannelsLimit, ChannelSpec{});
  channels[36].capacity = 1;
  std::vector<TestCase> cases;
  for (ChannelId id = kSelectCasesMax; id >= 1; --id) cases.push_back(on_receive(id));
  const Body main({send(37, 5), select(cases), select_or_default(cases)}, 16, kSelectCasesMax);
  const auto run = run_alone(channels, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(chosen(run), (Ids{kSelectCasesMax - 37, kSelectedDefault}));
  EXPECT_EQ(received(run, 37), Ids{5});
}

TEST(Select, SixtyFourCasesWaitAndLeaveNothingBehind) {
  const std::vector<ChannelSpec> channels(kChannelsLimit, ChannelSpec{});
  std::vector<TestCase> cases;
  for (ChannelId id = 1; id <= kSelectCasesMax; ++id) cases.push_back(on_receive(id));
  const Body waiter({select(cases)}, 16, kSelectCasesMax);
  const Body main({go(waiter), yield(), send(9, 7)});
  const auto run = run_alone(channels, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(chosen(run), Ids{8});
  EXPECT_EQ(run.count(EventKind::kDequeued), kSelectCasesMax - 1);
  EXPECT_EQ(leftovers(run), Leftovers{});
}

TEST(Select, OneCaseMoreOrACaseThatDoesNotExistIsFatal) {
  const Body too_many(
      {[](Machine& m, Goroutine& g) { call_select(m, g, kSelectCasesMax + 1, false); }});
  EXPECT_EQ(run_alone({}, too_many).ending(), "fatal: select: more than kSelectCasesMax cases");
  const Body none({[](Machine& m, Goroutine& g) {
    call_select(m, g, 2, false);
    set_case(g, 2, nullptr, false, 0);
  }});
  EXPECT_EQ(run_alone({}, none).ending(), "fatal: select: a case that does not exist");
}

// --- Waiting -------------------------------------------------------------------------------------

TEST(Select, WaitingOneIsWokenByASendOrAReceive) {
  const Body waiter(
      {select({on_receive(1), on_send(2, 5)}), select({on_receive(1), on_send(2, 6)})}, 64, 2);
  const Body main({go(waiter), yield(), send(1, 3), yield(), receive(2), note_waiters(1, 1),
                   note_waiters(1, 2)});
  const auto run = run_alone({{}, {}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(chosen(run), (Ids{0, 1}));
  EXPECT_EQ(received(run, 1), Ids{3});
  EXPECT_EQ(received(run, 2), Ids{6});
  EXPECT_EQ(run.count(EventKind::kDequeued), 2u);
  EXPECT_EQ(run.of<event::Dequeued>().at(0).channel, 2);
  EXPECT_EQ(leftovers(run), Leftovers{});
}

TEST(Select, WaitingOneIsWokenByClose) {
  const Body waiter({select({on_receive(1), on_receive(2)})}, 64, 2);
  const Body main({go(waiter), yield(), close(2)});
  const auto run = run_alone({{}, {}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  const auto done = run.of<event::DoneSelect>().at(0);
  EXPECT_EQ(done.chosen, 1);
  EXPECT_EQ(done.token, kZeroToken);
  EXPECT_FALSE(done.ok || done.torn);
  EXPECT_EQ(leftovers(run), Leftovers{});
}

TEST(Select, WaitingSendCaseIsWokenByCloseAndPanics) {
  const Body waiter({select({on_receive(1), on_send(2, 5)})}, 64, 2);
  const Body main({go(waiter), yield(), close(2), note(1, 1)});
  const auto run = run_alone({{}, {}}, main);
  EXPECT_EQ(run.ending(), "panic: send on closed channel");
  EXPECT_EQ(run.notes(1), Ids{1});  // close itself went well
  const auto panicked = run.of<event::Panicked>().at(0);
  EXPECT_EQ(panicked.goroutine, 2);
  EXPECT_EQ(panicked.channel, 2);
}

// Go: TestSelectDuplicateChannel. Two sudogs of one goroutine on one queue, gone again by a third.
TEST(Select, DuplicatesOfOneChannelDoNotCorruptItsQueue) {
  const Body waiter({select({on_receive(1), on_receive(1), on_receive(2)}), note(1, 1)}, 64, 3);
  const Body other({receive(1)});
  const Body main({go(waiter), yield(), go(other), yield(), note_waiters(2, 1), send(2, 1), yield(),
                   note_waiters(2, 1), send(1, 8)});
  const auto run = run_alone({{}, {}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(2), (Ids{3, 1}));
  EXPECT_EQ(received(run, 1, 3), Ids{8});
  EXPECT_EQ(chosen(run), Ids{2});
  EXPECT_EQ(leftovers(run), Leftovers{});
}

TEST(Select, DuplicatesAreEachWokenAndLockedOnce) {
  const Body waiter({select({on_receive(1), on_send(1, 4), on_receive(1)})}, 64, 3);
  const Body main({go(waiter), yield(), send(1, 8)});
  const auto run = run_alone({{}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(received(run, 1), Ids{8});
  unsigned locked = 0;
  for (const auto& event : run.of<event::LockAcquired>()) {
    locked += event.goroutine == 2 && event.rank == LockRank::kChannel;
  }
  EXPECT_EQ(locked, 2u);  // before it parked, and after
}

TEST(Select, OfOneGoroutineDoesNotMeetItself) {
  const Body main({select({on_send(1, 5), on_receive(1)})}, 64, 2);
  EXPECT_EQ(run_alone({{}}, main).ending(), kDeadlockEnding);
}

// Go: TestSelfSelect. Two goroutines select on both ends of one channel.
TEST(Select, TwoOnBothEndsOfAChannelMeetEachOther) {
  for (const std::uint32_t capacity : {0u, 10u}) {
    const Body first({loop(6, {select({on_send(1, 101), on_receive(1)})})}, 64, 2);
    const Body second({loop(6, {select({on_receive(1), on_send(1, 102)})})}, 64, 2);
    const Body main({go(first), go(second)});
    for (unsigned seed = 0; seed < 100; ++seed) {
      const AnyRun any(seed);
      const auto run = run_program(with_channels({{.capacity = capacity}}, any.setup), main);
      if (capacity != 0) {
        ASSERT_EQ(run.ending(), "exit: ") << seed;
        continue;
      }
      // Spawn order is the order of ids: 2 is the first.
      ASSERT_EQ(run.ending(), "exit: ") << seed;
      for (const std::uint32_t value : received(run, 1, 2)) ASSERT_EQ(value, 102u);
      for (const std::uint32_t value : received(run, 1, 3)) ASSERT_EQ(value, 101u);
    }
  }
}

TEST(Select, CanBeDoneAgainAfterItWasWoken) {
  const Body waiter({loop(3, {select({on_receive(1), on_receive(2)})})}, 64, 2);
  const Body main({go(waiter), yield(), send(1, 1), yield(), send(2, 2), yield(), send(1, 3)});
  const auto run = run_alone({{}, {}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(chosen(run), (Ids{0, 1, 0}));
}

// --- Order ---------------------------------------------------------------------------------------

TEST(Select, ReadyCasesAllGetTheirTurn) {
  const Body main(
      {loop(300, {try_send(1, 1), try_send(2, 1), select({on_receive(1), on_receive(2)})})}, 64, 2);
  const AnyRun any(5);
  const auto run = run_program(with_channels({{8, 1}, {8, 1}}, any.setup), main);
  EXPECT_EQ(run.ending(), "exit: ");
  unsigned first = 0;
  for (const std::uint32_t index : chosen(run)) first += index == 0;
  EXPECT_GT(first, 100u);
  EXPECT_LT(first, 200u);
}

TEST(Select, LocksEachChannelOnceInOrderOfIds) {
  const Body main({select_or_default({on_receive(3), on_receive(1), on_send(3, 1), on_receive(2)})},
                  64, 4);
  for (unsigned seed = 0; seed < 20; ++seed) {  // poll orders
    const AnyRun any(seed, kOneProcessor);
    const auto run = run_program(with_channels({{}, {}, {}}, any.setup), main);
    Ids locked;
    for (const auto& event : run.of<event::LockAcquired>()) {
      if (event.rank == LockRank::kChannel) locked.push_back(event.order);
    }
    EXPECT_EQ(locked, (Ids{1, 2, 3}));
  }
}

// --- Broken invariants ---------------------------------------------------------------------------

TEST(Fatal, SelectIsWokenByNobody) {
  const Body waiter({select({on_receive(1), on_receive(2)})}, 64, 2);
  const Body main({go(waiter), yield(), ready_goroutine(2)});
  EXPECT_EQ(run_alone({{}, {}}, main).ending(), "fatal: spurious wake-up: select: bad wakeup");
}

TEST(Fatal, SelectFindsFewerSudogsThanCases) {
  const Body waiter({select({on_receive(1), on_receive(2)})}, 64, 2);
  const Body main({go(waiter), yield(),
                   [](Machine& m, Goroutine&) { goroutine(m, 2).waiting->wait_link = nullptr; },
                   send(1, 1)});
  EXPECT_EQ(run_alone({{}, {}}, main).ending(),
            "fatal: waiting list is corrupted: fewer sudogs than cases");
}

}  // namespace
}  // namespace concertina
