// What the scanner finds in each status, what it does to the stack, and how the goroutine runs on.
#include "scan/scanner.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/sanitizer.h"
#include "scan/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

constexpr SpawnPath kChild = child_path(kMainPath, 0);

// Statuses in which the scanner stopped a goroutine.
Ids stopped_in(const ProgramRun& run, GoroutineId g) {
  Ids statuses;
  for (const auto& event : run.of<event::ScanBegin>()) {
    if (event.goroutine == g) statuses.push_back(event.status);
  }
  return statuses;
}

struct Copy {
  CopyReason reason;
  std::uint32_t from;
  std::uint32_t to;
  bool by_scanner;
  bool operator==(const Copy&) const = default;
};

std::vector<Copy> copies(const ProgramRun& run, GoroutineId g) {
  std::vector<Copy> found;
  for (const Event& event : run.of(EventKind::kCopyBegin)) {
    const auto copy = as<event::CopyBegin>(event);
    if (copy.goroutine != g || copy.reason == CopyReason::kGrow) continue;
    found.push_back({copy.reason, copy.old_bytes, copy.new_bytes, event.thread == kScannerThread});
  }
  return found;
}

ProgramRun run_scanned(const Body& main, RunSetup setup = {}, std::uint64_t seed = 1) {
  Random random(seed);
  if (setup.chooser == nullptr) setup.chooser = &random;
  const auto run = run_program(with_scanner(setup), main);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.count(EventKind::kScanBegin), run.count(EventKind::kScanEnd));
  return run;
}

Op wait_for_status(GoroutineId id, Status wanted) {
  return [=](Machine& m, Goroutine& g) {
    if (goroutine(m, id).status.load(Site::kTest) != wanted) --g.top().resume;
    return Action::kBackEdge;
  };
}

// --- Each status ---------------------------------------------------------------------------------

TEST(Suspend, WaitingGoroutineStaysWaiting) {
  const Body child({park_here(), note(1, 1)});
  const Body main({go(child), wait_for_status(2, kWaiting), scan_and_wait(false, kChild),
                   wait_for_status(2, kWaiting), ready_goroutine(2)});
  const auto run = run_scanned(main);
  EXPECT_EQ(stopped_in(run, 2), Ids{kWaiting});
  EXPECT_EQ(run.notes(1), Ids{1});
  EXPECT_EQ(run.count(EventKind::kReadied), 1u);
}

TEST(Suspend, RunnableGoroutineStaysRunnable) {
  const Body child({note(1, 1)});
  const Body main({go(child), scan_and_wait(false, kChild), note(1, 0)});
  RunSetup setup;
  setup.knobs.processors = 1;
  const auto run = run_scanned(main, setup);
  EXPECT_EQ(stopped_in(run, 2), Ids{kRunnable});
  EXPECT_EQ(run.notes(1), (Ids{0, 1}));
}

TEST(Suspend, RunningGoroutineStopsAtASafePointAndIsMadeRunnableAgain) {
  Flags* flags = nullptr;
  const Body child({[&flags](Machine&, Goroutine& g) {
                      if (flags->a.load(Site::kTest) == 0) --g.top().resume;
                      return Action::kBackEdge;
                    },
                    note(1, 1)});
  const Body main({go(child), wait_for_status(2, kRunning), scan_and_wait(false, kChild),
                   [&flags](Machine&, Goroutine&) { flags->a.store(1, Site::kTest); }});
  unsigned preempted = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    const auto run = run_scanned(main, with_flags(flags), seed);
    ASSERT_EQ(run.notes(1), Ids{1});
    ASSERT_EQ(stopped_in(run, 2).size(), 1u);
    if (!run.has(EventKind::kPreempted, 2)) continue;
    ++preempted;
    ASSERT_TRUE(run.of<event::Preempted>().at(0).for_scanner);
    const auto readied = run.of(EventKind::kReadied);
    ASSERT_EQ(readied.size(), 1u);
    ASSERT_EQ(readied[0].goroutine, kNoGoroutine);
    ASSERT_EQ(readied[0].thread, kScannerThread);
    // Readied only after it was looked at.
    ASSERT_GT(run.find(EventKind::kReadied), run.find(EventKind::kScanEnd, 2));
  }
  EXPECT_GT(preempted, 20u);
}

