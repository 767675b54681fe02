// What a yield point is: where decisions are taken, what is seen there, who is enabled.
#include "platform/sim/world.h"

#include <gtest/gtest.h>

#include "platform/sim/testing.h"

namespace concertina::test {
namespace {

using platform::Atomic;
using platform::Cell;
using platform::Mutex;
using platform::Note;
using platform::OwnedAtomic;
using Counter = Atomic<std::uint32_t>;
using Numbers = std::vector<std::uint32_t>;

constexpr Site kSite = Site::kTest;

bool is_one(std::uint32_t value) { return value == 1; }

/// What a byte held at each step of a site, that is, before the operation took effect.
class Glimpse : public FirstEnabled {
 public:
  explicit Glimpse(Site site) : site_(site) {}
  [[gnu::no_sanitize_thread]] void watch(const void* byte) {
    byte_ = static_cast<const unsigned char*>(byte);
  }
  bool observes() const override { return true; }
  [[gnu::no_sanitize_thread]] void executing(ThreadId thread, const Pending* pending) override {
    if (pending[thread].site == site_ && byte_ != nullptr && count_ < 8) seen_[count_++] = *byte_;
  }
  Numbers seen() const { return Numbers(seen_, seen_ + count_); }

 private:
  Site site_;
  const unsigned char* byte_ = nullptr;
  unsigned char seen_[8] = {};
  unsigned count_ = 0;
};

TEST(YieldPoint, WithOneThreadIsNoDecision) {
  const RunResult run = run_body([] {
    auto& counter = make<Counter>(0u);
    auto& mutex = make<Mutex>(LockRank::kScheduler);
    for (int i = 0; i < 10; ++i) {
      mutex.lock(kSite);
      counter.fetch_add(1, kSite);
      mutex.unlock(kSite);
    }
  });
  EXPECT_EQ(run.report.decisions, 0u);
  EXPECT_EQ(run.report.steps, 31u) << "one for the thread's start";
}

TEST(YieldPoint, WithTwoEnabledThreadsIsADecision) {
  StepLog log;
  const RunResult run = run_body({.log = log.get()}, [] {
    auto& counter = make<Counter>(0u);
    start([&] { counter.store(1, kSite); });
    platform::spin_until(counter, is_one, Site::kStatusLoad);
  });
  unsigned decisions = 0;
  for (const Step& seen : log.steps()) decisions += seen.is_decision;
  EXPECT_EQ(run.report.decisions, 1u) << "the load; after it thread 0 waits for 1, which then ends";
  EXPECT_EQ(decisions, run.report.decisions);
  EXPECT_EQ(log.steps().size(), run.report.steps);
}

// Another thread that is picked at an operation's yield point sees the old value.
TEST(YieldPoint, ComesBeforeAnAtomicOperation) {
  void (*const operations[])(Counter&) = {
      [](Counter& c) { c.store(1, Site::kChanLen); },
      [](Counter& c) { c.exchange(1, Site::kChanLen); },
      [](Counter& c) { c.fetch_add(1, Site::kChanLen); },
      [](Counter& c) {
        std::uint32_t expected = 0;
        EXPECT_TRUE(c.compare_exchange(expected, 1, Site::kChanLen));
      },
  };
  for (const auto operation : operations) {
    Switches switches({{.from = 0, .site = Site::kChanLen, .to = 1}});
    const RunResult run = run_body(switches, [operation] {
      auto& counter = make<Counter>(0u);
      start([&] {
        say(counter.inspect());
        platform::spin_until(counter, is_one, kSite);
        say(counter.inspect());
        platform::stop(Outcome::kExit, "");
      });
      operation(counter);
      platform::spin_until(counter, [](std::uint32_t v) { return v == 2; }, kSite);
    });
    EXPECT_TRUE(switches.all_fired());
    EXPECT_EQ(run.said(), (Numbers{0, 1}));
  }
}

TEST(YieldPoint, ALoadTakesItsValueAfterwards) {
  Switches switches({{.from = 0, .site = Site::kChanLen, .to = 1}});
  const RunResult run = run_body(switches, [] {
    auto& counter = make<Counter>(0u);
    start([&] { counter.store(1, kSite); });
    say(counter.load(Site::kChanLen));
  });
  EXPECT_TRUE(switches.all_fired());
  EXPECT_EQ(run.said(), Numbers{1});
}

TEST(YieldPoint, ComesBeforeACellsAccess) {
  Glimpse glimpse(Site::kChanLen);
  run_body({.chooser = &glimpse}, [&] {
    auto& cell = make<Cell<unsigned char>>(static_cast<unsigned char>(5));
    static_assert(sizeof(cell) == 8, "the value comes first: the glimpse looks there");
    glimpse.watch(&cell);
    cell.store(6, Site::kChanLen);
    EXPECT_EQ(cell.load(Site::kChanLen), 6);
  });
  EXPECT_EQ(glimpse.seen(), (Numbers{5, 6}));
}

TEST(YieldPoint, AccessesWithAClaimAreNone) {
  const RunResult run = run_body([] {
    auto& counter = make<Counter>(0u);
    auto& cell = make<Cell<bool>>(false);
    auto& note = make<Note>();
    auto& owner = make<platform::Ownership>();
    owner.take();
    counter.store_unpublished(1);
    counter.store_mine(counter.load_mine(owner) + counter.load_mine() + counter.poll(), owner);
    (void)make<platform::Sequence>().next();
    make<platform::Counter>().add(1);
    cell.store_locked(!cell.load_locked(owner), owner);
    note.clear();
    platform::choose(3, kSite);
    say(1);
  });
  EXPECT_EQ(run.report.steps, 1u) << "the thread's start";
}

TEST(YieldPoint, ACopyYieldsOnceUpTo64BytesAndTwiceAbove) {
  for (const std::size_t bytes : {0, 8, 64, 65, 4096}) {
    StepLog log;
    run_body({.log = log.get()}, [bytes] {
      auto* const from = static_cast<unsigned char*>(platform::allocate(4096));
      auto* const to = static_cast<unsigned char*>(platform::allocate(4096));
      platform::copy(to, from, bytes, Site::kSendDirect);
      platform::clear(to, bytes, Site::kClearElement);
    });
    EXPECT_EQ(log.count(0, Site::kSendDirect), bytes <= 64 ? 1u : 2u) << bytes;
    EXPECT_EQ(log.count(0, Site::kClearElement), bytes <= 64 ? 1u : 2u) << bytes;
  }
}

TEST(YieldPoint, ComesBeforeEachHalfOfACopy) {
  constexpr std::size_t kBytes = 80;
  for (const std::size_t watched : {std::size_t{0}, kBytes / 2 - 1, kBytes / 2, kBytes - 1}) {
    Glimpse copied(Site::kSendDirect);
    run_body({.chooser = &copied}, [&copied, watched] {
      auto* const from = static_cast<unsigned char*>(platform::allocate(kBytes));
      auto* const to = static_cast<unsigned char*>(platform::allocate(kBytes));
      for (std::size_t i = 0; i < kBytes; ++i) from[i] = 9;
      copied.watch(to + watched);
      platform::copy(to, from, kBytes, Site::kSendDirect);
      platform::clear(to, kBytes, Site::kSendDirect);
      EXPECT_EQ(to[watched], 0);
    });
    const bool is_low = watched < kBytes / 2;
    EXPECT_EQ(copied.seen(), (is_low ? Numbers{0, 9, 9, 0} : Numbers{0, 0, 9, 9})) << watched;
  }
}

TEST(YieldPoint, NamesItsObjectAndWhetherItWrites) {
  StepLog log;
  run_body({.log = log.get()}, [] {
    platform::set_goroutine(3, 33);
    auto& counter = make<Counter>(0u);
    auto& other = make<Counter>(0u);
    counter.load(kSite);
    counter.store(1, kSite);
    other.load(kSite);
  });
  ASSERT_EQ(log.steps().size(), 4u);
  const auto steps = log.steps().subspan(1);
  EXPECT_EQ(steps[0].kind, OperationKind::kLoad);
  EXPECT_FALSE(steps[0].is_write);
  EXPECT_EQ(steps[1].kind, OperationKind::kStore);
  EXPECT_TRUE(steps[1].is_write);
  EXPECT_EQ(steps[0].object, steps[1].object);
  EXPECT_EQ(steps[2].object, steps[0].object + 1) << "creation ordinals";
  EXPECT_EQ(steps[2].path, 33u);
  EXPECT_EQ(steps[2].goroutine, 3);
}

TEST(Enabled, WhoWaitsForALockIsNot) {
  StepLog log;
  // Thread 1 comes to the lock while 0 has it, and again when it is free.
  Switches switches({{.from = 0, .site = Site::kChanLen, .to = 1}});
  const RunResult run = run_body({.chooser = &switches, .log = log.get()}, [] {
    auto& mutex = make<Mutex>(LockRank::kScheduler);
    auto& counter = make<Counter>(0u);
    start([&] {
      mutex.lock(Site::kSchedulerLock);
      say(1);
      mutex.unlock(kSite);
      counter.store(1, kSite);
    });
    mutex.lock(kSite);
    counter.load(Site::kChanLen);  // thread 1 goes up to the lock
    for (int i = 0; i < 3; ++i) counter.load(Site::kStatusLoad);
    say(0);
    mutex.unlock(kSite);
    platform::spin_until(counter, is_one, kSite);
  });
  EXPECT_TRUE(switches.all_fired());
  EXPECT_EQ(run.said(), (Numbers{0, 1}));
  for (const Step& seen : log.steps()) {
    if (seen.site == Site::kStatusLoad) EXPECT_FALSE(seen.is_decision);
  }
}

TEST(Enabled, OnlyOneOfTwoWaitersGetsTheLock) {
  Random random(3);
  const RunResult run = run_body(random, [] {
    auto& mutex = make<Mutex>(LockRank::kScheduler);
    auto& done = make<Counter>(0u);
    mutex.lock(kSite);
    for (int i = 0; i < 3; ++i) {
      start([&] {
        mutex.lock(kSite);
        EXPECT_TRUE(mutex.is_held_by_me());
        done.fetch_add(1, kSite);
        mutex.unlock(kSite);
      });
    }
    mutex.unlock(kSite);
    platform::spin_until(done, [](std::uint32_t v) { return v == 3; }, kSite);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kExit);
}

TEST(Enabled, WhoWantsALockThatNobodyFreesIsNotAndTheReportSaysWhy) {
  const RunResult run = run_body([] {
    auto& mutex = make<Mutex>(LockRank::kChannel, 4u);
    auto& first = make<Note>();
    start([&] {
      mutex.lock(kSite);
      EXPECT_TRUE(first.wake(kSite));
    });
    first.sleep(kSite);
    platform::set_goroutine(2, 40);
    mutex.lock(Site::kCopyStackLock);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kHung);
  EXPECT_EQ(run.report.message, "no virtual thread can take a step");
  ASSERT_EQ(run.report.threads.size(), 2u);
  const ThreadAtEnd& self = run.report.threads[0];
  EXPECT_EQ(self.lock_holder, 1);
  EXPECT_FALSE(self.is_enabled);
  EXPECT_EQ(self.goroutine, 2);
  EXPECT_EQ(self.site, Site::kCopyStackLock);
  EXPECT_EQ(self.kind, OperationKind::kLock);
  EXPECT_EQ(self.path, 40u);
}

TEST(Enabled, TwoThreadsThatHoldEachOthersLockHang) {
  Switches switches({{.from = 0, .site = Site::kChanLen, .to = 1}});
  const RunResult run = run_body(switches, [] {
    auto& first = make<Mutex>(LockRank::kChannel, 1u);
    auto& second = make<Mutex>(LockRank::kChannel, 2u);
    start([&] {
      second.lock(kSite);
      first.lock(kSite);
    });
    first.lock(kSite);
    second.lock(Site::kChanLen);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kHung);
  ASSERT_EQ(run.report.threads.size(), 2u);
  EXPECT_EQ(run.report.threads[0].lock_holder, 1);
  EXPECT_EQ(run.report.threads[1].lock_holder, 0);
}

TEST(Enabled, WhoSpinsIsNotUntilTheVariableIsWritten) {
  class AsksSpinners : public FirstEnabled {
   public:
    bool observes() const override { return true; }
    [[gnu::no_sanitize_thread]] void executing(ThreadId thread, const Pending* pending) override {
      if (pending[thread].kind == OperationKind::kSpin) EXPECT_TRUE(pending[thread].is_spinning);
    }
  } chooser;
  StepLog log;
  const RunResult run = run_body({.chooser = &chooser, .log = log.get()}, [] {
    auto& variable = make<Counter>(0u);
    auto& other = make<Counter>(0u);
    start([&] {
      for (std::uint32_t i = 0; i < 5; ++i) other.store(i, Site::kChanLen);  // not what 0 waits for
      variable.store(2, kSite);                                              // wakes it in vain
      say(1);
      variable.store(1, kSite);
    });
    platform::spin_until(variable, is_one, Site::kStatusWaitForScan);
    say(0);
  });
  EXPECT_EQ(run.said(), (Numbers{1, 0}));
  EXPECT_EQ(log.count(0, Site::kStatusWaitForScan), 3u) << "a load, a look in vain, the last look";
  for (const Step& seen : log.steps()) {
    if (seen.thread == 1 && seen.site == Site::kChanLen) EXPECT_FALSE(seen.is_decision);
  }
}

TEST(Enabled, AFailedExchangeWakesNoSpinner) {
  const RunResult run = run_body([] {
    auto& variable = make<Counter>(0u);
    start([&] {
      std::uint32_t expected = 7;
      EXPECT_FALSE(variable.compare_exchange(expected, 1, kSite));
    });
    platform::spin_until(variable, is_one, kSite);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kHung);
  ASSERT_EQ(run.report.threads.size(), 2u);
  EXPECT_EQ(run.report.threads[0].kind, OperationKind::kSpin);
  EXPECT_EQ(run.report.threads[0].lock_holder, -1);
  EXPECT_FALSE(run.report.threads[1].is_enabled) << "it has ended";
}

// What a thread waited for in the past does not enable it, or each strategy would see phantoms.
TEST(Enabled, WhoOnceSpunOnAVariableIsNotWokenByItLater) {
  StepLog log;
  Switches stay({});
  run_body({.chooser = &stay, .log = log.get()}, [] {
    auto& first = make<Counter>(0u);
    auto& second = make<Counter>(0u);
    start([&] {
      first.store(1, kSite);
      platform::spin_until(second, is_one, kSite);
      first.store(2, kSite);
      first.store(3, Site::kChanLen);
      second.store(2, kSite);
    });
    platform::spin_until(first, is_one, kSite);
    second.store(1, kSite);
    platform::spin_until(second, [](std::uint32_t v) { return v == 2; }, Site::kStatusLoad);
  });
  ASSERT_EQ(log.count(1, Site::kChanLen), 1u);
  for (const Step& seen : log.steps()) {
    if (seen.site == Site::kChanLen) EXPECT_FALSE(seen.is_decision);
  }
}

TEST(Enabled, AReportNamesNoLockThatAThreadOnceHad) {
  const RunResult run = run_body([] {
    auto& mutex = make<Mutex>(LockRank::kScheduler);
    start([&] { mutex.lock(kSite); });
    mutex.lock(kSite);
    mutex.unlock(kSite);
    make<Note>().sleep(kSite);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kHung);
  ASSERT_EQ(run.report.threads.size(), 2u);
  EXPECT_EQ(run.report.threads[0].lock_holder, -1) << "thread 1 has it, but nobody wants it";
  EXPECT_EQ(run.report.threads[1].lock_holder, -1);
}

TEST(Enabled, ASleeperWithoutAWakerHangs) {
  const RunResult run = run_body([] { make<Note>().sleep(Site::kMachineNoteSleep); });
  EXPECT_EQ(run.report.outcome, Outcome::kHung);
  ASSERT_EQ(run.report.threads.size(), 1u);
  EXPECT_EQ(run.report.threads[0].kind, OperationKind::kSleep);
}

TEST(Enabled, ARefusedWakeChangesNothing) {
  Switches stay({});
  const RunResult run = run_body(stay, [] {
    auto& note = make<Note>();
    start([&] {
      EXPECT_TRUE(note.wake(kSite));
      EXPECT_FALSE(note.wake(kSite));
    });
    note.sleep(kSite);
    note.clear();
    note.sleep(kSite);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kHung) << "the note was cleared after both";
}

TEST(Time, PassesOnlyBySleeping) {
  const RunResult run = run_body([] {
    auto& counter = make<Counter>(0u);
    for (int i = 0; i < 5; ++i) counter.fetch_add(1, kSite);
    EXPECT_EQ(platform::now_ns(), 0u);
    platform::sleep_ns(70, kSite);
    EXPECT_EQ(platform::now_ns(), 70u);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kExit);
}

TEST(Time, BeginsAtZeroInEachRun) {
  simulator::World world;
  for (int i = 0; i < 2; ++i) {
    run_body(world, {}, [] {
      EXPECT_EQ(platform::now_ns(), 0u);
      platform::sleep_ns(70, kSite);
    });
  }
}

// A sleeper stays enabled: picking it lets the time pass until its alarm, and never back.
TEST(Time, IsTheLatestAlarmOfThosePicked) {
  Switches switches(
      {{.from = 0, .site = Site::kChanLen, .to = 1}, {.from = 1, .site = kSite, .to = 0}});
  run_body(switches, [] {
    auto& counter = make<Counter>(0u);
    start([&] {
      platform::sleep_ns(50, kSite);
      EXPECT_EQ(platform::now_ns(), 100u) << "its alarm has passed long ago";
      platform::sleep_ns(20, Site::kStatusLoad);
      EXPECT_EQ(platform::now_ns(), 120u);
      counter.store(1, Site::kStatusLoad);
    });
    counter.load(Site::kChanLen);
    platform::sleep_ns(100, Site::kStatusLoad);
    EXPECT_EQ(platform::now_ns(), 100u);
    platform::spin_until(counter, is_one, Site::kStatusLoad);
  });
  EXPECT_TRUE(switches.all_fired());
}

TEST(Events, CarryThreadAndStep) {
  const RunResult run = run_body([] {
    auto& counter = make<Counter>(0u);
    start([&] {
      say(1);
      counter.store(1, kSite);
    });
    say(0);
    EXPECT_EQ(platform::step(), 2u);
    platform::spin_until(counter, is_one, kSite);
  });
  ASSERT_EQ(run.events.size(), 2u);
  EXPECT_EQ(run.events[0].thread, 0);
  EXPECT_EQ(run.events[0].step, 2u);
  EXPECT_EQ(run.events[1].thread, 1);
  EXPECT_EQ(run.events[1].step, 4u);
}

TEST(EventsDeathTest, OneThatCannotBeIsRefused) {
  const auto announce = [](const Event& event) { run_body([&] { platform::record(event); }); };
  EXPECT_EQ(run_body([] { platform::record(event::Closed{}); }).events.size(), 1u);
  EXPECT_DEATH(announce({.kind = EventKind::kClosed, .slot_b = 1}), "is_well_formed.*: closed");
  EXPECT_DEATH(announce({.kind = EventKind::kCopyBegin, .slot_c = 3}), "is_well_formed.*: copy-be");
  EXPECT_DEATH(announce(Event{}), "is_well_formed.*: unknown-event");
}

TEST(Events, LocksAreAnnouncedWithRankAndOrder) {
  const RunResult run = run_body([] {
    auto& mutex = make<Mutex>(LockRank::kChannel, 9u);
    platform::set_goroutine(5, 33);
    mutex.lock(kSite);
    mutex.unlock(kSite);
    mutex.lock_as(LockRank::kChannelLeaf, kSite);
  });
  ASSERT_EQ(run.events.size(), 3u);
  const auto acquired = run.of<event::LockAcquired>();
  ASSERT_EQ(acquired.size(), 2u);
  EXPECT_EQ(acquired[0].rank, LockRank::kChannel);
  EXPECT_EQ(acquired[1].rank, LockRank::kChannelLeaf);
  EXPECT_EQ(acquired[0].order, 9u);
  EXPECT_EQ(acquired[0].goroutine, 5);
  EXPECT_EQ(run.events[1].kind, EventKind::kLockReleased);
  EXPECT_EQ(as<event::LockReleased>(run.events[1]).lock, acquired[0].lock);
}

// To freeze is to take a lock. Its owner may have to wait for that, which is announced where it
// matters: with another lock in hand.
TEST(Events, FrozenVariablesAreLocks) {
  const RunResult run = run_body([] {
    auto& variable = make<OwnedAtomic<std::uint32_t>>(1u, LockRank::kStackScan, 7u);
    auto& mutex = make<Mutex>(LockRank::kScheduler);
    std::uint32_t expected = 1;
    EXPECT_TRUE(variable.freeze(expected, 3, kSite));
    EXPECT_FALSE(variable.freeze(expected = 1, 3, kSite));
    EXPECT_TRUE(variable.thaw(expected = 3, 1, kSite));
    EXPECT_TRUE(variable.update_unless_frozen(expected = 1, 2, kSite));
    mutex.lock(kSite);
    EXPECT_TRUE(variable.update_unless_frozen(expected = 2, 1, kSite));
    mutex.unlock(kSite);
    EXPECT_TRUE(variable.update_unless_frozen(expected = 1, 2, kSite));
    EXPECT_TRUE(variable.freeze_as(LockRank::kScanRunning, expected = 2, 3, kSite));
    EXPECT_TRUE(variable.update_unless_frozen_as(LockRank::kScanRunning, expected = 3, 4, kSite));
    EXPECT_TRUE(variable.thaw_as(LockRank::kScanRunning, expected = 4, 2, kSite));
  });
  ASSERT_EQ(run.events.size(), 8u);
  EXPECT_EQ(as<event::LockAcquired>(run.events[5]).rank, LockRank::kScanRunning);
  EXPECT_EQ(as<event::MayLock>(run.events[6]).rank, LockRank::kScanRunning);
  EXPECT_EQ(as<event::LockReleased>(run.events[7]).rank, LockRank::kScanRunning);
  const auto taken = as<event::LockAcquired>(run.events[0]);
  EXPECT_EQ(taken.rank, LockRank::kStackScan);
  EXPECT_EQ(taken.order, 7u);
  EXPECT_EQ(as<event::LockReleased>(run.events[1]).lock, taken.lock);
  const auto may = as<event::MayLock>(run.events[3]);
  EXPECT_EQ(may.rank, LockRank::kStackScan);
  EXPECT_EQ(may.lock, taken.lock);
  EXPECT_EQ(may.order, 7u);
}

}  // namespace
}  // namespace concertina::test
