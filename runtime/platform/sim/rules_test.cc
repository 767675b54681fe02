// What the platform's operations ask of their callers, in runs that do not do it.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "platform/sim/fiber.h"
#include "platform/sim/testing.h"

namespace concertina::test {
namespace {

using platform::Atomic;
using platform::Mutex;
using platform::Note;
using platform::Ownership;
using Counter = Atomic<std::uint32_t>;

constexpr Site kSite = Site::kTest;
constexpr Site kOwn = Site::kChanLen;  // where the caller at fault is interrupted

/// How a run ends in which thread 0 stops at its `kOwn`, so that thread 1 goes first.
template <class Body>
std::string ending_of(Body body) {
  Switches switches(PlainList<Switch>{{.from = 0, .site = kOwn, .to = 1}});
  const RunResult run = run_body(switches, body);
  EXPECT_TRUE(switches.all_fired());
  return std::string(outcome_name(run.report.outcome)) + ": " + run.report.message;
}

/// The same without another thread.
template <class Body>
std::string ending_alone(Body body) {
  const RunResult run = run_body(body);
  return std::string(outcome_name(run.report.outcome)) + ": " + run.report.message;
}

TEST(Rules, NobodyElseChangesWhatIsExchangedAsMine) {
  const auto ending = [](std::uint32_t other) {
    return ending_of([other] {
      auto& variable = make<Counter>(1u);
      start([&variable, other] { variable.store(other, kSite); });
      variable.exchange_mine(2, kOwn);
    });
  };
  EXPECT_EQ(ending(3), "fatal: exchange_mine: another thread changed the variable meanwhile");
  EXPECT_EQ(ending(1), "exit: ") << "no value is lost";
}

TEST(Rules, NobodyElseChangesWhatIsUpdatedAsMine) {
  const auto ending = [](std::uint32_t before, std::uint32_t other) {
    return ending_of([before, other] {
      auto& variable = make<Counter>(before);
      start([&variable, other] { variable.store(other, kSite); });
      std::uint32_t expected = 1;
      variable.update_mine(expected, 2, kOwn);
    });
  };
  EXPECT_EQ(ending(1, 3), "fatal: update_mine: another thread changed the variable meanwhile");
  EXPECT_EQ(ending(4, 3), "exit: ") << "with another value it is not mine";
  EXPECT_EQ(ending(4, 1), "exit: ") << "it became mine";
}

/// What both threads of the following tests have.
struct Claimed {
  Counter variable{7u};
  platform::Cell<std::uint32_t> cell{8u};
  Mutex lock{LockRank::kScheduler};
  Ownership owner;
  Counter done{0u};
};

/// How it ends when thread 0 does something while thread 1 is about to do its first step, at kSite.
template <class Other, class Body>
std::string ending_beside(Other other, Body body) {
  Switches switches(
      PlainList<Switch>{{.from = 0, .site = kOwn, .to = 1}, {.from = 1, .site = kSite, .to = 0}});
  const RunResult run = run_body(switches, [other, body] {
    auto& claimed = make<Claimed>();
    claimed.owner.take();
    start([&claimed, other] { other(claimed); });
    claimed.done.store(1, kOwn);
    body(claimed);
  });
  EXPECT_TRUE(switches.all_fired());
  return run.report.message;
}
constexpr auto kWrites = [](Claimed& c) { c.variable.store(1, kSite); };
constexpr auto kReads = [](Claimed& c) { (void)c.variable.load(kSite); };

TEST(Rules, NobodyElseIsAboutToWriteWhatIsStoredWithAClaimOrPublished) {
  EXPECT_EQ(ending_beside(kWrites, [](Claimed& c) { c.variable.store_mine(2, c.owner); }),
            "store_mine: another thread is about to write the variable");
  EXPECT_EQ(ending_beside(kWrites, [](Claimed& c) { c.variable.store_locked(2, c.owner); }),
            "store_locked: another thread is about to write the variable");
  EXPECT_EQ(ending_beside(kWrites, [](Claimed& c) { c.variable.publish(2, Site::kTest); }),
            "publish: another thread is about to write the variable");
  EXPECT_EQ(ending_beside(kWrites, [](Claimed& c) { c.variable.exchange(2, Site::kTest); }), "");
}

// --- Claims: each is false here on every schedule, and found in the first run. ------------------

/// How it ends when thread 0 does one thing, then thread 1 another, then thread 0 a third.
std::string ending_in_turns(void (*first)(Claimed&), void (*other)(Claimed&),
                            void (*then)(Claimed&)) {
  return ending_alone([=] {
    auto& claimed = make<Claimed>();
    first(claimed);
    start([&claimed, other] {
      other(claimed);
      claimed.done.store(1, kSite);
    });
    platform::spin_until(claimed.done, [](std::uint32_t v) { return v != 0; }, kSite);
    then(claimed);
  });
}
constexpr auto kNothing = [](Claimed&) {};

TEST(Claims, ALockedAccessHoldsThatVeryLock) {
  const std::string load =
      "fatal: load_locked: by a thread that does not hold what protects the variable";
  const std::string store =
      "fatal: store_locked: by a thread that does not hold what protects the variable";
  const auto alone = [](void (*body)(Claimed&)) {
    return ending_alone([body] { body(make<Claimed>()); });
  };
  EXPECT_EQ(alone([](Claimed& c) { c.variable.load_locked(c.lock); }), load);
  EXPECT_EQ(alone([](Claimed& c) { c.variable.store_locked(1, c.lock); }), store);
  EXPECT_EQ(alone([](Claimed& c) { c.cell.load_locked(c.lock); }), load);
  EXPECT_EQ(alone([](Claimed& c) { c.cell.store_locked(1, c.lock); }), store);
  const auto locked = [](Claimed& c) {
    c.lock.lock(kSite);
    c.variable.store_locked(c.variable.load_locked(c.lock) + 1, c.lock);
    c.cell.store_locked(c.cell.load_locked(c.lock) + 1, c.lock);
  };
  EXPECT_EQ(alone(locked), "exit: ");
  // Another thread's lock is not the caller's.
  EXPECT_EQ(ending_in_turns(kNothing, locked, [](Claimed& c) { c.variable.load_locked(c.lock); }),
            load);
}

TEST(Claims, WhatIsMineHasMeAsItsOwner) {
  const auto own = [](Claimed& c) {
    c.owner.take();
    c.variable.store_mine(c.variable.load_mine(c.owner) + 1, c.owner);
  };
  const auto pass_on = [](Claimed& c) {
    c.owner.take();
    c.owner.give();
  };
  EXPECT_EQ(ending_in_turns(pass_on, own, kNothing), "exit: ");
  EXPECT_EQ(ending_in_turns(
                own, [](Claimed& c) { c.variable.load_mine(c.owner); }, kNothing),
            "fatal: load_mine: by a thread that does not hold what protects the variable");
  EXPECT_EQ(ending_in_turns(
                pass_on, [](Claimed& c) { c.variable.store_mine(1, c.owner); }, kNothing),
            "fatal: store_mine: by a thread that does not hold what protects the variable");
  EXPECT_EQ(ending_in_turns(own, own, kNothing),
            "fatal: ownership: it is taken from another owner");
  EXPECT_EQ(ending_in_turns(
                own, [](Claimed& c) { c.owner.give(); }, kNothing),
            "fatal: ownership: it is given away by another thread than the owner");
}

TEST(Claims, WhatIsMineWithoutAnOwnerIWroteLast) {
  const auto write = [](Claimed& c) { c.variable.store(1, kSite); };
  const auto look = [](Claimed& c) { c.variable.load_mine(); };
  EXPECT_EQ(ending_in_turns(write, kNothing, look), "exit: ");
  EXPECT_EQ(ending_in_turns(write, write, look),
            "fatal: load_mine: another thread has written the variable");
  EXPECT_EQ(ending_in_turns(write, look, kNothing),
            "fatal: load_mine: another thread has written the variable");
}

TEST(Claims, WhatIsUnpublishedNobodyElseHasUsed) {
  const auto write = [](Claimed& c) { c.variable.store_unpublished(1); };
  const auto look = [](Claimed& c) { (void)c.variable.load(kSite); };
  const std::string known = "fatal: store_unpublished: another thread knows the variable";
  EXPECT_EQ(ending_in_turns(look, kNothing, write), "exit: ");
  EXPECT_EQ(ending_in_turns(kNothing, look, write), known);
  EXPECT_EQ(ending_beside(kReads, write), "store_unpublished: another thread knows the variable")
      << "or is about to";
}

TEST(Claims, AtRestAllOthersSleepOrWaitForTheLock) {
  const auto look = [](Claimed& c) {
    c.lock.lock(kSite);
    c.variable.load_at_rest(c.lock);
  };
  const std::string busy = "fatal: load_at_rest: another thread has not come to rest";
  EXPECT_EQ(ending_alone([] { make<Claimed>().variable.load_at_rest(make<Claimed>().lock); }), busy)
      << "without the lock";
  EXPECT_EQ(ending_in_turns(kNothing, kNothing, look), "exit: ") << "the other one has ended";
  EXPECT_EQ(ending_beside(kReads, look), "load_at_rest: another thread has not come to rest");
  EXPECT_EQ(ending_beside([](Claimed& c) { c.lock.lock(kSite); }, look), "")
      << "the other one waits for the lock";
}

TEST(Rules, OnlyTheHolderUnlocks) {
  EXPECT_EQ(ending_alone([] { make<Mutex>(LockRank::kScheduler).unlock(kSite); }),
            "fatal: lock order: a thread unlocks what it does not hold");
  EXPECT_EQ(ending_of([] {
              auto& mutex = make<Mutex>(LockRank::kScheduler);
              auto& never = make<Counter>(0u);
              start([&mutex] { mutex.unlock(kSite); });
              mutex.lock(kSite);
              never.load(kOwn);
            }),
            "fatal: lock order: a thread unlocks what it does not hold");
}

TEST(Rules, ANoteHasOneSleeperAndIsClearedByIt) {
  EXPECT_EQ(ending_alone([] { make<Note>().clear(); }),
            "fatal: note: it was cleared before it was set");
  EXPECT_EQ(ending_alone([] {
              auto& note = make<Note>();
              start([&note] { note.sleep(kSite); });
              note.sleep(kSite);
            }),
            "fatal: note: it has a sleeper already");
}

TEST(Rules, CopiesAreOfSomethingToSomewhereElse) {
  const auto copy = [](std::size_t distance, std::size_t bytes) {
    return ending_alone([distance, bytes] {
      auto* const memory = static_cast<unsigned char*>(platform::allocate(256));
      platform::copy(memory + distance, memory, bytes, kSite);
    });
  };
  EXPECT_EQ(copy(8, 9), "fatal: copy: the ranges overlap");
  EXPECT_EQ(copy(8, 8), "exit: ");
  EXPECT_EQ(ending_alone([] { platform::copy(nullptr, nullptr, 0, kSite); }), "exit: ");
  EXPECT_EQ(ending_alone([] { platform::copy(platform::allocate(8), nullptr, 8, kSite); }),
            "fatal: copy: from nowhere, or to there");
  EXPECT_EQ(ending_alone([] { platform::clear(nullptr, 8, kSite); }), "fatal: clear: nowhere");
}

TEST(Rules, AThreadHasSomethingToRun) {
  EXPECT_EQ(ending_alone([] { platform::start_thread(nullptr, nullptr, kSite); }),
            "fatal: start_thread: a thread has nothing to run");
}

/// A chooser that is told of accesses without a yield point, and counts them.
class Watcher : public FirstEnabled {
 public:
  bool observes() const override { return true; }
  bool watches() const override { return true; }
  [[gnu::no_sanitize_thread]] void touched(ObjectId, bool) override { ++touches_; }
  [[gnu::no_sanitize_thread]] unsigned touches() const { return touches_; }