// Running it may be on its way elsewhere, while the scanner asks it to stop: it waits for that.
TEST(Suspend, RunningGoroutineGoesElsewhereOnlyWhenItHasBeenAsked) {
  const Body child({loop(8, {yield(), system_call()})});
  const Body main({go(child), loop(6, {scan(true, kChild), yield()})});
  unsigned held = 0, asked = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    const auto run = run_scanned(main, {}, seed);
    GoroutineId asking = kNoGoroutine;
    for (const Event& event : run.events) {
      if (event.kind == EventKind::kStatusHeld) {
        held += as<event::StatusHeld>(event).status == kRunning;
      } else if (event.kind == EventKind::kLockAcquired) {
        const auto bit = as<event::LockAcquired>(event);
        if (bit.rank == LockRank::kScanRunning) asking = static_cast<GoroutineId>(bit.order);
      } else if (event.kind == EventKind::kLockReleased) {
        if (as<event::LockReleased>(event).rank == LockRank::kScanRunning) asking = kNoGoroutine;
      } else if (event.kind == EventKind::kAsked && (as<event::Asked>(event).bits & 1) != 0) {
        ASSERT_EQ(asking, event.goroutine) << seed;
        ++asked;
      }
    }
  }
  EXPECT_GT(held, 10u);
  EXPECT_GT(asked, 50u);
}

TEST(Suspend, ScannerStopsTheGoroutineThatAsked) {
  const Body main({scan_and_wait(), note(1, 1)});
  const auto run = run_scanned(main);
  EXPECT_EQ(stopped_in(run, 1).size(), 1u);
  EXPECT_EQ(run.notes(1), Ids{1});
}

TEST(Suspend, GoroutineInASystemCallIsLookedAtAndNotCopied) {
  Flags* flags = nullptr;
  const Body child({[&flags](Machine& m, Goroutine& g) {
                      enter_syscall(m, g);
                      spin_for(flags->a, 1);
                      return exit_syscall(m, g) ? Action::kNext : Action::kLeaveSyscall;
                    },
                    note(1, 1)});
  const Body main({go(child), wait_for_status(2, kSyscall), scan_and_wait(true, kChild),
                   [&flags](Machine&, Goroutine&) { flags->a.store(1, Site::kTest); }});
  for (unsigned seed = 0; seed < 40; ++seed) {
    const auto run = run_scanned(main, with_flags(flags), seed);
    ASSERT_EQ(stopped_in(run, 2), Ids{kSyscall});
    // It was asked to move itself, which it does once it is back.
    ASSERT_EQ(copies(run, 2), (std::vector<Copy>{{CopyReason::kMove, 2048, 2048, false}}));
    ASSERT_GT(run.find(EventKind::kCopyBegin, 2), run.find(EventKind::kSyscallLeft, 2));
  }
}

TEST(Suspend, DeadGoroutineIsLeftAlone) {
  const Body child({note(1, 1)});
  const Body main({go(child), wait_for_status(2, kDead), scan_and_wait()});
  const auto run = run_scanned(main);
  EXPECT_EQ(stopped_in(run, 2), Ids{});
  EXPECT_EQ(stopped_in(run, 1).size(), 1u);
}

// The maker has published the goroutine and not yet made it runnable.
TEST(Suspend, GoroutineInTheMakingIsLeftAlone) {
  ScriptChooser script;
  script.add({.path = kMainPath,
              .site = Site::kReadyStatus,
              .until_path = kScannerPath,
              .until_site = Site::kScanSuspend});
  const Body child({note(1, 1)});
  const Body main({scan(false, kChild), go(child)});
  script.add({.path = kScannerPath,
              .site = Site::kScanRequest,
              .until_path = kMainPath,
              .until_site = Site::kAllGoroutinesUnlock});
  RunSetup setup;
  setup.chooser = &script;
  const auto run = run_scanned(main, setup);
  EXPECT_EQ(stopped_in(run, 2), Ids{});
  EXPECT_EQ(run.notes(1), Ids{1});
}

TEST(Suspend, WaitsForACopyInProgress) {
  ScriptChooser script;
  script.add({.path = kMainPath,
              .site = Site::kCopyStackHigh,
              .until_path = kScannerPath,
              .until_site = Site::kScanSuspendWait});
  const Body main({scan(), grow(), note(1, 1)});
  RunSetup setup;
  setup.chooser = &script;
  const auto run = run_scanned(main, setup);
  EXPECT_TRUE(script.is_complete());
  EXPECT_EQ(run.notes(1), Ids{1});
}

