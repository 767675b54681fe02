// A run as a whole: a pure function of its schedule, with limits, that can be abandoned anywhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "platform/sim/testing.h"
#include "platform/sim/world.h"

namespace concertina::test {
namespace {

using platform::Atomic;
using platform::Mutex;
using platform::Note;
using simulator::Config;
using simulator::World;
using Counter = Atomic<std::uint32_t>;

constexpr Site kSite = Site::kTest;

// Every kind of operation, three threads, some 60 steps.
void mixed_program() {
  auto& mutex = make<Mutex>(LockRank::kScheduler);
  auto& note = make<Note>();
  auto& counter = make<Counter>(0u);
  auto& element = make<std::array<unsigned char, 80>>();
  for (int i = 0; i < 2; ++i) {
    start([&] {
      auto& local = make<std::array<unsigned char, 80>>();
      local.fill(static_cast<unsigned char>(platform::choose(200, kSite)));
      for (int round = 0; round < 2; ++round) {
        mutex.lock(kSite);
        platform::copy(element.data(), local.data(), element.size(), Site::kSendDirect);
        say(element[0]);
        mutex.unlock(kSite);
      }
      platform::sleep_ns(10, kSite);
      if (counter.fetch_add(1, kSite) == 1) (void)note.wake(kSite);
    });
  }
  note.sleep(kSite);
  platform::spin_until(counter, [](std::uint32_t v) { return v == 2; }, kSite);
  platform::clear(element.data(), element.size(), Site::kClearElement);
}

RunResult run_seed(World& world, std::uint64_t seed, Config config = {}) {
  Random random(seed);
  config.chooser = &random;
  return run_body(world, config, mixed_program);
}

TEST(Run, AThousandRunsHaveTheHashOfTheFirst) {
  World world;
  const std::uint64_t first = run_seed(world, 7).report.hash;
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(run_seed(world, 7).report.hash, first) << i;
  World fresh;
  EXPECT_EQ(run_seed(fresh, 7).report.hash, first);
}

// The hash is what determinism checks rest on: it must tell schedules apart and nothing else.
TEST(Run, HashesAreEqualWhenSchedulesAndDrawsAre) {
  using Schedule = std::vector<std::pair<ThreadId, Site>>;
  std::map<Schedule, std::uint64_t> seen;
  std::map<std::uint64_t, Schedule> back;
  World world;
  for (unsigned seed = 0; seed < 100; ++seed) {
    StepLog log;
    Random random(seed);
    const RunResult run = run_body(world, {.chooser = &random, .log = log.get()}, [] {
      auto& counter = make<Counter>(0u);
      start([&] { counter.fetch_add(1, Site::kChanLen); });
      counter.fetch_add(1, kSite);
      platform::spin_until(counter, [](std::uint32_t v) { return v == 2; }, kSite);
    });
    Schedule schedule;
    for (const Step& step : log.steps()) schedule.push_back({step.thread, step.site});
    EXPECT_EQ(seen.try_emplace(schedule, run.report.hash).first->second, run.report.hash);
    EXPECT_EQ(back.try_emplace(run.report.hash, schedule).first->second, schedule);
  }
  EXPECT_GT(seen.size(), 2u);
}

TEST(Run, HashesTellDrawsEventsAndOutcomesApart) {
  const auto hash_of = [](std::uint32_t draw, std::uint32_t number, Outcome outcome) {
    Picks picks({}, {draw});
    return run_body(picks,
                    [=] {
                      platform::choose(5, kSite);
                      say(number);
                      platform::stop(outcome, "");
                    })
        .report.hash;
  };
  const std::uint64_t base = hash_of(1, 1, Outcome::kExit);
  EXPECT_EQ(hash_of(1, 1, Outcome::kExit), base);
  EXPECT_NE(hash_of(2, 1, Outcome::kExit), base);
  EXPECT_NE(hash_of(1, 2, Outcome::kExit), base);
  EXPECT_NE(hash_of(1, 1, Outcome::kPanic), base);
}

TEST(Run, EndsAtTheLimitOfSteps) {
  World world;
  const std::uint32_t steps = run_seed(world, 1).report.steps;
  const RunResult run = run_seed(world, 1, {.steps_max = steps - 1});
  EXPECT_EQ(run.report.outcome, Outcome::kBudget);
  EXPECT_EQ(run.report.message, "steps per run");
  EXPECT_TRUE(run.report.threads.empty());
  EXPECT_EQ(run_seed(world, 1, {.steps_max = steps}).report.outcome, Outcome::kExit);
}

TEST(Run, EndsAtTheLimitOfEvents) {
  World world;
  const std::size_t events = run_seed(world, 1).events.size();
  const auto limit = static_cast<std::uint32_t>(events);
  const RunResult run = run_seed(world, 1, {.events_max = limit - 1});
  EXPECT_EQ(run.report.outcome, Outcome::kBudget);
  EXPECT_EQ(run.report.message, "events per run");
  EXPECT_EQ(run.events.size(), events - 1);
  EXPECT_EQ(run_seed(world, 1, {.events_max = limit}).report.outcome, Outcome::kExit);
}

TEST(Run, EndsAtTheLimitOfThreads) {
  const RunResult run = run_body([] {
    for (unsigned i = 1; i <= kThreadsMax; ++i) {
      say(i);
      start([] {});
    }
  });
  EXPECT_EQ(run.report.outcome, Outcome::kBudget);
  EXPECT_EQ(run.report.message, "virtual threads per run");
  EXPECT_EQ(run.said().back(), kThreadsMax) << "thread 0 counts, too";
}

TEST(Run, EndsWhenTheArenaIsFull) {
  const RunResult run = run_body([] {
    platform::allocate(simulator::Arena::kBytes / 2);
    say(1);
    platform::allocate(simulator::Arena::kBytes / 2);
    say(2);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kBudget);
  EXPECT_EQ(run.report.message, "arena bytes per run");
  EXPECT_EQ(run.said(), std::vector<std::uint32_t>{1});
}

// Rule 3 of the world: whatever the threads were doing, the next run does not notice.
TEST(Run, CanBeAbandonedAtEveryStep) {
  World world;
  for (const std::uint64_t seed : {1, 2}) {
    const RunResult whole = run_seed(world, seed);
    ASSERT_EQ(whole.report.outcome, Outcome::kExit);
    for (std::uint32_t k = 1; k < whole.report.steps; ++k) {
      const RunResult part = run_seed(world, seed, {.steps_max = k});
      ASSERT_EQ(part.report.outcome, Outcome::kBudget) << k;
      ASSERT_EQ(part.report.steps, k + 1);
      const RunResult again = run_seed(world, seed);
      ASSERT_EQ(again.report.hash, whole.report.hash) << k;
      ASSERT_EQ(again.events.size(), whole.events.size()) << k;
    }
  }
}

TEST(Run, AnAbandonedRunIsAPrefixOfTheWhole) {
  World world;
  const RunResult whole = run_seed(world, 3);
  for (std::uint32_t k = 1; k < whole.report.steps; ++k) {
    const RunResult part = run_seed(world, 3, {.steps_max = k});
    ASSERT_LE(part.events.size(), whole.events.size());
    for (std::size_t i = 0; i < part.events.size(); ++i) {
      ASSERT_EQ(part.events[i], whole.events[i]) << k;
    }
  }
}

TEST(Run, AReportOfAPassingRunListsNoThreads) {
  EXPECT_TRUE(run_body([] {}).report.threads.empty());
}

TEST(Run, AReportOfAFatalRunListsEveryThread) {
  const RunResult run = run_body([] {
    start([] {});
    platform::stop(Outcome::kFatal, "because");
  });
  EXPECT_EQ(run.report.message, "because");
  ASSERT_EQ(run.report.threads.size(), 2u);
  EXPECT_TRUE(run.report.threads[0].is_enabled);
  EXPECT_TRUE(run.report.threads[1].is_enabled);
  EXPECT_EQ(run.report.threads[1].kind, OperationKind::kStart);
}

TEST(Run, ThreadsAreNumberedInTheOrderOfTheirStart) {
  Picks picks({1, 2, 3, 3, 2, 1});
  const RunResult run = run_body(picks, [] {
    auto& counter = make<Counter>(0u);
    for (std::uint32_t i = 1; i <= 3; ++i) {
      start([&counter, i] {
        platform::record(event::EndChannel{.receivers = i});
        counter.fetch_add(1, kSite);
      });
    }
    platform::spin_until(counter, [](std::uint32_t v) { return v == 3; }, kSite);
  });
  const auto seen = run.of(EventKind::kEndChannel);
  ASSERT_EQ(seen.size(), 3u);
  for (const Event& event : seen) {
    EXPECT_EQ(event.thread, as<event::EndChannel>(event).receivers);
  }
}

/// Counts the calls of a chooser, and draws a fixed number. Not for ThreadSanitizer: choosers run
/// inside the simulator, on behalf of all virtual threads at once, and its counts would look like
/// their races.
class Witness : public FirstEnabled {
 public:
  Witness(bool observes, std::uint32_t draw) : observes_(observes), draw_(draw) {}
  [[gnu::no_sanitize_thread]] void started(ThreadId thread) override {
    started_in_order_ = started_in_order_ && thread == started_;
    ++started_;
  }
  [[gnu::no_sanitize_thread]] void executing(ThreadId thread, const Pending* pending) override {
    executed_ += 1;
    starts_ += pending[thread].kind == OperationKind::kStart;
  }
  [[gnu::no_sanitize_thread]] std::uint32_t choose(std::uint32_t, Site, SpawnPath path) override {
    ++draws_;
    draw_path_ = path;
    return draw_;
  }
  [[gnu::no_sanitize_thread]] bool observes() const override { return observes_; }

  bool observes_;
  std::uint32_t draw_;
  unsigned started_ = 0, executed_ = 0, starts_ = 0, draws_ = 0;
  bool started_in_order_ = true;
  SpawnPath draw_path_ = kAnyPath;
};

TEST(Chooser, IsToldOfEachStepIfItWantsTo) {
  for (const bool observes : {false, true}) {
    Witness witness(observes, 0);
    const RunResult run = run_body(witness, mixed_program);
    EXPECT_EQ(witness.started_, 3u);
    EXPECT_TRUE(witness.started_in_order_);
    EXPECT_EQ(witness.executed_, observes ? run.report.steps : 0);
    EXPECT_EQ(witness.starts_, observes ? 3u + 2u : 0u) << "started, and starting two";
  }
}

// The base class's own answers suffice for some choosers. (Not for ThreadSanitizer, as above.)
TEST(Chooser, NeedsOnlyToPickAndToDraw) {
  class Least : public Chooser {
   public:
    [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId,
                                              const Pending*) override {
      return static_cast<ThreadId>(std::countr_zero(enabled));
    }
    [[gnu::no_sanitize_thread]] std::uint32_t choose(std::uint32_t, Site, SpawnPath) override {
      return 0;
    }
  } least;
  StepLog log;  // makes the world observe
  const RunResult run = run_body({.chooser = &least, .log = log.get()}, mixed_program);
  EXPECT_EQ(run.report.outcome, Outcome::kExit);
  EXPECT_FALSE(least.observes());
}

TEST(Chooser, IsNotAskedForADrawOfOne) {
  Witness witness(false, 4);
  const RunResult run = run_body(witness, [] {
    platform::set_goroutine(1, 77);
    EXPECT_EQ(platform::choose(0, kSite), 0u);
    EXPECT_EQ(platform::choose(1, kSite), 0u);
    EXPECT_EQ(platform::choose(5, kSite), 4u);
  });
  EXPECT_EQ(run.report.outcome, Outcome::kExit);
  EXPECT_EQ(witness.draws_, 1u);
  EXPECT_EQ(witness.draw_path_, 77u);
}

// A wrong chooser is a mistake of the harness, and none of the program that runs.
TEST(ChooserDeathTest, DrawsInRange) {
  Witness witness(false, 4);
  EXPECT_DEATH(run_body(witness, [] { platform::choose(4, kSite); }), "a chooser draws in range");
}

TEST(ChooserDeathTest, PicksAnEnabledThread) {
  class Wrong : public FirstEnabled {
   public:
    [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask, ThreadId, const Pending*) override {
      return 2;  // does not exist
    }
  } wrong;
  EXPECT_DEATH(run_body(wrong, mixed_program), "a chooser picks an enabled thread");
}

// --- The log -------------------------------------------------------------------------------------

TEST(Log, HasAllStepsAndDecisionsOfARun) {
  World world;
  const StepLog log;
  for (unsigned seed = 0; seed < 100; ++seed) {
    const RunResult run = run_seed(world, seed, {.log = log.get()});
    EXPECT_EQ(log.steps().size(), run.report.steps);
    EXPECT_EQ(log.get()->decisions, run.report.decisions);
    EXPECT_EQ(std::ranges::count_if(log.steps(), &Step::is_decision), run.report.decisions);
    EXPECT_EQ(std::ranges::count_if(log.steps(), &Step::is_preemption), log.get()->preemptions);
    EXPECT_EQ(log.get()->draw_count, 2u);
    EXPECT_EQ(log.get()->events.count, run.events.size());
    EXPECT_EQ(run.report.hash, run_seed(world, seed).report.hash) << "it changes nothing";
  }
}

// Switches threads at each decision, and says what it decided.
class Witnessed : public Random {
 public:
  using Random::Random;
  [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId current,
                                            const Pending* pending) override {
    const ThreadId chosen = Random::pick(enabled, current, pending);
    const bool could_go_on = (enabled >> current & 1) != 0 && !pending[current].is_spinning;
    is_decision_ = true;
    is_preemption_ = could_go_on && chosen != current;
    return chosen;
  }
  bool observes() const override { return true; }
  [[gnu::no_sanitize_thread]] void executing(ThreadId, const Pending*) override {
    decided_[count_] = is_decision_;
    preempted_[count_++] = is_preemption_;
    is_decision_ = is_preemption_ = false;
  }
  [[gnu::no_sanitize_thread]] std::uint32_t choose(std::uint32_t n, Site site,
                                                   SpawnPath path) override {
    draw_steps_[draws_] = count_;
    return draw_values_[draws_++] = Random::choose(n, site, path);
  }

  bool is_decision_ = false, is_preemption_ = false;
  bool decided_[1000] = {}, preempted_[1000] = {};
  std::uint32_t draw_steps_[10] = {}, draw_values_[10] = {};
  unsigned count_ = 0, draws_ = 0;
};

TEST(Log, SaysOfEachStepHowItWasChosenAndWhatItDrew) {
  World world;
  const StepLog log;
  unsigned preemptions = 0;
  for (unsigned seed = 0; seed < 100; ++seed) {
    Witnessed witness(seed);
    run_body(world, {.chooser = &witness, .log = log.get()}, mixed_program);
    ASSERT_EQ(log.steps().size(), witness.count_);
    for (unsigned i = 0; i < witness.count_; ++i) {
      EXPECT_EQ(log.steps()[i].is_decision, witness.decided_[i]) << seed << " " << i;
      EXPECT_EQ(log.steps()[i].is_preemption, witness.preempted_[i]) << seed << " " << i;
    }
    preemptions += log.get()->preemptions;
    ASSERT_EQ(log.get()->draw_count, witness.draws_);
    for (unsigned i = 0; i < witness.draws_; ++i) {
      EXPECT_EQ(log.get()->draws()[i].step, witness.draw_steps_[i]);
      EXPECT_EQ(log.get()->draws()[i].value, witness.draw_values_[i]);
    }
  }
  EXPECT_GT(preemptions, 0u);
}

TEST(Log, NamesTheMakersOfObjects) {
  const StepLog log;
  run_body({.log = log.get()}, [] {
    platform::set_goroutine(1, 77);
    make<Note>();
    platform::set_goroutine(2, 78);
    make<Note>();
  });
  const RunLog& seen = *log.get();
  ASSERT_GE(seen.object_count, 3u);
  EXPECT_EQ(seen.makers.at[0], kAnyPath);
  EXPECT_EQ(seen.makers.at[1], kAnyPath) << "the world's own";
  EXPECT_EQ(seen.makers.at[seen.object_count - 1], 77u);
  EXPECT_EQ(seen.makers.at[seen.object_count], 78u);
}

}  // namespace
}  // namespace concertina::test
