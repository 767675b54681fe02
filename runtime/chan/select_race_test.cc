// Select against other goroutines, under many schedules and a few scripted ones.
#include <gtest/gtest.h>

#include <algorithm>

#include "chan/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

constexpr SpawnPath kFirst = child_path(kMainPath, 0);
constexpr SpawnPath kSecond = child_path(kMainPath, 1);

// Until the waiter's sudogs are queued and its locks are free, or about to be.
Op wait_until_parked(GoroutineId id) {
  return [=](Machine& m, Goroutine&) {
    platform::spin_until(
        goroutine(m, id).status, [](Status s) { return s == kWaiting; }, Site::kTest);
    spin_for(goroutine(m, id).parking_on_chan, 0);
  };
}

// Two senders have each locked a channel of the select and found its sudog; the first is held there
// until the second has decided.
TEST(SelectRace, WakerThatComesSecondWaitsForAnotherReceiver) {
  ScriptChooser script;
  script.add({.path = kSecond,
              .site = Site::kChanSendLock,
              .until_path = kFirst,
              .until_site = Site::kChanSendLock});
  script.add({.path = kFirst,
              .site = Site::kSelectDoneUpdate,
              .until_path = kSecond,
              .until_site = Site::kSelectDoneUpdate});
  const Body first({send(1, 11), note(1, 1)});
  const Body second({send(2, 22), note(1, 2)});
  const Body waiter({select({on_receive(1), on_receive(2)}), receive(1)}, 64, 2);
  // The waiter's path is main's third child.
  const Body main({[&](Machine& m, Goroutine& g) {
                     g.spawn_count = 2;
                     spawn(m, g, waiter.function(), nullptr);
                     g.spawn_count = 0;
                   },
                   wait_until_parked(2), go(first), go(second)});
  const auto run = run_program(
      with_channels({{}, {}}, {.knobs = {.processors = 4, .stacks = {}}, .chooser = &script}),
      main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_TRUE(script.is_complete());
  EXPECT_EQ(received(run, 2), Ids{22});  // the select
  EXPECT_EQ(received(run, 1), Ids{11});  // the receive after it
  EXPECT_EQ(leftovers(run), Leftovers{});
}

TEST(SelectRace, ExactlyOneWakerWinsWhateverTheSchedule) {
  const Body first({try_send(1, 11)});
  const Body second({try_send(2, 22)});
  const Body waiter({select({on_receive(1), on_receive(2)})}, 64, 2);
  const Body main({go(waiter), wait_until_parked(2), go(first), go(second)});
  unsigned wins[2] = {};
  for (unsigned seed = 0; seed < 400; ++seed) {
    Random random(seed);
    const auto run = run_program(
        with_channels({{}, {}}, {.knobs = {.processors = 3, .stacks = {}}, .chooser = &random}),
        main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    unsigned sent = 0;
    for (const auto& event : run.of<event::DoneSend>()) sent += event.selected;
    ASSERT_EQ(sent, 1u) << seed;
    ++wins[run.of<event::DoneSelect>().at(0).chosen];
    ASSERT_EQ(leftovers(run), Leftovers{});
  }
  EXPECT_GT(wins[0], 20u);
  EXPECT_GT(wins[1], 20u);
}

// The machine that parks the select walks its sudogs while it unlocks; the waker may come at once.
TEST(SelectRace, DuplicatesAreUnlockedOnlyAfterTheirLastSudog) {
  const Body waiter({loop(2, {select({on_receive(1), on_receive(1), on_receive(1)})})}, 64, 3);
  const Body main({go(waiter), send(1, 5), send(1, 6)});
  for (unsigned seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const auto run = run_program(with_channels({{}}, {.chooser = &random}), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(received(run, 1), (Ids{5, 6}));
    ASSERT_EQ(leftovers(run), Leftovers{});
  }
}

// Go: TestNonblockSelectRace. Channel 1 is ready, then 2 is made ready, then 1 is drained: a select
// with default acts on one instant, so it never takes the default.
TEST(SelectRace, DefaultIsNeverTakenWhileOneOfTwoChannelsIsAlwaysReady) {
  const Body chooser({select_or_default({on_receive(1), on_receive(2)})}, 64, 2);
  const Body makes_ready({send(1, 1), go(chooser), send(2, 1), try_receive(1)});
  const Body closes({send(1, 1), go(chooser), close(2), try_receive(1)});
  for (const Body* const main : {&makes_ready, &closes}) {
    for (unsigned seed = 0; seed < 200; ++seed) {
      Random random(seed);
      const auto run = run_program(with_channels({{8, 1}, {8, 1}}, {.chooser = &random}), *main);
      ASSERT_EQ(run.ending(), "exit: ") << seed;
      ASSERT_NE(run.of<event::DoneSelect>().at(0).chosen, kSelectedDefault) << seed;
    }
  }
}

Ids sorted(Ids values) {
  std::sort(values.begin(), values.end());
  return values;
}

// Go: test/chan/doubleselect.go. A select that sends one value to one of two channels, never both.
TEST(SelectRace, NoValueIsSentTwice) {
  constexpr std::uint32_t kValues = 8;
  const Op send_next =
      send_computed(3, [](Goroutine& g) { return 100 + task_frame(g).counters[0]; });
  const Body sender({loop(kValues, {send_next, select({on_send(1, 7), on_send(2, 7)})})}, 64, 2);
  const Body drain1({range(1, {})});
  const Body drain2({range(2, {})});
  const Body drain3({range(3, {})});
  const Body main({go(sender), go(drain1), go(drain2), go(drain3)});
  for (unsigned seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const auto run = run_program(with_channels({{}, {}, {8, 1}}, {.chooser = &random}), main);
    ASSERT_EQ(run.report.outcome, Outcome::kDeadlock) << seed;  // the ranges keep waiting
    ASSERT_EQ(received(run, 1).size() + received(run, 2).size(), kValues) << seed;
    ASSERT_EQ(received(run, 3).size(), kValues);
  }
}

// Go: TestSelectStress. Four channels; four plain senders and receivers, a select of sends and one
// of receives; the multiset of values arrives.
TEST(SelectRace, StressOfSelectsAndPlainOperations) {
  constexpr std::uint32_t kEach = 2;
  const Body s1({loop(kEach, {send(1, 10)})}), s2({loop(kEach, {send(2, 20)})});
  const Body s3({loop(kEach, {send(3, 30)})}), s4({loop(kEach, {send(4, 40)})});
  const Body multi_send(
      {loop(kEach * 4, {select({on_send(1, 11), on_send(2, 21), on_send(3, 31), on_send(4, 41)})})},
      64, 4);
  const Body multi_receive(
      {loop(kEach * 8, {select({on_receive(1), on_receive(2), on_receive(3), on_receive(4)})})}, 64,
      4);
  const Body main({go(multi_receive), go(s1), go(s2), go(s3), go(s4), go(multi_send)});
  for (unsigned seed = 0; seed < 150; ++seed) {
    PriorityChooser priorities(seed, 2000);
    Random random(seed);
    for (Chooser* const chooser :
         {static_cast<Chooser*>(&priorities), static_cast<Chooser*>(&random)}) {
      const auto run =
          run_program(with_channels({{}, {}, {24, 2}, {8, 3}}, {.chooser = chooser}), main);
      ASSERT_EQ(run.ending(), "exit: ") << seed;
      Ids all;
      for (ChannelId id = 1; id <= 4; ++id) {
        const Ids values = received(run, id);
        for (const std::uint32_t value : values) ASSERT_EQ(value / 10, id) << seed;
        all.insert(all.end(), values.begin(), values.end());
      }
      ASSERT_EQ(all.size(), kEach * 8);
      const Ids in_order = sorted(all);
      ASSERT_EQ(std::count_if(in_order.begin(), in_order.end(),
                              [](std::uint32_t v) { return v % 10 == 0; }),
                kEach * 4);
      ASSERT_EQ(leftovers(run), Leftovers{});
    }
  }
}

// Go: TestMultiConsumer. Workers take from one channel and put into another; count and sum are
// exact.
TEST(SelectRace, ManyConsumersLoseNothing) {
  const Op forward = send_computed(
      2, [](Goroutine& g) { return static_cast<std::uint32_t>(task_frame(g).value); });
  const Body worker({range(1, {forward}), send(3, 1)});
  const Op feed = send_computed(1, [](Goroutine& g) { return 1 + task_frame(g).counters[0]; });
  const Body feeder({loop(20, {feed}), close(1)});
  const Body main(
      {loop(5, {go(worker)}), go(feeder), loop(20, {receive(2)}), loop(5, {receive(3)})});
  for (unsigned seed = 0; seed < 60; ++seed) {
    Random random(seed);
    const auto run =
        run_program(with_channels({{8, 4}, {8, 2}, {}},
                                  {.knobs = {.processors = 3, .stacks = {}}, .chooser = &random}),
                    main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    Ids expected(20);
    for (std::uint32_t i = 0; i < 20; ++i) expected[i] = i + 1;
    ASSERT_EQ(sorted(received(run, 2)), expected) << seed;
  }
}

}  // namespace
}  // namespace concertina