TEST(Suspend, UnknownStatusIsFatal) {
  const Body child({park_here()});
  const Body main({go(child), wait_for_status(2, kWaiting),
                   [](Machine& m, Goroutine&) { goroutine(m, 2).status.plant(77); },
                   scan_and_wait(false, kChild)});
  Random random(1);
  EXPECT_EQ(run_program(with_scanner({.chooser = &random}), main).ending(),
            "fatal: suspend: a status that no goroutine has");
}

// What the scanner asserts of a goroutine that it has suspended.
TEST(Suspend, OfAGoroutineThatMustNotBeIsFatal) {
  const auto ending = [](auto broken) {
    const Body child({park_here()});
    const Body main({go(child), wait_for_status(2, kWaiting),
                     [broken](Machine& m, Goroutine&) {
                       Goroutine& g = goroutine(m, 2);
                       broken(*m.runtime, g);
                       g.status.plant(g.status.inspect());  // so that it happens before the scan
                     },
                     scan_and_wait(false, kChild)});
    Random random(1);
    return run_program(with_scanner({.chooser = &random}), main).ending();
  };
  EXPECT_EQ(ending([](Runtime&, Goroutine& g) { g.nosplit = 1; }),
            "fatal: suspend: in a nosplit region");
  EXPECT_EQ(ending([](Runtime&, Goroutine& g) { g.in_syscall = true; }),
            "fatal: suspend: in a system call that the status does not tell of, or the other way "
            "round");
  EXPECT_EQ(ending([](Runtime&, Goroutine& g) { g.sp = g.stack.lo; }),
            "fatal: guard space: frames have used it up");
  if (sanitizer::kWatchesRaces) return;  // nothing orders what follows before the scanner's look
  EXPECT_EQ(ending([](Runtime& runtime, Goroutine&) { runtime.busy_scanners = 2; }),
            "fatal: scanner: more are at work than there are");
  EXPECT_EQ(ending([](Runtime& runtime, Goroutine&) { runtime.goroutines[0] = nullptr; }),
            "fatal: scanner: a goroutine is counted and not there");
}

// The scanner sees a goroutine run and asks it to stop, while it is about to die. Its death waits
// for that, so that the request is its own, and not its next life's, which nobody would make
// runnable again.
TEST(Suspend, RequestIsNeverMadeToTheNextLife) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    ScriptChooser script(seed);
    script.add({.path = kScannerPath,
                .site = Site::kScanPreemptStore,
                .until_path = kChild,
                .until_site = Site::kStatusWaitForScan});
    Flags* flags = nullptr;
    const Body child({[&flags](Machine&, Goroutine&) { spin_for(flags->a, 1); }});
    const Body again({yield(), note(1, 1)});
    const Body main({go(child), wait_for_status(2, kRunning), scan(false, kChild),
                     wait_for_status(2, kRunning | kScan),
                     [&flags](Machine&, Goroutine&) { flags->a.store(1, Site::kTest); },
                     [](Machine& m, Goroutine& g) {
                       m.runtime->goroutines_lock.lock(Site::kTest);
                       if (m.runtime->free_goroutines == nullptr) --g.top().resume;
                       m.runtime->goroutines_lock.unlock(Site::kTest);
                       return Action::kBackEdge;
                     },
                     go(again)});
    RunSetup setup = with_flags(flags);
    setup.chooser = &script;
    setup.knobs.reuse_goroutines = true;
    const auto run = run_scanned(main, setup);
    EXPECT_TRUE(script.is_complete()) << seed;
    const auto held = run.of<event::StatusHeld>();
    ASSERT_EQ(held.size(), 1u) << seed;
    EXPECT_EQ(held[0].status, kRunning);
    ASSERT_EQ(run.count(EventKind::kStarted, 2), 2u) << seed;
    ASSERT_EQ(run.notes(1), Ids{1}) << seed;
  }
}

// A waker that comes while the goroutine is suspended waits until it is resumed.
TEST(Suspend, WakerWaitsForTheScanner) {
  ScriptChooser script;
  script.add({.path = kScannerPath,
              .site = Site::kScanResume,
              .until_path = kMainPath,
              .until_site = Site::kStatusWaitForScan});
  script.add({.path = kMainPath,
              .site = Site::kReadyStatus,
              .until_path = kScannerPath,
              .until_site = Site::kScanPreemptStore,
              .arrival = 2});  // the first one is the spawn's
  const Body child({park_here(), note(1, 1)});
  const Body main({go(child),
                   [](Machine& m, Goroutine&) {
                     platform::spin_until(
                         goroutine(m, 2).status, [](Status s) { return s == kWaiting; },
                         Site::kTest);
                   },
                   scan(false, kChild), ready_goroutine(2)});
  RunSetup setup;
  setup.chooser = &script;
  const auto run = run_scanned(main, setup);
  EXPECT_TRUE(script.is_complete());
  EXPECT_EQ(run.notes(1), Ids{1});
}

