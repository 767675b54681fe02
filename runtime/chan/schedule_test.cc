// Channel operations under chosen schedules and draws.
#include <gtest/gtest.h>

#include "chan/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

// It has seen an element without the lock; another one takes it before the lock.
TEST(NonBlocking, ReceiverGivesUpWhenItWasBeatenToTheElement) {
  ScriptChooser script;
  script.add({.path = child_path(kMainPath, 0),
              .site = Site::kChanReceiveLock,
              .until_path = kMainPath,
              .until_site = Site::kChanReceiveUnlock});
  script.add({.path = kMainPath,
              .site = Site::kTest,
              .until_path = child_path(kMainPath, 0),
              .until_site = Site::kChanReceiveFastEmpty});
  const Body loser({try_receive(1)});
  const Body main({send(1, 5), go(loser),
                   [](Machine& m, Goroutine&) { (void)m.runtime->need_spinning.load(Site::kTest); },
                   receive(1)});
  const auto run = run_program(with_channels({{.capacity = 1}}, {.chooser = &script}), main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_TRUE(script.is_complete());
  EXPECT_EQ(received(run, 1, 1), Ids{5});
  const auto done = run.of<event::DoneReceive>();
  ASSERT_EQ(done.size(), 2u);
  EXPECT_EQ(done[1].goroutine, 2);
  EXPECT_FALSE(done[1].selected);
}

// --- Close against non-blocking operations, all over the schedule --------------------------------

// A waiting receiver makes the channel ready for a send until it is closed: a try-send either meets
// the receiver or panics, and never gives up.
TEST(Close, TrySendNeverGivesUpWhileCloseReleasesReceivers) {
  const Body receiver({receive(1)});
  const Body sender({try_send(1, 1)});
  const Body main({go(receiver),
                   [](Machine& m, Goroutine&) {
                     while (channel(m, 1)->receivers.looks_empty(Site::kTest)) {
                     }
                   },
                   go(sender), close(1)});
  unsigned sent = 0, panicked = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    Random random(seed);
    const auto run = run_program(with_channels({{}}, {.chooser = &random}), main);
    for (const auto& event : run.of<event::DoneSend>()) {
      ASSERT_TRUE(event.selected) << seed;
      ++sent;
    }
    panicked += run.report.outcome == Outcome::kPanic;
  }
  EXPECT_GT(sent, 0u);
  EXPECT_GT(panicked, 0u);
}

// The try-receive has seen the empty channel; then an element comes, and the close.
TEST(Close, TryReceiveLooksAgainForAnElementAfterItSawTheClose) {
  ScriptChooser script;
  const SpawnPath child = child_path(kMainPath, 0);
  script.add({.path = child,
              .site = Site::kChanReceiveFastClosed,
              .until_path = kMainPath,
              .until_site = Site::kChanCloseUnlock});
  script.add({.path = kMainPath,
              .site = Site::kChanSendLock,
              .until_path = child,
              .until_site = Site::kChanReceiveFastEmpty});
  const Body receiver({try_receive(1)});
  const Body main({go(receiver), send(1, 5), close(1)});
  const auto run = run_program(with_channels({{.capacity = 1}}, {.chooser = &script}), main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_TRUE(script.is_complete());
  EXPECT_TRUE(run.of<event::DoneReceive>().at(0).ok);
  EXPECT_EQ(received(run, 1), Ids{5});
}

TEST(Close, EveryReceiverIsWokenWhateverTheSchedule) {
  const Body receiver({range(1, {})});
  const Body main({loop(4, {go(receiver)}), send(1, 3), yield(), send(1, 4), close(1)});
  for (unsigned seed = 0; seed < 200; ++seed) {
    PriorityChooser priorities(seed);
    const auto run = run_program(with_channels({{}}, {.chooser = &priorities}), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(received(run, 1).size(), 2u);
    ASSERT_EQ(leftovers(run), Leftovers{});
  }
}

// --- Select -----------------------------------------------------------------------------------

TEST(Select, DrawsDecideWhichReadyCaseIsTaken) {
  const Body main(
      {send(1, 1), send(2, 2), send(3, 3), select({on_receive(1), on_receive(2), on_receive(3)})},
      64, 3);
  // Fisher-Yates inside out: the i-th draw is where case i goes.
  const auto taken = [&](std::uint32_t second, std::uint32_t third) {
    Picks draws({}, {second, third});
    RunSetup setup = kOneProcessor;
    setup.chooser = &draws;
    const auto run = run_program(with_channels({{8, 1}, {8, 1}, {8, 1}}, setup), main);
    return run.of<event::DoneSelect>().at(0).chosen;
  };
  EXPECT_EQ(taken(1, 2), 0);
  EXPECT_EQ(taken(0, 2), 1);
  EXPECT_EQ(taken(0, 0), 2);
}

}  // namespace
}  // namespace concertina
