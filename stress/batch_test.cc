// Batches of a job that does what the test wants, on real threads: which endings are failures.
#include "stress/batch.h"

#include <gtest/gtest.h>

#include <set>

#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

using namespace std::chrono_literals;

struct Locals {
  unsigned char element[8];
};

/// main does one thing and ends.
enum class Deed { kNothing, kSendAndReceive, kCloseNil, kWaitForEver, kLie };
Deed deed = Deed::kNothing;
Channel* channel = nullptr;

Action main_step(Machine& m, Goroutine& g) {
  Task<Locals> t(m, g);
  const auto sends = deed == Deed::kSendAndReceive;
  switch (t.state()) {
    case 0:
      if (deed == Deed::kCloseNil) t.close(nullptr);
      if (deed == Deed::kWaitForEver) t.receive(channel, t->element);
      if (sends) t.send(channel, t->element, make_token(g.id, 1));
      if (deed == Deed::kLie) {  // nobody ever sent that
        platform::record(event::OpReceive{.goroutine = g.id, .channel = channel->id});
        platform::record(event::DoneReceive{.goroutine = g.id,
                                            .channel = channel->id,
                                            .selected = true,
                                            .ok = true,
                                            .token = make_token(g.id, 7)});
      }
      return t.next(1);
    case 1:
      if (!sends) return t.finish();
      t.sent(channel);
      t.receive(channel, t->element);
      return t.next(2);
    default:
      t.received(channel, t->element);
      return t.finish();
  }
}
constexpr Function kMain = task_function<Locals>("crafted main", 80, &main_step);

struct Crafted final : Job {
  Crafted() : Job("crafted", kMain) {}
  void prepare(const Batch&, Knobs& wanted) override { knobs = wanted; }
  void make(Runtime& runtime) override { channel = make_channel(runtime, 8, 1); }
  Outcome expected() const override { return ending; }
  std::string check() override {
    ++checks;
    return found;
  }

  Outcome ending = Outcome::kExit;
  std::string found;
  unsigned checks = 0;
  Knobs knobs;
};

class BatchTest : public testing::Test {
 protected:
  BatchResult run(Deed what, bool is_small = true) {
    deed = what;
    batch_.is_small = is_small;
    batch_.processors = 1;
    return run_job(job_, batch_, watchdog_);
  }

  Watchdog watchdog_{10min, [](const std::string&) {}};
  Batch batch_;
  Crafted job_;
};

TEST_F(BatchTest, ARunThatEndsAsExpectedIsCheckedByItsJob) {
  const BatchResult result = run(Deed::kSendAndReceive);
  EXPECT_EQ(result.failure, "");
  EXPECT_EQ(result.details, "");
  EXPECT_TRUE(result.is_judged);
  EXPECT_EQ(result.figures.goroutines, 1u);
  EXPECT_EQ(result.figures.operations, 2u);
  EXPECT_EQ(job_.checks, 1u);
}

TEST_F(BatchTest, WhatTheJobFindsIsAFailure) {
  job_.found = "1 of 2 values lost";
  EXPECT_EQ(run(Deed::kNothing).failure, "1 of 2 values lost");
}

TEST_F(BatchTest, AnotherEndingIsAFailureWithASnapshot) {
  job_.ending = Outcome::kDeadlock;
  const BatchResult result = run(Deed::kNothing);
  EXPECT_EQ(result.failure, "ended as exit");
  EXPECT_NE(result.details.find("1 goroutines, of which 1 are dead"), std::string::npos)
      << result.details;
  EXPECT_EQ(job_.checks, 0u) << "there is nothing to check";
}

TEST_F(BatchTest, ADeadlockOrAPanicMayBeWhatIsExpected) {
  job_.ending = Outcome::kDeadlock;
  EXPECT_EQ(run(Deed::kWaitForEver).failure, "");
  job_.ending = Outcome::kPanic;
  EXPECT_EQ(run(Deed::kCloseNil).failure, "");
  job_.ending = Outcome::kExit;
  EXPECT_EQ(run(Deed::kCloseNil).failure, "ended as panic: close of nil channel");
  EXPECT_NE(run(Deed::kWaitForEver).details.find("channel receive"), std::string::npos);
}

TEST_F(BatchTest, TheHistoryOfASmallBatchIsJudged) {
  const BatchResult lie = run(Deed::kLie);
  EXPECT_TRUE(lie.failure.starts_with("channels: ")) << lie.failure;
  EXPECT_NE(lie.details.find("The last events:\n"), std::string::npos);
  EXPECT_NE(lie.details.find("done-receive"), std::string::npos) << lie.details;
  EXPECT_EQ(job_.checks, 0u);
  const BatchResult large = run(Deed::kLie, false);
  EXPECT_FALSE(large.is_judged);
  EXPECT_EQ(large.failure, "");
}

TEST_F(BatchTest, ALieAndAnotherEndingAreBothSaid) {
  job_.ending = Outcome::kDeadlock;
  EXPECT_NE(run(Deed::kLie).failure.find(" (ended as exit)"), std::string::npos);
}

TEST_F(BatchTest, SeedsTurnTheStacksAidsOff) {
  std::set<std::string> seen;
  for (const std::uint64_t seed : {1, 3, 5, 7, 105}) {
    batch_.seed = seed;
    EXPECT_EQ(run(Deed::kSendAndReceive).failure, "");
    const StackKnobs& stacks = job_.knobs.stacks;
    EXPECT_EQ(stacks.reuse, seed % 3 != 0);
    EXPECT_EQ(stacks.cache, seed % 5 != 0);
    EXPECT_EQ(stacks.native_frames, seed % 7 != 0);
    EXPECT_FALSE(job_.knobs.reuse_goroutines) << "the model tells goroutines by their ids";
  }
  run(Deed::kNothing, false);
  EXPECT_TRUE(job_.knobs.reuse_goroutines);
}