TEST(Suspend, RequestThatWasNotSeenIsTakenBack) {
  const Body child({[](Machine&, Goroutine& g) { g.preempt.plant(0); }, park_here()});
  const Body main(
      {go(child), wait_for_status(2, kWaiting),
       [](Machine& m, Goroutine&) { ask(goroutine(m, 2), kPreemptStop, Site::kTest); },
       scan_and_wait(false, kChild),
       [](Machine& m, Goroutine& g) { announce(g, 1, goroutine(m, 2).preempt.inspect()); },
       ready_goroutine(2)});
  EXPECT_EQ(run_scanned(main).notes(1), Ids{0});
}

// The scanner adds its request to what is asked already: the child moves its stack and stops.
TEST(Suspend, RequestsAddUp) {
  Flags* flags = nullptr;
  const Body child({[&flags](Machine&, Goroutine& g) {
                      ask(g, kPreemptMove, Site::kTest);
                      spin_for(flags->a, 1);
                      return Action::kBackEdge;
                    },
                    note(1, 1)});
  const Body main({go(child), wait_for_status(2, kRunning), scan(false, kChild),
                   [&flags](Machine& m, Goroutine& g) {
                     if ((goroutine(m, 2).preempt.load(Site::kTest) & kPreemptStop) == 0) {
                       --g.top().resume;
                     } else {
                       flags->a.store(1, Site::kTest);
                     }
                     return Action::kBackEdge;
                   }});
  const auto run = run_scanned(main, with_flags(flags));
  EXPECT_EQ(copies(run, 2), (std::vector<Copy>{{CopyReason::kMove, 2048, 2048, false}}));
  EXPECT_EQ(run.count(EventKind::kPreempted, 2), 1u);
  EXPECT_EQ(run.notes(1), Ids{1});
}

// --- What is done to the stack -------------------------------------------------------------------

// The child grows `times` and parks; main does `ops`, and then wakes it.
ProgramRun run_with_parked_child(unsigned times, std::uint32_t slot_bytes,
                                 std::initializer_list<Op> ops, RunSetup setup = {}) {
  const Body child({grow(times), park_here(), note(1, 1)}, slot_bytes);
  Op all;
  for (const Op& op : ops) all.append(op);
  const Body main({go(child), wait_for_status(2, kWaiting), all, ready_goroutine(2)});
  const auto run = run_scanned(main, setup);
  EXPECT_EQ(run.notes(1), Ids{1});
  return run;
}

TEST(ScanStack, AnnouncesWhatItSees) {
  const auto run = run_with_parked_child(0, 64, {scan_and_wait(false, kChild)});
  const std::size_t begin = run.find(EventKind::kScanBegin, 2);
  const std::size_t census = run.find(EventKind::kCensusBegin, 2, begin);
  ASSERT_LT(census, run.find(EventKind::kScanEnd, 2));
  EXPECT_EQ(as<event::CensusBegin>(run.events[census]).moment, CensusMoment::kScan);
  EXPECT_EQ(as<event::CensusBegin>(run.events[census]).stack_bytes, kStackMin);
  EXPECT_LT(run.find(EventKind::kFrameSeen, 2, census), run.find(EventKind::kScanEnd, 2));
}

TEST(ScanStack, HalvesAStackOfWhichLessThanAQuarterIsUsed) {
  const Op once = scan_and_wait(false, kChild);
  const auto run = run_with_parked_child(3, 64, {once, once, once, once, once});
  EXPECT_EQ(copies(run, 2), (std::vector<Copy>{{CopyReason::kShrink, 16384, 8192, true},
                                               {CopyReason::kShrink, 8192, 4096, true},
                                               {CopyReason::kShrink, 4096, 2048, true}}));
}

TEST(ScanStack, LeavesAStackAloneOfWhichAQuarterIsUsed) {
  // A first stack of 4 KiB, grown to 16; frame and guard are exactly a quarter, or 16 bytes less.
  constexpr std::uint32_t kQuarter = 4096 - sizeof(TaskFrame) - kStackGuard;
  const Op once = scan_and_wait(false, kChild);
  EXPECT_EQ(copies(run_with_parked_child(2, kQuarter, {once}), 2), std::vector<Copy>{});
  EXPECT_EQ(copies(run_with_parked_child(2, kQuarter - 16, {once}), 2),
            (std::vector<Copy>{{CopyReason::kShrink, 16384, 8192, true}}));
}

