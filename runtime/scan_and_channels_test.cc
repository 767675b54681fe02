// The scanner against goroutines that wait on channels: it copies stacks into which others write.
// The windows are those of stack/stack.h (C1..C7 against W1..W4) and sched/scheduler.h (P3..P5).
#include <gtest/gtest.h>

#include "scan/testing.h"
#include "testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

constexpr SpawnPath kChild = child_path(kMainPath, 0);

// One run for each number of steps for which the scanner is held back: so whatever it does next, it
// does at every place of the others' schedule. Returns how many places there are.
template <class Check>
std::uint32_t scan_everywhere(const std::vector<ChannelSpec>& channels, const Body& main,
                              RunSetup setup, Check check) {
  std::uint32_t steps = 0;
  for (bool is_over = true; is_over && !::testing::Test::HasFailure(); ++steps) {
    SCOPED_TRACE(steps);
    DelayChooser delay(kScannerThread, steps);
    setup.chooser = &delay;
    const auto run = run_go(channels, main, setup);
    EXPECT_EQ(run.ending(), "exit: ");
    EXPECT_EQ(leftovers(run), Leftovers{});
    check(run);
    is_over = delay.is_over();
  }
  return steps;
}

// Did the scanner suspend the waiting goroutine and not copy it?
bool refused_to_copy(const ProgramRun& run, GoroutineId g) {
  for (std::size_t i = run.find(EventKind::kScanBegin, g); i < run.events.size();
       i = run.find(EventKind::kScanBegin, g, i + 1)) {
    if (as<event::ScanBegin>(run.events[i]).status != kWaiting) continue;
    const std::size_t end = run.find(EventKind::kScanEnd, g, i);
    if (run.find(EventKind::kCopyBegin, g, i) > end) return true;
  }
  return false;
}

// Copies that the goroutine made of itself because it had been asked to.
unsigned own_copies(const ProgramRun& run, GoroutineId g) {
  unsigned count = 0;
  for (const Event& event : run.of(EventKind::kCopyBegin)) {
    count += event.goroutine == g && event.thread != kScannerThread &&
             as<event::CopyBegin>(event).reason == CopyReason::kMove;
  }
  return count;
}

Op scan_moving(SpawnPath path) { return scan(true, path); }

// The heart of the matter (golang/go #40641): between kWaiting and the commit function the flag
// does not tell the truth. At every place the value arrives; at some the scanner had to refuse, and
// then the goroutine moved itself.
TEST(ScanWindow, ReceiverAboutToParkIsNotCopiedAndMovesItself) {
  const Body receiver({receive(1)});
  const Body main({go(receiver), scan_moving(kChild), yield(), send(1, 5)});
  unsigned refused = 0, moved_itself = 0, moved = 0;
  const auto places = scan_everywhere({{}}, main, kOneProcessor, [&](const ProgramRun& run) {
    EXPECT_EQ(received(run, 1), Ids{5});
    if (refused_to_copy(run, 2)) {
      ++refused;
      moved_itself += own_copies(run, 2);
    }
    for (const Event& copy : run.of(EventKind::kCopyBegin)) moved += copy.thread == kScannerThread;
  });
  EXPECT_GT(places, 30u);
  EXPECT_GE(refused, 2u);
  EXPECT_EQ(moved_itself, refused);
  EXPECT_GT(moved, 5u);
}

TEST(ScanWindow, SelectAboutToParkIsNotCopiedAndMovesItself) {
  const Body waiter({select({on_receive(2), on_receive(1), on_receive(1)})}, 64, 3);
  const Body main({go(waiter), scan_moving(kChild), yield(), send(1, 5)});
  unsigned refused = 0, moved_itself = 0;
  scan_everywhere({{}, {}}, main, kOneProcessor, [&](const ProgramRun& run) {
    EXPECT_EQ(received(run, 1), Ids{5});
    if (!refused_to_copy(run, 2)) return;
    ++refused;
    moved_itself += own_copies(run, 2);
  });
  EXPECT_GE(refused, 2u);
  EXPECT_EQ(moved_itself, refused);
}

