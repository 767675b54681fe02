// The order of the steps of sched/scheduler.h (park and wake) and stack/stack.h (copy), as channel
// operations take them, and what a copy of a blocked goroutine locks.
#include <gtest/gtest.h>

#include "chan/channel_internal.h"
#include "chan/testing.h"

namespace concertina {
namespace {

using namespace test;

using Ids = std::vector<std::uint32_t>;

constexpr SpawnPath kChild = child_path(kMainPath, 0);

// The sites that `path` passed and that the test asks about, in order.
std::vector<Site> passed(const StepLog& log, SpawnPath path, std::initializer_list<Site> sites) {
  std::vector<Site> found;
  for (const auto& step : log.steps()) {
    if (step.path != path) continue;
    for (const Site site : sites) {
      if (site == step.site) found.push_back(site);
    }
  }
  return found;
}

ProgramRun run_logged(const std::vector<ChannelSpec>& channels, const Body& main, StepLog& log,
                      StackEvents* events = nullptr) {
  RunSetup setup = kOneProcessor;
  setup.log = log.get();
  setup.stack_events = events;
  const auto run = run_program(with_channels(channels, setup), main);
  EXPECT_EQ(run.ending(), "exit: ");
  return run;
}

// Does one thing to the stack at a site: always, or only at the n-th time that a path passes it.
// Not for ThreadSanitizer: it runs inside the simulator, on behalf of all virtual threads at once,
// and its own counts would look like their races.
class StackEventAt : public StackEvents {
 public:
  StackEventAt(SpawnPath path, Site site, StackAction action, unsigned occurrence = 0)
      : path_(path), action_(action), occurrence_(occurrence) {
    sites_.add(site);
  }
  const SiteSet& sites() const override { return sites_; }
  [[gnu::no_sanitize_thread]] StackAction at(SpawnPath path, Site) override {
    if (path != path_) return StackAction::kNone;
    ++seen_;
    return occurrence_ == 0 || seen_ == occurrence_ ? action_ : StackAction::kNone;
  }
  unsigned seen() const { return seen_; }

