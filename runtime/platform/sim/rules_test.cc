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

// Thread 0 pokes or publishes while thread 1 is about to write.
template <class Write>
std::string ending_beside_a_writer(Write write) {
  Switches switches(
      PlainList<Switch>{{.from = 0, .site = kOwn, .to = 1}, {.from = 1, .site = kSite, .to = 0}});
  const RunResult run = run_body(switches, [write] {
    auto& variable = make<Counter>(0u);
    auto& gate = make<Counter>(0u);
    start([&variable] { variable.store(1, kSite); });
    gate.store(1, kOwn);
    write(variable);
  });
  EXPECT_TRUE(switches.all_fired());
  return run.report.message;
}

TEST(Rules, NobodyElseIsAboutToWriteWhatIsPokedOrPublished) {
  EXPECT_EQ(ending_beside_a_writer([](Counter& variable) { variable.poke(2); }),
            "poke: another thread is about to write the variable");
  EXPECT_EQ(ending_beside_a_writer([](Counter& variable) { variable.publish(2, Site::kTest); }),
            "publish: another thread is about to write the variable");
  EXPECT_EQ(ending_beside_a_writer([](Counter& variable) { variable.exchange(2, Site::kTest); }),
            "");
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
  const auto peeked =
      look([](auto& variable, auto& cell) { (void)variable.peek(), (void)cell.peek(); });
  EXPECT_EQ(inspected, without);
  EXPECT_EQ(peeked.first, without.first + 2) << "of a peek the chooser is told";
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