TEST(ScanStack, MovesOnRequest) {
  const auto run = run_with_parked_child(1, 64, {scan_and_wait(true, kChild)});
  EXPECT_EQ(copies(run, 2), (std::vector<Copy>{{CopyReason::kMove, 4096, 4096, true}}));
}

TEST(ScanStack, KnobSwitchesEveryCopyOff) {
  RunSetup setup;
  setup.knobs.shrink_stacks = false;
  const auto run = run_with_parked_child(
      3, 64, {scan_and_wait(false, kChild), scan_and_wait(true, kChild)}, setup);
  EXPECT_EQ(copies(run, 2), std::vector<Copy>{});
  EXPECT_EQ(stopped_in(run, 2).size(), 2u);
}

TEST(ScanStack, RequestNamesOneGoroutineOrAll) {
  const auto one = run_with_parked_child(1, 64, {scan_and_wait(true, kChild)});
  EXPECT_EQ(stopped_in(one, 1).size(), 0u);
  EXPECT_EQ(stopped_in(one, 2).size(), 1u);
  const auto all = run_with_parked_child(1, 64, {scan_and_wait(true)});
  EXPECT_EQ(stopped_in(all, 1).size(), 1u);
  EXPECT_EQ(stopped_in(all, 2).size(), 1u);
}

// A goroutine that must not be copied now is asked to do it itself, at its next safe point.
TEST(ScanStack, UnsafeGoroutineShrinksItself) {
  const Op unsafe = [](Machine& m, Goroutine&) { goroutine(m, 2).parking_on_chan.plant(1); };
  const Op safe = [](Machine& m, Goroutine&) { goroutine(m, 2).parking_on_chan.plant(0); };
  const auto shrunk = run_with_parked_child(2, 64, {unsafe, scan_and_wait(false, kChild), safe});
  EXPECT_EQ(copies(shrunk, 2), (std::vector<Copy>{{CopyReason::kShrink, 8192, 4096, false}}));
  const auto moved = run_with_parked_child(2, 64, {unsafe, scan_and_wait(true, kChild), safe});
  EXPECT_EQ(copies(moved, 2), (std::vector<Copy>{{CopyReason::kMove, 8192, 8192, false}}));
}

// What the scan keeps back leaves under the scheduler's lock, which guards idle processors' caches.
TEST(ScanStack, FreesSpansAtTheEndOfACycle) {
  const Body main({scan_and_wait(false, child_path(kMainPath, 9)), note(1, 1)});  // nobody's path
  const auto run = run_scanned(main);
  std::vector<LockRank> locked;
  for (const Event& event : run.of(EventKind::kLockAcquired)) {
    if (event.thread == kScannerThread) locked.push_back(as<event::LockAcquired>(event).rank);
  }
  EXPECT_EQ(locked,
            (std::vector{LockRank::kScheduler, LockRank::kStackPool, LockRank::kSudogCache,
                         LockRank::kAllGoroutines, LockRank::kScheduler, LockRank::kStackPool}));
}

// --- The scanner and the end of a run ------------------------------------------------------------

TEST(ScannerAndEnd, DeadlockIsToldByWhoeverComesLast) {
  const Body child({grow(2), park_here()});
  const Body main({scan(), go(child), scan(true), go(child), park_here()});
  unsigned told_by_scanner = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    Random random(seed);
    const auto run = run_program(with_scanner({.chooser = &random}), main);
    ASSERT_EQ(run.ending(), "deadlock: all goroutines are asleep - deadlock!") << seed;
    ASSERT_EQ(run.count(EventKind::kEndGoroutine), 3u);
    told_by_scanner += run.of(EventKind::kEndCounts).at(0).thread == kScannerThread;
  }
  EXPECT_GT(told_by_scanner, 0u);
  EXPECT_LT(told_by_scanner, 400u);
}

