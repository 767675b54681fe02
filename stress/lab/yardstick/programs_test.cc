// Each program has its bug, and without its defect has none.
#include "stress/lab/yardstick/programs/programs.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <set>
#include <string>

#include "schedule/random_walk.h"
#include "stress/lab/yardstick/runner.h"

namespace concertina::yardstick {
namespace {

Runner& runner() {
  static Runner shared;
  return shared;
}

class Programs : public testing::TestWithParam<const Program*> {
 protected:
  const Program& program() const { return *GetParam(); }
};

std::string test_name(const testing::TestParamInfo<const Program*>& info) {
  return std::string(info.param->name);
}
INSTANTIATE_TEST_SUITE_P(All, Programs, testing::ValuesIn(all_programs()), test_name);

TEST_P(Programs, WithoutTheDefectTenThousandSchedulesPass) {
  for (const char* strategy : {"random", "pct3"}) {
    const auto search = make_search(strategy, 1);
    const Hunt hunt = runner().hunt(program(), true, *search, {5000});
    EXPECT_FALSE(hunt.found) << strategy;
    EXPECT_EQ(hunt.strange, 0u) << strategy;
    EXPECT_EQ(hunt.schedules, 5000u) << strategy;
  }
}

TEST_P(Programs, EndWellOrWithTheirBug) {
  for (const char* strategy : {"random", "pct10"}) {
    const auto search = make_search(strategy, 2);
    for (unsigned i = 0; i < 1000; ++i) {
      const Shown shown = runner().run(program(), false, *search);
      EXPECT_TRUE(shown.outcome == Outcome::kExit || shown.outcome == program().bug)
          << strategy << " " << i << ": " << outcome_name(shown.outcome);
      search->ran(shown);
    }
  }
}

TEST_P(Programs, AreTheSameForTheSameSchedules) {
  for (const bool is_fixed : {false, true}) {
    const auto first = make_search("random", 3);
    const auto second = make_search("random", 3);
    for (unsigned i = 0; i < 20; ++i) {
      const Shown a = runner().run(program(), is_fixed, *first);
      const Shown b = runner().run(program(), is_fixed, *second);
      EXPECT_EQ(a.trace_hash, b.trace_hash) << i;
      EXPECT_EQ(a.outcome, b.outcome) << i;
    }
  }
}

// Choosers act on behalf of every thread, so ThreadSanitizer must not look at them
// (platform/sim/testing.h, rule 4).

// Stays with the current thread, then takes the lowest one, and notes what it sees.
class Watcher : public Chooser {
 public:
  [[gnu::no_sanitize_thread]] void started(ThreadId thread) override { threads_ = thread + 1U; }
  [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId current,
                                            const Pending*) override {
    return contains(enabled, current) ? current : lowest(enabled);
  }
  [[gnu::no_sanitize_thread]] void executing(ThreadId thread, const Pending* pending) override {
    const Pending& now = pending[thread];
    if (now.site == Site::kThreadStart) return;
    passed_[static_cast<unsigned>(now.site)] = true;
    paths_[thread] = now.path;
  }
  std::uint32_t choose(std::uint32_t, Site, SpawnPath) override { return 0; }
  bool observes() const override { return true; }

  unsigned threads() const { return threads_; }
  std::set<Site> sites() const {
    std::set<Site> result;
    for (unsigned i = 0; i < kSiteCount; ++i) {
      if (passed_[i]) result.insert(static_cast<Site>(i));
    }
    return result;
  }
  /// Of threads that came to a yield point.
  std::set<SpawnPath> paths() const {
    std::set<SpawnPath> result(paths_, paths_ + threads_);
    result.erase(kAnyPath);
    return result;
  }

