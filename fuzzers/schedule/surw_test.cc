#include "schedule/surw.h"

#include <gtest/gtest.h>

#include "schedule/testing.h"

namespace concertina::fuzzers {
namespace {

using K = OperationKind;

Schedule with_counts(std::vector<ThreadCount> counts, std::uint64_t seed) {
  Schedule schedule;
  schedule.strategy = Strategy::kSurw;
  schedule.seed = seed;
  schedule.targets = {{kSchedulerPath, 0}};
  schedule.thread_counts = std::move(counts);
  return schedule;
}

/// Thread 0 has one operation on object 1, thread 1 has nine; both have others, too. "Failed": the
/// one comes after `before` of the nine.
TinyProgram one_among_nine(int before) {
  TinyProgram program;
  program.objects = 2;
  std::vector<TinyOperation> one(12, {K::kStore, 2, tiny_site(1)});
  one.push_back({K::kStore, 1, tiny_site(2),
                 [before](auto& s, auto) { s.has_failed = s.shared[1] == before; }});
  std::vector<TinyOperation> nine;
  for (unsigned i = 0; i < 9; ++i) {
    nine.push_back({K::kStore, 1, tiny_site(3), [](auto& s, auto) { ++s.shared[1]; }});
    nine.push_back({K::kLoad, 0, tiny_site(4)});
  }
  program.add(1, one);
  program.add(1, nine);
  return program;
}

unsigned times_of(const TinyProgram& program, const std::vector<ThreadCount>& counts,
                  unsigned runs = 5000) {
  Choosers choosers;
  unsigned times = 0;
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    times += program.run(choosers.prepare(with_counts(counts, seed)));
  }
  return times;
}

// Each of the ten places with 1/10, however many other operations there are.
TEST(Surw, EachOrderOfTheInterestingOperationsIsEquallyLikely) {
  for (int before = 0; before <= 9; ++before) {
    const std::vector<ThreadCount> own = {{kSchedulerPath, 0, 1}, {kSchedulerPath, 1, 9}};
    EXPECT_NEAR(times_of(one_among_nine(before), own), 500, 90) << before;
  }
}

TEST(Surw, WrongCountsForbidNothing) {
  unsigned ended = 0;
  for (int before = 0; before <= 9; ++before) {
    ended +=
        times_of(one_among_nine(before), {{kSchedulerPath, 0, 0}, {kSchedulerPath, 1, 2}}, 500);
  }
  EXPECT_EQ(ended, 500U);
  EXPECT_GT(times_of(one_among_nine(4), {}), 0U) << "no counts at all";
}

// Main has one operation of its own and stands for a child with nine; somebody else has ten.
TEST(Surw, AParentCarriesItsChildrenUntilTheyAppear) {
  unsigned main_first = 0;
  const SpawnPath child = child_path(kMainPath, 0);
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Surw surw;
    surw.reset(with_counts({{kMainPath, 0, 1}, {child, 0, 9}, {kScannerPath, 0, 10}}, seed));
    surw.made(7, kSchedulerPath);
    std::array<Pending, kThreadsMax> pending{};
    for (ThreadId thread = 0; thread < 2; ++thread) {
      surw.started(thread);
      pending[thread] = {.site = tiny_site(1),
                         .kind = K::kStore,
                         .is_write = true,
                         .object = 7,
                         .path = thread == 0 ? kMainPath : kScannerPath};
    }
    const ThreadId first = surw.pick(0b11, 0, pending.data());
    main_first += first == 0;
    surw.executing(first, pending.data());
  }
  EXPECT_NEAR(main_first, 2000, 130);
}

// One lock among three of another thread: each of the four places is equally likely, whatever comes
// before. If releases used up the weights, too, it would come late.
TEST(Surw, ALockIsInterestingAndItsReleaseIsNot) {
  for (int before = 0; before <= 3; ++before) {
    TinyProgram program;
    program.objects = 1;
    std::vector<TinyOperation> one(20, {K::kLoad, 0, tiny_site(1)});
    one.push_back({K::kLock, 1, tiny_site(2),
                   [before](auto& s, auto) { s.has_failed = s.shared[1] == before; }});
    one.push_back({K::kUnlock, 1, tiny_site(3)});
    std::vector<TinyOperation> three;
    for (unsigned i = 0; i < 3; ++i) {
      three.push_back({K::kLock, 1, tiny_site(4), [](auto& s, auto) { ++s.shared[1]; }});
      three.push_back({K::kUnlock, 1, tiny_site(5)});
    }
    program.add(1, one);
    program.add(1, three);
    EXPECT_NEAR(times_of(program, {{kSchedulerPath, 0, 1}, {kSchedulerPath, 1, 3}}, 2000), 500, 90)
        << before;
  }
}

// The intended thread spins until the other has passed the operation at which it is held.
TEST(Surw, AnIntendedThreadThatOnlyWaitsHoldsNobodyUp) {
  TinyProgram program;
  program.objects = 2;
  program.add(1, {{K::kSpin, 2, tiny_site(1)},
                  {K::kStore, 1, tiny_site(2), [](auto& s, auto) { s.has_failed = true; }}});
  program.add(1, {{K::kStore, 1, tiny_site(3)},
                  {K::kStore, 2, tiny_site(4), [](auto& s, auto) { s.shared[2] = 1; }}});
  EXPECT_EQ(times_of(program, {{kSchedulerPath, 0, 1000}, {kSchedulerPath, 1, 1}}, 200), 200U);
}

TEST(Surw, WithoutTargetsItIsPos) {
  Choosers choosers;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Schedule pos;
    pos.strategy = Strategy::kPos;
    pos.seed = seed;
    const bool as_pos = reorder(3).run(choosers.prepare(pos));
    Schedule surw = with_counts({}, seed);
    surw.targets.clear();
    EXPECT_EQ(reorder(3).run(choosers.prepare(surw)), as_pos);
  }
}

}  // namespace
}  // namespace concertina::fuzzers
