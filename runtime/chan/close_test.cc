// close: who is woken and with what, what a closed channel still gives, and what panics.
#include <gtest/gtest.h>

#include "chan/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

ProgramRun run_alone(const std::vector<ChannelSpec>& channels, const Body& main) {
  return run_program(with_channels(channels, kOneProcessor), main);
}

enum ReceiveResult { kGaveUp, kZeroOfClosed, kValue };

std::vector<ReceiveResult> receive_results(const ProgramRun& run) {
  std::vector<ReceiveResult> results;
  for (const auto& done : run.of<event::DoneReceive>()) {
    results.push_back(!done.selected ? kGaveUp : done.ok ? kValue : kZeroOfClosed);
  }
  return results;
}

TEST(Close, WakesEveryReceiverWithAZeroValue) {
  const Body receiver({receive(1)});
  const Body main({loop(3, {go(receiver), yield()}), close(1), note_waiters(1, 1)});
  const auto run = run_alone({{}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(receive_results(run), std::vector(3, kZeroOfClosed));
  for (const auto& done : run.of<event::DoneReceive>()) {
    EXPECT_EQ(done.token, kZeroToken);
    EXPECT_FALSE(done.torn);
  }
  EXPECT_EQ(run.count(EventKind::kCloseWakesReceiver), 3u);
  EXPECT_EQ(run.notes(1), Ids{0});
  EXPECT_EQ(leftovers(run), Leftovers{});
}

TEST(Close, WakesEverySenderToPanic) {
  const Body sender({send(1, 1)});
  const Body main({loop(3, {go(sender), yield()}), close(1), note_waiters(1, 1)});
  const auto run = run_alone({{}}, main);
  EXPECT_EQ(run.ending(), "panic: send on closed channel");
  EXPECT_EQ(run.count(EventKind::kCloseWakesSender), 3u);
  EXPECT_EQ(run.count(EventKind::kReadied, 1), 3u);
  EXPECT_EQ(run.notes(1), Ids{0});
  EXPECT_NE(run.of<event::Panicked>().at(0).goroutine, 1);
}

TEST(Close, WakesSendersBehindAFullBuffer) {
  const Body sender({send(1, 2)});
  const Body main({send(1, 1), go(sender), yield(), close(1)});
  EXPECT_EQ(run_alone({{.capacity = 1}}, main).ending(), "panic: send on closed channel");
}

TEST(Close, LetsTheBufferBeDrainedFirst) {
  const Body main({send(1, 5), send(1, 6), close(1), note_len(1, 1), receive(1), try_receive(1),
                   receive(1), try_receive(1)});
  const auto run = run_alone({{.capacity = 3}}, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.notes(1), Ids{2});
  EXPECT_EQ(received(run, 1), (Ids{5, 6}));
  EXPECT_EQ(receive_results(run),
            (std::vector<ReceiveResult>{kValue, kValue, kZeroOfClosed, kZeroOfClosed}));
}

TEST(Close, EndsARange) {
  const Body producer({send(1, 1), send(1, 2), send(1, 3), close(1)});
  const Body main({go(producer), range(1, {note(1, 7)}), note(2, 1)});
  for (const std::uint32_t capacity : {0u, 1u, 5u}) {
    const auto run = run_alone({{.capacity = capacity}}, main);
    EXPECT_EQ(run.ending(), "exit: ");
    EXPECT_EQ(received(run, 1), (Ids{1, 2, 3}));
    EXPECT_EQ(run.notes(1).size(), 3u);
    EXPECT_EQ(run.notes(2), Ids{1});
  }
}

TEST(Close, SendAfterwardsPanics) {
  const Body blocking({close(1), send(1, 1)});
  const Body non_blocking({close(1), try_send(1, 1)});
  for (const std::uint32_t capacity : {0u, 1u}) {
    for (const Body* const main : {&blocking, &non_blocking}) {
      const auto run = run_alone({{.capacity = capacity}}, *main);
      EXPECT_EQ(run.ending(), "panic: send on closed channel");
      const auto panicked = run.of<event::Panicked>();
      ASSERT_EQ(panicked.size(), 1u);
      EXPECT_EQ(panicked[0].channel, 1);
      EXPECT_EQ(panicked[0].panic, PanicKind::kSendOnClosed);
    }
  }
}

TEST(Close, OfAClosedChannelPanics) {
  const Body main({close(1), close(1)});
  const auto run = run_alone({{}}, main);
  EXPECT_EQ(run.ending(), "panic: close of closed channel");
  EXPECT_EQ(run.of<event::Panicked>().at(0).panic, PanicKind::kCloseOfClosed);
}

TEST(Close, OfNilPanics) {
  const Body main({close(kNilChannel)});
  const auto run = run_alone({}, main);
  EXPECT_EQ(run.ending(), "panic: close of nil channel");
  EXPECT_EQ(run.of<event::Panicked>().at(0).panic, PanicKind::kCloseOfNil);
}

TEST(Close, NoPanicLeavesALockBehind) {
  const Body close_twice({close(1), close(1)});
  const Body send_after({close(1), send(1, 1)});
  const Body select_after({close(1), select({on_send(1, 1), on_receive(2)})}, 64, 2);
  const Body waiter({select({on_send(1, 1), on_receive(2)})}, 64, 2);
  const Body waiting_select({go(waiter), yield(), close(1)});
  for (const Body* const main : {&close_twice, &send_after, &select_after, &waiting_select}) {
    const auto run = run_alone({{}, {}}, *main);
    EXPECT_EQ(run.report.outcome, Outcome::kPanic);
    unsigned held = 0;
    for (const Event& event : run.events) {
      if (event.kind == EventKind::kLockAcquired) ++held;
      if (event.kind == EventKind::kLockReleased) --held;
    }
    EXPECT_EQ(held, 0u);
  }
}

TEST(Close, LeavesTheElementOfAWaitingSenderAlone) {
  const Body sender({send(1, 6)});
  const Body main({go(sender), yield(),
                   [](Machine& m, Goroutine& g) {
                     task_frame(g).value =
                         channel(m, 1)->senders.inspect_first()->element.inspect();
                   },
                   close(1),
                   [](Machine&, Goroutine& g) {
                     const auto* const element = reinterpret_cast<void*>(task_frame(g).value);
                     announce(g, 1, read_element(element, 8).value);
                   }});
  EXPECT_EQ(run_alone({{}}, main).notes(1), Ids{6});
}

// A select may wait on both ends of a channel that is closed.
TEST(Close, WakesASelectOnBothEndsOnce) {
  const Body waiter({select({on_receive(1), on_send(1, 5)}), note(1, 1)}, 64, 2);
  const Body main({go(waiter), yield(), close(1), note_waiters(2, 1)});
  const auto run = run_alone({{}}, main);
  EXPECT_EQ(run.ending(), "exit: ");  // the receive case is released first
  EXPECT_EQ(run.notes(1), Ids{1});
  EXPECT_EQ(run.notes(2), Ids{0});
  EXPECT_EQ(run.count(EventKind::kReadied, 1), 1u);
  EXPECT_EQ(leftovers(run), Leftovers{});
}

// Go: TestNonblockRecvRace. The element is there before the close: a try-receive gets it, always.
TEST(Close, TryReceiveNeverMissesAnElementThatWasSentBefore) {
  const Body receiver({try_receive(1)});
  const Body main({send(1, 5), go(receiver), close(1)});
  for (unsigned seed = 0; seed < 300; ++seed) {
    const AnyRun any(seed);
    const auto run = run_program(with_channels({{.capacity = 1}}, any.setup), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(received(run, 1), Ids{5}) << seed;
  }
}

}  // namespace
}  // namespace concertina