TEST(Disturbance, IsAFunctionOfTheSeedAndOfEveryStrength) {
  std::set<std::uint64_t> moves, growths, shrinks, preemptions, assists, interrupts, scans;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const threaded::Config config = disturbance({.seed = seed});
    const threaded::Config again = disturbance({.seed = seed, .is_small = true});
    EXPECT_EQ(config.move_one_in, again.move_one_in);
    EXPECT_EQ(config.grow_one_in, again.grow_one_in);
    EXPECT_EQ(config.scan_every_ns, again.scan_every_ns);
    EXPECT_EQ(config.events_max, 0u) << "no history of large ones";
    EXPECT_EQ(again.events_max, kHistoryMax);
    moves.insert(config.move_one_in);
    growths.insert(config.grow_one_in);
    shrinks.insert(config.shrink_one_in);
    preemptions.insert(config.preempt_one_in);
    assists.insert(config.assist_one_in);
    interrupts.insert(config.interrupt_one_in);
    scans.insert(config.scan_every_ns);
  }
  EXPECT_EQ(moves, (std::set<std::uint64_t>{1, 2, 3, 5, 8, 16}));
  EXPECT_EQ(growths, (std::set<std::uint64_t>{0, 13, 29, 101}));
  EXPECT_EQ(shrinks, (std::set<std::uint64_t>{0, 3, 11, 41}));
  EXPECT_EQ(preemptions, (std::set<std::uint64_t>{0, 7, 37, 211}));
  EXPECT_EQ(assists, (std::set<std::uint64_t>{0, 97, 499, 2003}));
  EXPECT_EQ(interrupts, (std::set<std::uint64_t>{0, 5, 31, 173}));
  EXPECT_EQ(scans.size(), 3u);
}

TEST(Slices, AreShortInHalfOfTheBatches) {
  std::set<unsigned> slices;
  unsigned by_count = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    Knobs knobs;
    draw_slice({.seed = seed}, knobs);
    if (knobs.slice_ns == 0) ++by_count;
    slices.insert(knobs.slice);
  }
  EXPECT_GT(by_count, 150u);
  EXPECT_LT(by_count, 250u);
  EXPECT_EQ(slices, (std::set<unsigned>{1, 2, 3, 5, 8, 16, 32, 64, kSliceSafePoints}));
}

// --- Programs -----------------------------------------------------------------------------------

fuzzers::Operation on(fuzzers::Code code, std::uint8_t c) {
  fuzzers::Operation operation;
  operation.code = code;
  operation.channel = c;
  return operation;
}

BatchResult run_body(std::vector<fuzzers::Operation> body) {
  fuzzers::Program program;
  program.channels = {{.capacity = 1, .size_class = 4}};
  program.functions.resize(1);
  program.functions[0].body = std::move(body);
  Watchdog watchdog(10min, [](const std::string&) {});
  return run_program(program, {.processors = 1}, watchdog);
}

TEST(RunProgram, AnyEndingWillDoThatTheProgramMeans) {
  using fuzzers::Code;
  const std::vector<fuzzers::Operation> bodies[] = {
      {on(Code::kSend, 0), on(Code::kReceive, 0)},  // exit
      {on(Code::kReceive, 0)},                      // deadlock
      {on(Code::kClose, 0), on(Code::kSend, 0)},    // panic
  };
  for (const auto& body : bodies) {
    const BatchResult result = run_body(body);
    EXPECT_EQ(result.failure, "");
    EXPECT_TRUE(result.is_judged);
  }
  EXPECT_EQ(run_body(bodies[0]).figures.operations, 2u);
}

// --- The jobs -----------------------------------------------------------------------------------

TEST(Jobs, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  const auto jobs = make_jobs();
  for (const auto& job : jobs) names.insert(job->name);
  EXPECT_EQ(names, (std::set<std::string_view>{"ring", "select_storm", "close_race", "spawn_tree",
                                               "deep_recursion", "pointer_receive"}));
  EXPECT_EQ(jobs.size(), 6u);
}

TEST(Jobs, ARunInWhichNothingHappenedDoesNotPassTheirChecks) {
  for (const auto& job : make_jobs()) {
    for (const bool is_small : {true, false}) {
      Knobs knobs;
      // Not one of the seeds with which close_race panics: its ending is all that it checks then.
      job->prepare({.seed = 2, .scale = 1, .is_small = is_small}, knobs);
      EXPECT_NE(job->check(), "") << job->name;
    }
  }
}

TEST(Jobs, SmallOnesFitTheModel) {
  for (const auto& job : make_jobs()) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
      Knobs knobs;
      job->prepare({.seed = seed, .scale = 1, .is_small = true}, knobs);
      EXPECT_LE(knobs.goroutines_max, kModelGoroutines) << job->name << " " << seed;
      EXPECT_LE(knobs.channels_max, kModelChannels) << job->name << " " << seed;
    }
  }
}

TEST(Jobs, SmallOnesEndAsExpectedAndAreJudged) {
  Watchdog watchdog(10min, [](const std::string&) {});
  for (const auto& job : make_jobs()) {
    const BatchResult result = run_job(*job, {.seed = 2, .scale = 1, .is_small = true}, watchdog);
    EXPECT_EQ(result.failure, "") << job->name << "\n" << result.details;
    EXPECT_TRUE(result.is_judged);
    EXPECT_GT(result.figures.operations, 0u) << job->name;
  }
}

}  // namespace
}  // namespace concertina::stress
