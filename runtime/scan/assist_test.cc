// Goroutines that suspend others: what they find, and what others make of them meanwhile.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "scan/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

constexpr SpawnPath kChild = child_path(kMainPath, 0);

/// Asks the goroutine itself to assist: at this step's end it does.
Op assist() {
  return [](Machine&, Goroutine& g) { ask(g, kPreemptAssist, Site::kTest); };
}

/// Who scanned whom, in which status.
struct Scan {
  GoroutineId by;  // none: a scanner
  GoroutineId of;
  Status status;
};

/// Scans in order; `assisting` are those who suspended others at the time of each.
std::vector<Scan> scans(const ProgramRun& run) {
  std::vector<Scan> found;
  std::map<ThreadId, GoroutineId> assists;
  for (const Event& event : run.events) {
    if (event.kind == EventKind::kAssistBegin) assists[event.thread] = event.goroutine;
    if (event.kind == EventKind::kAssistEnd) assists.erase(event.thread);
    if (event.kind != EventKind::kScanBegin) continue;
    const auto by = assists.find(event.thread);
    found.push_back({by == assists.end() ? kNoGoroutine : by->second, event.goroutine,
                     as<event::ScanBegin>(event).status});
  }
  return found;
}

/// Copies of a goroutine's stack by any thread but its own machine, while it suspends others.
unsigned copies_in_assists(const ProgramRun& run) {
  std::set<GoroutineId> assisting;
  unsigned copies = 0;
  for (const Event& event : run.events) {
    if (event.kind == EventKind::kAssistBegin) assisting.insert(event.goroutine);
    if (event.kind == EventKind::kAssistEnd) assisting.erase(event.goroutine);
    copies += event.kind == EventKind::kCopyBegin && assisting.contains(event.goroutine);
  }
  return copies;
}

TEST(Assist, ScansTheOthersAndItselfAndGoesOn) {
  const Body child({grow(2), park_here(), note(1, 1)});
  const Body main({go(child),
                   [](Machine& m, Goroutine& g) {
                     if (goroutine(m, 2).status.load(Site::kTest) != kWaiting) --g.top().resume;
                     return Action::kBackEdge;
                   },
                   assist(), note(2, 1), ready_goroutine(2)});
  Random random(3);
  const auto run = run_program(with_scanner({.chooser = &random}), main);
  EXPECT_EQ(run.ending(), "exit: ");
  const auto found = scans(run);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].by, 1);
  EXPECT_EQ(found[0].of, 2);
  EXPECT_EQ(found[0].status, kWaiting);
  EXPECT_EQ(found[1].of, 1);
  EXPECT_EQ(found[1].status, kWaiting) << "as it lets itself be scanned";
  ASSERT_EQ(run.count(EventKind::kAssistEnd), 1u);
  EXPECT_EQ(run.of<event::AssistEnd>()[0].scanned, 2u);
  EXPECT_EQ(run.notes(1), Ids{1});
  EXPECT_EQ(run.notes(2), Ids{1});
  EXPECT_LT(run.find(EventKind::kAssistEnd), run.find(EventKind::kLocalRead));
}

TEST(Assist, NeedsAScanner) {
  const Body main({assist(), note(1, 1)});
  const auto run = run_program(kOneProcessor, main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.count(EventKind::kAnswered), 1u);
  EXPECT_EQ(run.count(EventKind::kAssistBegin), 0u);
}

// It wants to be scanned, but works on its stack: that may shrink at its own next safe point.
TEST(Assist, ShrinksItsOwnStackAfterwards) {
  const Body main({grow(3), assist(), note(1, 1), yield(), note(1, 2)});
  Random random(1);
  const auto run = run_program(with_scanner({.chooser = &random}), main);
  EXPECT_EQ(run.ending(), "exit: ");
  std::size_t shrink = run.find(EventKind::kCopyBegin);
  while (shrink != run.events.size() &&
         as<event::CopyBegin>(run.events[shrink]).reason != CopyReason::kShrink) {
    shrink = run.find(EventKind::kCopyBegin, 1, shrink + 1);
  }
  ASSERT_NE(shrink, run.events.size());
  EXPECT_GT(shrink, run.find(EventKind::kAssistEnd));
  EXPECT_EQ(as<event::CopyEnd>(run.events[run.find(EventKind::kCopyEnd, 1, shrink)]).status,
            kCopyStack);
}