// Goroutines come and go while the scanner looks for them, with every kind of schedule.
TEST(ScannerAndEnd, ExitsAndScansNeverMeetBadly) {
  const Body leaf({grow(), yield(), note(1, 1)});
  const Body child({scan(), go(leaf), system_call(), scan(true), loop(3, {note(2, 1)})});
  const Body main({loop(5, {go(child), scan(true), yield()})});
  for (unsigned seed = 0; seed < 300; ++seed) {
    Random random(seed);
    PriorityChooser priorities(seed, 2000);
    for (Chooser* const chooser :
         {static_cast<Chooser*>(&random), static_cast<Chooser*>(&priorities)}) {
      const auto run = run_program(
          with_scanner({.knobs = {.processors = 1 + seed % 4, .stacks = {}}, .chooser = chooser}),
          main);
      ASSERT_EQ(run.ending(), "exit: ") << seed;
      ASSERT_EQ(run.notes(1).size(), 5u);
      ASSERT_EQ(run.notes(2).size(), 15u);
      ASSERT_EQ(run.of<event::EndCounts>().at(0).stacks, 0u);  // stacks
    }
  }
}

// A request that was meant for a goroutine's last life must not stop its next one for ever.
TEST(ScannerAndEnd, GoroutinesThatLiveAgainAreNotLeftStopped) {
  const Body leaf({note(1, 1)});
  const Body main({loop(12, {scan(true),
                             [&leaf](Machine& m, Goroutine& g) {
                               if (spawn(m, g, leaf.function(), nullptr) != nullptr) {
                                 announce(g, 2, 1);
                               }
                             },
                             yield()})});
  for (unsigned seed = 0; seed < 600; ++seed) {
    Random random(seed);
    RunSetup setup{.knobs = {.processors = 1 + seed % 4, .stacks = {}}, .chooser = &random};
    setup.knobs.goroutines_max = 2 + seed % 2;
    setup.knobs.reuse_goroutines = true;
    const auto run = run_program(with_scanner(setup), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(run.notes(1).size(), run.notes(2).size()) << seed;
    ASSERT_EQ(run.of<event::EndCounts>().at(0).stacks, 0u) << seed;  // stacks
  }
}

// Requests that come while one is served get a second scanner. The two meet over every goroutine:
// they wait for each other's scan bit, and what one has stopped the other may look at.
TEST(TwoScanners, MeetOverEveryGoroutine) {
  const Body leaf({grow(), yield(), loop(3, {note(2, 1)})});
  const Body main({loop(4, {scan(true), go(leaf), scan(), system_call(), scan(true), yield()})});
  unsigned overlapping = 0, stopped_for_one = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const auto run = run_program(
        with_scanner({.knobs = {.processors = 1 + seed % 3, .stacks = {}}, .chooser = &random}),
        main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(run.notes(2).size(), 12u);
    ASSERT_EQ(run.of<event::EndCounts>().at(0).stacks, 0u);
    std::map<ThreadId, GoroutineId> held;
    std::set<GoroutineId> preempted;
    for (const Event& event : run.events) {
      if (event.kind == EventKind::kPreempted && as<event::Preempted>(event).for_scanner) {
        preempted.insert(event.goroutine);
      }
      if (event.kind == EventKind::kReadied) preempted.erase(as<event::Readied>(event).target);
      if (event.kind == EventKind::kScanEnd) {
        held.erase(event.thread);
        stopped_for_one += preempted.contains(event.goroutine);
      }
      if (event.kind != EventKind::kScanBegin) continue;
      for (const auto& [thread, goroutine] : held) ASSERT_NE(goroutine, event.goroutine) << seed;
      held[event.thread] = event.goroutine;
      overlapping += held.size() == 2;
    }
  }
  EXPECT_GT(overlapping, 50u);
  EXPECT_GT(stopped_for_one, 50u);
}

// The scanner strikes at every place of the others' schedule, one after the other.
TEST(ScannerAndEnd, EveryPlaceOfAScheduleCanBeScanned) {
  const Body child({grow(2), park_here(), note(1, 1)});
  const Body main({scan(true), scan(), go(child), yield(),
                   [](Machine& m, Goroutine& g) {
                     if (goroutine(m, 2).status.load(Site::kTest) != kWaiting) --g.top().resume;
                     return Action::kYield;
                   },
                   ready_goroutine(2), system_call()});
  std::uint32_t steps = 0;
  for (bool is_over = true; is_over; ++steps) {
    DelayChooser delay(kScannerThread, steps);
    RunSetup setup = kOneProcessor;
    setup.chooser = &delay;
    const auto run = run_program(with_scanner(setup), main);
    ASSERT_EQ(run.ending(), "exit: ") << steps;
    ASSERT_EQ(run.notes(1), Ids{1}) << steps;
    is_over = delay.is_over();
  }
  EXPECT_GT(steps, 60u);
}

}  // namespace
}  // namespace concertina