 private:
  unsigned threads_ = 0;
  bool passed_[kSiteCount] = {};
  SpawnPath paths_[kThreadsMax] = {};
};

TEST_P(Programs, HaveAsManyThreadsAsTheySay) {
  Watcher watcher;
  EXPECT_EQ(runner().run(program(), true, watcher).outcome, Outcome::kExit);
  EXPECT_EQ(watcher.threads(), program().threads + 1);
}

TEST_P(Programs, NameEachThreadAndOnlySitesOfTheirOwn) {
  Watcher watcher;
  EXPECT_EQ(runner().run(program(), true, watcher).outcome, Outcome::kExit);
  const unsigned idle = program().name == "carter01" ? 2 : 0;  // threads without a yield point
  EXPECT_EQ(watcher.paths().size(), program().threads + 1 - idle);
  EXPECT_TRUE(watcher.sites().contains(Site::kYardSpawn));
  for (const Site site : watcher.sites()) EXPECT_GE(site, Site::kYardSpawn) << site_name(site);
}

TEST(Paths, OfNineHundredThreadsDiffer) {
  std::set<SpawnPath> paths{kMainPath, kSchedulerPath, kScannerPath, kAnyPath};
  for (unsigned i = 0; i < 900; ++i) EXPECT_TRUE(paths.insert(path_of(i)).second) << i;
}

TEST(Names, LeadToTheirPrograms) {
  for (const Program* program : all_programs()) {
    EXPECT_EQ(program_by_name(program->name), program);
  }
  EXPECT_EQ(program_by_name("reorder_4"), nullptr);
}

// --- The bug is there: today's strategies find it, or a schedule is written down. ---

struct Reachable {
  const Program* program;
  const char* strategy;
};

class Found : public testing::TestWithParam<Reachable> {};

INSTANTIATE_TEST_SUITE_P(
    ByStrategy, Found,
    testing::Values(Reachable{&kAccount, "random"}, Reachable{&kBluetooth, "random"},
                    Reachable{&kCarter01, "random"}, Reachable{&kCircularBuffer, "random"},
                    Reachable{&kDeadlock01, "random"}, Reachable{&kLazy01, "random"},
                    Reachable{&kQueue, "random"}, Reachable{&kStack, "random"},
                    Reachable{&kTokenRing, "random"}, Reachable{&kReorder3, "random"},
                    Reachable{&kReorder5, "random"}, Reachable{&kReorder10, "pct10"},
                    Reachable{&kTwoStage, "random"}, Reachable{&kTwoStage20, "pct10"},
                    Reachable{&kTwoStage50, "pct10"}, Reachable{&kWrongLock, "random"},
                    Reachable{&kWrongLock3, "random"}, Reachable{&kStringBuffer, "random"},
                    Reachable{&kWorkStealQueue, "pct10"},
                    Reachable{&kInterlockedWorkStealQueue, "pct10"},
                    Reachable{&kStateWorkStealQueue, "random"},
                    Reachable{&kInterlockedWorkStealQueueWithState, "random"}),
    [](const auto& info) { return std::string(info.param.program->name); });

TEST_P(Found, WithinTenThousandSchedules) {
  const auto search = make_search(GetParam().strategy, 1);
  const Hunt hunt = runner().hunt(*GetParam().program, false, *search, {10'000});
  EXPECT_TRUE(hunt.found);
  EXPECT_EQ(hunt.strange, 0u);
}

// Threads one after another, each for that many steps; the rest of the run is not scripted.
struct Leg {
  ThreadId thread = 0;
  unsigned steps = 0;
};

class Script : public Chooser {
 public:
  Script(std::initializer_list<Leg> legs) {
    for (const Leg& leg : legs) legs_[size_++] = leg;
  }
  [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId, const Pending*) override {
    while (at_ < size_ && (legs_[at_].steps == 0 || !contains(enabled, legs_[at_].thread))) ++at_;
    return at_ < size_ ? legs_[at_].thread : lowest(enabled);
  }
  [[gnu::no_sanitize_thread]] void executing(ThreadId thread, const Pending*) override {
    if (at_ < size_ && legs_[at_].thread == thread && legs_[at_].steps > 0) --legs_[at_].steps;
  }
  std::uint32_t choose(std::uint32_t, Site, SpawnPath) override { return 0; }
  bool observes() const override { return true; }

 private:
  Leg legs_[8];
  unsigned size_ = 0;
  unsigned at_ = 0;
};

constexpr unsigned kToItsEnd = 1000;

// A setter's start and first write, then all of the checker, which is the last thread.
TEST(Scripted, ReorderBetweenTheFirstSettersWrites) {
  for (const Program* program :
       {&kReorder3, &kReorder5, &kReorder10, &kReorder20, &kReorder50, &kReorder100}) {
    const auto checker = static_cast<ThreadId>(program->threads);
    Script script{{0, kToItsEnd}, {1, 2}, {checker, kToItsEnd}};
    EXPECT_EQ(runner().run(*program, false, script).outcome, Outcome::kFatal) << program->name;
    Script later{{0, kToItsEnd}, {1, 2}, {2, 3}, {checker, kToItsEnd}};
    EXPECT_EQ(runner().run(*program, false, later).outcome, Outcome::kExit)
        << program->name << ": another setter has done both writes";
  }
}

// A writer's start and first stage, then all of a reader, of which the last thread is one.
TEST(Scripted, TwoStageBetweenTheStages) {
  for (const Program* program : {&kTwoStage, &kTwoStage20, &kTwoStage50, &kTwoStage100}) {
    const auto reader = static_cast<ThreadId>(program->threads);
    Script script{{0, kToItsEnd}, {1, 4}, {reader, kToItsEnd}};
    EXPECT_EQ(runner().run(*program, false, script).outcome, Outcome::kFatal) << program->name;
    Script later{{0, kToItsEnd}, {1, kToItsEnd}, {reader, kToItsEnd}};
    EXPECT_EQ(runner().run(*program, false, later).outcome, Outcome::kExit) << program->name;
  }
}

// A random walk finds it once in two million schedules; this is one of them.
TEST(KnownSeed, SafeStackHasTwoOwnersOfAnElement) {
  fuzzers::RandomWalk walk;
  fuzzers::Schedule schedule;
  schedule.seed = 0xb6248285052edb6c;
  walk.reset(schedule);
  EXPECT_EQ(runner().run(kSafeStack, false, walk).outcome, Outcome::kFatal);
  ++schedule.seed;
  walk.reset(schedule);
  EXPECT_EQ(runner().run(kSafeStack, false, walk).outcome, Outcome::kExit);
}

// --- The limit of threads of the wide simulator. ---

void start_one_too_many(bool) {
  for (unsigned i = 0; i < kThreadsMax; ++i) {
    platform::start_thread([](void*) {}, nullptr, Site::kYardSpawn);
  }
}

TEST(WideSimulator, HasRoomFor128Threads) {
  EXPECT_EQ(kThreadsMax, 128u);
  const Program program{"too many", kThreadsMax, Outcome::kFatal, &start_one_too_many};
  Watcher watcher;
  EXPECT_EQ(runner().run(program, false, watcher).outcome, Outcome::kBudget);
  EXPECT_EQ(watcher.threads(), kThreadsMax);
}

}  // namespace
}  // namespace concertina::yardstick