 private:
  unsigned touches_ = 0;
};

TEST(Inspect, IsNoPartOfTheRun) {
  const auto look = [](auto how) {
    Watcher watcher;
    const RunResult run = run_body(watcher, [how] {
      auto& variable = make<Counter>(7u);
      auto& cell = make<platform::Cell<std::uint32_t>>(8u);
      how(variable, cell);
    });
    return std::pair(watcher.touches(), run.report.hash);
  };
  const auto without = look([](auto&, auto&) {});
  const auto inspected = look([](auto& variable, auto& cell) {
    EXPECT_EQ(variable.inspect(), 7u);
    EXPECT_EQ(cell.inspect(), 8u);
  });
  const auto polled =
      look([](auto& variable, auto& cell) { (void)variable.poll(), cell.plant(1); });
  EXPECT_EQ(inspected, without);
  EXPECT_EQ(polled.first, without.first + 2) << "of any other access the chooser is told";
}

TEST(SimulatorDeathTest, ARunBelongsToOneWorldAndHasAChooser) {
  const auto nothing = [](void*) {};
  simulator::World world;
  EXPECT_DEATH(world.run({}, nothing, nullptr), "check failed: .*: every run has a chooser");
  FirstEnabled chooser;
  EXPECT_DEATH(world.run({.chooser = &chooser}, nullptr, nullptr), "a run begins with something");
  EXPECT_DEATH(run_body(world, {}, [&] { world.run({.chooser = &chooser}, nothing, nullptr); }),
               "a world runs one run at a time");
}

TEST(SimulatorDeathTest, EventsAreWellFormed) {
  EXPECT_DEATH(run_body([] { platform::record({}); }), "check failed: is_well_formed");
}

TEST(SimulatorDeathTest, AFiberContinuesAnotherOneThatWasBegun) {
  simulator::Fiber caller, other;
  caller.adopt_caller();
  EXPECT_DEATH(caller.resume_from(caller), "a fiber continues another one");
  EXPECT_DEATH(other.resume_from(caller), "only what was begun can be continued");
}

}  // namespace
}  // namespace concertina::test