// Everything else that may wait, with large elements, and shrinking as well as moving.
TEST(ScanEverywhere, NoValueIsLostOrTorn) {
  for (const bool move : {false, true}) {
    for (const std::uint32_t bytes : {8u, 4096u}) {
      const Body receiver({grow(3), receive(1), receive(1), receive(1)}, bytes);
      const Body sends(
          {go(receiver), scan(move, kChild), yield(), send(1, 5), send(1, 6), yield(), close(1)},
          bytes);
      for (const std::uint32_t capacity : {0u, 1u}) {
        scan_everywhere({{bytes, capacity}}, sends, kOneProcessor, [](const ProgramRun& run) {
          EXPECT_EQ(received(run, 1), (Ids{5, 6}));
          EXPECT_EQ(run.of<event::DoneReceive>().at(2).token, 0u);  // zeroed by close
          EXPECT_EQ(run.of<event::DoneReceive>().at(2).torn, 0u);
        });
      }
      const Body sender({grow(3), send(1, 5), send(1, 6), send(1, 7)}, bytes);
      const Body receives(
          {go(sender), scan(move, kChild), yield(), receive(1), receive(1), receive(1)}, bytes);
      for (const std::uint32_t capacity : {0u, 2u}) {
        scan_everywhere({{bytes, capacity}}, receives, kOneProcessor,
                        [](const ProgramRun& run) { EXPECT_EQ(received(run, 1), (Ids{5, 6, 7})); });
      }
    }
  }
}

TEST(ScanEverywhere, SelectsKeepTheirCasesAndElements) {
  const Body waiter({grow(3), loop(3, {select({on_receive(1), on_send(2, 9), on_receive(3)})})}, 64,
                    3);
  const Body main({go(waiter), scan(false, kChild), yield(), send(1, 5), scan(true, kChild),
                   yield(), receive(2), yield(), close(3)});
  scan_everywhere({{}, {}, {}}, main, kOneProcessor, [](const ProgramRun& run) {
    EXPECT_EQ(received(run, 1), Ids{5});
    EXPECT_EQ(received(run, 2), Ids{9});
    EXPECT_EQ(run.of(EventKind::kDoneSelect).size(), 3u);
  });
}

// Go: TestSelectStackAdjust. The slot belongs to a caller's frame, further up the stack.
TEST(ScanEverywhere, SlotOfACallersFrameReceivesTheValue) {
  const Body callee({receive_by_pointer(1)});
  const Body receiver({grow(3), call(callee), [](Machine&, Goroutine& g) {
                         const auto* const slot = reinterpret_cast<void*>(g.at(Body::slot(g)));
                         announce(g, 1, read_element(slot, 24).value);
                       }});
  const Body main({go(receiver), scan(false, kChild), scan(true, kChild), yield(), send(1, 5)});
  scan_everywhere({{.element_bytes = 24}}, main, kOneProcessor,
                  [](const ProgramRun& run) { EXPECT_EQ(run.notes(1), Ids{5}); });
}

// On two machines every window is open to both sides at once.
TEST(ScanRandomly, ValuesArriveWhateverTheSchedule) {
  const Body receiver({loop(4, {grow(1), receive(1)})});
  const Body selector({loop(4, {select({on_receive(2), on_receive(3)})})}, 64, 2);
  const Body sender({loop(4, {send(2, 3)})});
  const Body main(
      {go(receiver), go(selector), go(sender), loop(4, {scan(true), send(1, 5), scan()})});
  for (unsigned seed = 0; seed < 300; ++seed) {
    Random random(seed);
    PriorityChooser priorities(seed, 3000);
    RunSetup setup;
    setup.chooser = seed % 2 == 0 ? static_cast<Chooser*>(&random) : &priorities;
    const auto run = run_go({{}, {}, {}}, main, setup);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(received(run, 1), Ids(4, 5)) << seed;
    ASSERT_EQ(received(run, 2), Ids(4, 3)) << seed;
    ASSERT_EQ(leftovers(run), Leftovers{}) << seed;
    for (const auto& seen : run.of<event::SudogSeen>())
      ASSERT_NE(seen.element, kOutsideStack) << seed;
    for (const auto& seen : run.of<event::PointerSeen>())
      ASSERT_NE(seen.target, kOutsideStack) << seed;
  }
}

// The scanner wants the lock that the waker holds, and the waker the status that the scanner holds:
// the waker readies only after it has unlocked, so both continue.
TEST(ScanRandomly, WakerAndScannerNeverWaitForEachOther) {
  ScriptChooser script;
  // The sender has the lock and is about to transfer until the scanner, which has kScan, is about
  // to ask for the lock.
  script.add({.path = kMainPath,
              .site = Site::kSendDirect,
              .until_path = kScannerPath,
              .until_site = Site::kActiveStackChansLoad});
  const Body receiver({receive(1)});
  const Body main({go(receiver),
                   [](Machine& m, Goroutine&) {
                     platform::spin_until(
                         goroutine(m, 2).status, [](Status s) { return s == kWaiting; },
                         Site::kTest);
                   },
                   scan(true, kChild), send(1, 5)});
  RunSetup setup;
  setup.chooser = &script;
  const auto run = run_go({{}}, main, setup);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_TRUE(script.is_complete());
  EXPECT_EQ(received(run, 1), Ids{5});
  EXPECT_EQ(run.of(EventKind::kCopyBegin).at(0).thread, kScannerThread);
}

}  // namespace
}  // namespace concertina