 private:
  const SpawnPath path_;
  SiteSet sites_;
  const StackAction action_;
  const unsigned occurrence_;
  unsigned seen_ = 0;
};

using Sites = std::vector<Site>;

// --- Parking -------------------------------------------------------------------------------------

TEST(ParkOrder, ChannelOperationsTellTheTruthBeforeTheyUnlock) {
  const Sites expected = {Site::kParkingOnChanStore, Site::kParkStatus, Site::kActiveStackChansSet,
                          Site::kParkingOnChanClear, Site::kParkCommitUnlock};
  const Body receiver({receive(1)});
  const Body main_sends({go(receiver), yield(), send(1, 5)});
  const Body sender({send(1, 5)});
  const Body main_receives({go(sender), yield(), receive(1)});
  for (const Body* const main : {&main_sends, &main_receives}) {
    StepLog log;
    run_logged({{}}, *main, log);
    EXPECT_EQ(passed(log, kChild,
                     {Site::kParkingOnChanStore, Site::kParkStatus, Site::kActiveStackChansSet,
                      Site::kParkingOnChanClear, Site::kParkCommitUnlock}),
              expected);
  }
}

TEST(ParkOrder, SelectTellsTheTruthBeforeItUnlocksAnything) {
  StepLog log;
  const Body waiter({select({on_receive(2), on_receive(1), on_send(2, 9)})}, 64, 3);
  const Body main({go(waiter), yield(), send(1, 5)});
  run_logged({{}, {}}, main, log);
  EXPECT_EQ(passed(log, kChild,
                   {Site::kParkingOnChanStore, Site::kParkStatus, Site::kActiveStackChansSet,
                    Site::kParkingOnChanClear, Site::kSelectParkCommitUnlock}),
            (Sites{Site::kParkingOnChanStore, Site::kParkStatus, Site::kActiveStackChansSet,
                   Site::kParkingOnChanClear, Site::kSelectParkCommitUnlock,
                   Site::kSelectParkCommitUnlock}));
}

TEST(ParkOrder, WokenSelectClearsTheFlagBeforeItLocks) {
  StepLog log;
  const Body waiter({select({on_receive(1), on_receive(2)})}, 64, 2);
  const Body main({go(waiter), yield(), send(1, 5)});
  run_logged({{}, {}}, main, log);
  EXPECT_EQ(passed(log, kChild,
                   {Site::kSelectLock, Site::kActiveStackChansClear, Site::kSelectDoneReset}),
            (Sites{Site::kSelectLock, Site::kSelectLock, Site::kActiveStackChansClear,
                   Site::kSelectLock, Site::kSelectLock, Site::kSelectDoneReset}));
}

// A thread that finds the goroutine waiting and not about to park may trust active_stack_chans.
TEST(ParkOrder, FlagTellsTheTruthToWhoeverFindsTheGoroutineWaiting) {
  const Body receiver({receive(1)});
  const Body main({go(receiver),
                   [](Machine& m, Goroutine& g) {
                     Goroutine& watched = goroutine(m, 2);
                     while (watched.status.load(Site::kTest) != kWaiting ||
                            watched.parking_on_chan.load(Site::kTest) != 0) {
                     }
                     announce(g, 1, watched.active_stack_chans.inspect());
                   },
                   send(1, 5)});
  for (unsigned seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const auto run = run_program(with_channels({{}}, {.chooser = &random}), main);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
    ASSERT_EQ(run.notes(1), Ids{1}) << seed;
    ASSERT_EQ(received(run, 1), Ids{5});
  }
}

// --- Waking --------------------------------------------------------------------------------------

TEST(WakeOrder, ElementIsMovedAndClearedBeforeTheUnlockAndReadyComesAfter) {
  StepLog log;
  const Body receiver({receive(1)});
  const Body main({go(receiver), yield(), send(1, 5)});
  run_logged({{}}, main, log);
  // The first kReadyStatus is the spawn's.
  EXPECT_EQ(passed(log, kMainPath,
                   {Site::kChanSendLock, Site::kSendDirect, Site::kSudogElementStore,
                    Site::kWakeUnlock, Site::kReadyStatus}),
            (Sites{Site::kReadyStatus, Site::kChanSendLock, Site::kSendDirect,
                   Site::kSudogElementStore, Site::kWakeUnlock, Site::kReadyStatus}));
}

// No goroutine is readied by a thread that holds a channel lock, whatever it does.
void expect_no_ready_under_lock(const ProgramRun& run) {
  unsigned held[kThreadsMax] = {};
  for (const Event& event : run.events) {
    const auto is_channel = [](LockRank rank) {
      return rank == LockRank::kChannel || rank == LockRank::kChannelLeaf;
    };
    if (event.kind == EventKind::kLockAcquired) {
      held[event.thread] += is_channel(as<event::LockAcquired>(event).rank);
    }
    if (event.kind == EventKind::kLockReleased) {
      held[event.thread] -= is_channel(as<event::LockReleased>(event).rank);
    }
    if (event.kind == EventKind::kReadied) ASSERT_EQ(held[event.thread], 0u);
  }
}

TEST(WakeOrder, NobodyIsReadiedUnderAChannelLock) {
  const Body receiver({receive(1)});
  const Body selector({select({on_receive(1), on_receive(2), on_send(3, 4)})}, 64, 3);
  const Body main({loop(3, {go(receiver)}), go(selector), send(1, 1), yield(), close(1), close(2)});
  for (unsigned seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const auto run = run_program(with_channels({{}, {}, {}}, {.chooser = &random}), main);
    expect_no_ready_under_lock(run);
    ASSERT_EQ(run.ending(), "exit: ") << seed;
  }
}

TEST(WakeOrder, SudogSaysWhetherAnOperationOrACloseWoke) {
  const Body receiver({receive(1)});
  const Body by_send({go(receiver), yield(), send(1, 5)});
  const Body by_close({go(receiver), yield(), close(1)});
  const auto result = [](const Body& main) {
    StepLog log;
    return run_logged({{}}, main, log).of<event::DoneReceive>().at(0).ok;
  };
  EXPECT_TRUE(result(by_send));
  EXPECT_FALSE(result(by_close));
}

// --- Copies of the goroutine's own stack ---------------------------------------------------------

// Growth or a move between any two steps of an operation takes no channel lock for the copy.
TEST(OwnCopy, TakesNoLockWhereverItStrikesWhileTheOperationHoldsItsLocks) {
  // Twice: what the first time leaves must not harm the second.
  const Body receiver({receive(1), receive(1)});
  const Body main_plain({go(receiver), yield(), send(1, 5), yield(), send(1, 6)});
  const Body selector({loop(2, {select({on_receive(1), on_receive(2)})})}, 64, 2);
  const Body main_select({go(selector), yield(), send(1, 5), yield(), send(1, 6)});
  for (const Body* const main : {&main_plain, &main_select}) {
    for (const StackAction action : {StackAction::kGrow, StackAction::kMove}) {
      for (const Site site :
           {Site::kAcquireSudogPrologue, Site::kEnqueuePrologue, Site::kSelectLockPrologue,
            Site::kSelectPassPrologue, Site::kSelectEnqueuePrologue, Site::kParkPrologue,
            Site::kSelectWakePrologue, Site::kReleaseSudogPrologue}) {
        StackEventAt event(kChild, site, action);
        StepLog log;
        const auto run = run_logged({{}, {}}, *main, log, &event);
        ASSERT_EQ(received(run, 1), (Ids{5, 6})) << site_name(site);
        ASSERT_EQ(passed(log, kChild, {Site::kCopyStackLock}), Sites{}) << site_name(site);
        ASSERT_EQ(run.count(EventKind::kCopyBegin, 2), event.seen()) << site_name(site);
        ASSERT_EQ(leftovers(run), Leftovers{}) << site_name(site);
      }
    }
  }
}

TEST(OwnCopy, OfTheWakerWhileItHoldsTheLockChangesNothing) {
  const Body receiver({receive(1)});
  const Body sender({send(1, 6)});
  const Body closed({receive(2)});
  const Body main({go(receiver), yield(), send(1, 5), go(sender), yield(), receive(1), go(closed),
                   yield(), close(2)});
  for (const Site site :
       {Site::kSendPrologue, Site::kReceivePrologue, Site::kReadyPrologue, Site::kChanClosePrologue,
        Site::kChanSendPrologue, Site::kChanReceivePrologue, Site::kSpawnPrologue}) {
    StackEventAt event(kMainPath, site, StackAction::kMove);
    StepLog log;
    const auto run = run_logged({{}, {}}, main, log, &event);
    EXPECT_GT(event.seen(), 0u) << site_name(site);
    EXPECT_EQ(received(run, 1, 2), Ids{5});
    EXPECT_EQ(received(run, 1, 1), Ids{6});
    EXPECT_EQ(run.count(EventKind::kCopyBegin, 1), event.seen());
  }
}

// --- Copies of a blocked goroutine ---------------------------------------------------------------

// As the scanner does it, from a goroutine: suspend, copy, resume.
Op copy_blocked(GoroutineId id, CopyReason reason) {
  return [=](Machine& m, Goroutine& g) {
    Goroutine& target = goroutine(m, id);
    announce(g, 50, cas_to_scan(target, kWaiting, Site::kScanSuspend));
    announce(g, 51, is_shrink_safe(target));
    const std::size_t bytes = target.stack.bytes();
    if (reason == CopyReason::kShrink) {
      announce(g, 52, shrink_stack(target));
    } else {
      copy_stack(target, bytes, reason);
    }
    cas_from_scan(target, kWaiting, Site::kScanResume);
  };
}

Ids leaf_locks(const ProgramRun& run) {
  Ids locked;
  for (const auto& event : run.of<event::LockAcquired>()) {
    if (event.rank == LockRank::kChannelLeaf) locked.push_back(event.order);
  }
  return locked;
}

TEST(BlockedCopy, LocksEachDistinctChannelOnceInOrder) {
  StepLog log;
  const Body waiter({select({on_receive(3), on_receive(1), on_send(3, 7), on_receive(1)})}, 64, 4);
  const Body main({go(waiter), yield(), copy_blocked(2, CopyReason::kMove), send(1, 5)});
  const auto run = run_logged({{}, {}, {}}, main, log);
  EXPECT_EQ(leaf_locks(run), (Ids{1, 3}));
  EXPECT_EQ(received(run, 1), Ids{5});
  EXPECT_EQ(leftovers(run), Leftovers{});
}

TEST(BlockedCopy, ElementArrivesInTheNewStack) {
  const Body receiver({receive(1)});
  const Body sender({send(1, 6)});
  const Body main({go(receiver), yield(), copy_blocked(2, CopyReason::kMove),
                   copy_blocked(2, CopyReason::kMove), send(1, 5), go(sender), yield(),
                   copy_blocked(3, CopyReason::kMove), receive(1)});
  StepLog log;
  const auto run = run_logged({{}}, main, log);
  EXPECT_EQ(run.notes(51), (Ids{1, 1, 1}));
  EXPECT_EQ(received(run, 1), (Ids{5, 6}));
  EXPECT_EQ(leaf_locks(run), (Ids{1, 1, 1}));
}

TEST(BlockedCopy, ShrinkKeepsElementAndCallersSlot) {
  const Body callee({receive_by_pointer(1)});
  const Body receiver({grow(3), call(callee),
                       [](Machine&, Goroutine& g) {
                         const auto* const slot = reinterpret_cast<void*>(g.at(Body::slot(g)));
                         announce(g, 1, read_element(slot, 4096).is_torn);
                         announce(g, 1, read_element(slot, 4096).value);
                       }},
                      4096);
  const Body main({go(receiver), yield(), copy_blocked(2, CopyReason::kShrink), send(1, 5)}, 4096);
  StepLog log;
  const auto run = run_logged({{.element_bytes = 4096}}, main, log);
  EXPECT_EQ(run.notes(52), Ids{1});
  EXPECT_EQ(run.notes(1), (Ids{0, 5}));
}

TEST(BlockedCopy, OfAGoroutineThatWaitsForEverTakesNoLock) {
  const Body stuck({receive(kNilChannel)});
  const Body main({go(stuck), yield(), copy_blocked(2, CopyReason::kMove)});
  const auto run = run_program(with_channels({}, kOneProcessor), main);
  EXPECT_EQ(run.report.outcome, Outcome::kDeadlock);
  EXPECT_EQ(leaf_locks(run), Ids{});
  EXPECT_EQ(run.count(EventKind::kCopyEnd, 2), 1u);
}

TEST(BlockedCopy, OfAGoroutineAboutToParkIsFatal) {
  const Body receiver({receive(1)});
  const Body main({go(receiver), yield(),
                   [](Machine& m, Goroutine&) { goroutine(m, 2).parking_on_chan.plant(1); },
                   copy_blocked(2, CopyReason::kMove)});
  const auto run = run_program(with_channels({{}}, kOneProcessor), main);
  EXPECT_EQ(run.ending(),
            "fatal: racy sudog adjustment due to parking on channel: the goroutine was suspended "
            "before its commit function ran");
  EXPECT_EQ(run.notes(51), Ids{0});  // as a suspender that asks would have learnt
}

}  // namespace
}  // namespace concertina