// What runs stops for the assist, which makes it runnable again on its own processor.
TEST(Assist, StopsWhoeverRuns) {
  Flags* flags = nullptr;
  const Body child({[&flags](Machine&, Goroutine& g) {
                      if (flags->a.load(Site::kTest) == 0) --g.top().resume;
                      return Action::kBackEdge;
                    },
                    note(1, 1)});
  const Body main({go(child),
                   [](Machine& m, Goroutine& g) {
                     if (goroutine(m, 2).status.load(Site::kTest) != kRunning) --g.top().resume;
                     return Action::kBackEdge;
                   },
                   assist(), [&flags](Machine&, Goroutine&) { flags->a.store(1, Site::kTest); }});
  unsigned stopped = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    Random random(seed);
    RunSetup setup = with_flags(flags);
    setup.chooser = &random;
    const auto run = run_program(with_scanner(setup), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(run.notes(1), Ids{1});
    if (!run.has(EventKind::kPreempted, 2)) continue;
    ++stopped;
    const std::size_t readied = run.find(EventKind::kReadied);
    ASSERT_NE(readied, run.events.size());
    EXPECT_EQ(run.events[readied].thread, run.events[run.find(EventKind::kAssistBegin)].thread);
    EXPECT_TRUE(as<event::Queued>(run.events[run.find(EventKind::kQueued, 2, readied)]).runs_next);
  }
  EXPECT_GT(stopped, 20u);
}

// Each may find the other in the middle of that. If they had to stop for each other first, both
// would wait for ever.
TEST(Assist, TwoMeet) {
  const Body child({grow(2), loop(4, {assist(), note(1, 1), yield(), assist()})});
  const Body main({go(child), go(child), loop(3, {assist(), system_call(), scan(true)})});
  unsigned one_another = 0, returns_held = 0, by_scanner = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    Random random(seed);
    PriorityChooser priorities(seed, 4000);
    Chooser* const chooser =
        seed % 2 == 0 ? static_cast<Chooser*>(&random) : static_cast<Chooser*>(&priorities);
    const auto run = run_program(
        with_scanner({.knobs = {.processors = 1 + seed % 4, .stacks = {}}, .chooser = chooser}),
        main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(run.notes(1).size(), 8u);
    ASSERT_EQ(run.of<event::EndCounts>().at(0).stacks, 0u);
    ASSERT_EQ(copies_in_assists(run), 0u) << seed;
    std::set<GoroutineId> assisting;
    for (const Event& event : run.events) {
      if (event.kind == EventKind::kAssistBegin) assisting.insert(event.goroutine);
      if (event.kind == EventKind::kAssistEnd) assisting.erase(event.goroutine);
      if (event.kind == EventKind::kStatusHeld && assisting.contains(event.goroutine)) {
        returns_held += as<event::StatusHeld>(event).status == kWaiting;
      }
    }
    std::map<GoroutineId, ThreadId> on;
    for (const Event& event : run.events) {
      if (event.kind == EventKind::kAssistBegin) on[event.goroutine] = event.thread;
      if (event.kind == EventKind::kAssistEnd) on.erase(event.goroutine);
      if (event.kind != EventKind::kScanBegin || !on.contains(event.goroutine)) continue;
      const bool is_own = on[event.goroutine] == event.thread;
      by_scanner += event.thread == kScannerThread;
      one_another += !is_own && event.thread != kScannerThread;
    }
  }
  EXPECT_GT(one_another, 50u);
  EXPECT_GT(returns_held, 20u);
  EXPECT_GT(by_scanner, 50u);
}

// A stop that was asked for before the assist is served by whoever scans during it.
TEST(Assist, IsNotStoppedAfterwardsForASuspenderThatHasBeenServed) {
  const Body child({loop(6, {assist(), note(1, 1)})});
  const Body main({go(child), loop(6, {scan(true, kChild), yield()})});
  unsigned asked = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    Random random(seed);
    RunSetup setup{.chooser = &random};
    setup.knobs.slice = 1 + seed % 3;
    const auto run = run_program(with_scanner(setup), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(run.notes(1).size(), 6u);
    ASSERT_EQ(run.count(EventKind::kAssistBegin), 6u) << "none is forgotten";
    // Asked to stop before the assist, and scanned in it.
    bool is_to_stop = false;
    for (const Event& event : run.events) {
      if (event.goroutine != 2) continue;
      if (event.kind == EventKind::kAsked) is_to_stop = (as<event::Asked>(event).bits & 1) != 0;
      if (event.kind == EventKind::kAnswered) {
        is_to_stop &= (as<event::Answered>(event).bits & 1) == 0;
      }
      asked += event.kind == EventKind::kAssistBegin && is_to_stop;
    }
  }
  EXPECT_GT(asked, 50u);
}

}  // namespace
}  // namespace concertina
