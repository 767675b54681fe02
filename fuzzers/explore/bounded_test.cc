#include "explore/bounded.h"

#include <gtest/gtest.h>

#include "explore/tiny.h"

namespace concertina::fuzzers {
namespace {

// Three threads that each add once: 3! orders, and one class an order.
TinyProgram three_adders() {
  TinyProgram program;
  program.threads = 3;
  for (unsigned t = 0; t < 3; ++t) {
    program.sizes[t] = 1;
    program.body[t][0] = {TinyCode::kAdd, 0, static_cast<std::uint8_t>(t)};
  }
  return program;
}

// Two threads of two loads and a store each, of the same variable.
TinyProgram two_writers() {
  TinyProgram program;
  for (unsigned t = 0; t < 2; ++t) {
    program.sizes[t] = 3;
    program.body[t][0] = {TinyCode::kLoad, 0, 0};
    program.body[t][1] = {TinyCode::kStore, 0, static_cast<std::uint8_t>(t + 1)};
    program.body[t][2] = {TinyCode::kLoad, 0, 0};
  }
  return program;
}

TEST(BoundedSearch, EveryOrderOfThreeAddsIsAClassOfItsOwn) {
  simulator::World world;
  const Reached reached = explore_tiny(world, three_adders(), 15, {}, 100'000);
  EXPECT_TRUE(reached.is_complete);
  EXPECT_EQ(reached.classes.size(), 6U);
  EXPECT_EQ(reached.outcomes.size(), 6U);
}

TEST(BoundedSearch, AHigherBoundReachesMore) {
  simulator::World world;
  std::size_t before = 0;
  for (unsigned bound = 0; bound < 3; ++bound) {
    const Reached reached = explore_tiny(world, two_writers(), bound, {}, 100'000);
    EXPECT_TRUE(reached.is_complete);
    EXPECT_GT(reached.classes.size(), before) << "bound " << bound;
    before = reached.classes.size();
  }
}

TEST(BoundedSearch, AFullCacheCostsTimeAndNoClass) {
  simulator::World world;
  const TinyProgram program = two_writers();
  const Reached all = explore_tiny(world, program, 15, {}, 100'000);
  const Reached without = explore_tiny(world, program, 15, {.states_max = 3}, 100'000);
  EXPECT_EQ(all.classes, without.classes);
  EXPECT_GT(without.runs, all.runs);
}

/// Classes of a search that is saved and restored into a new one after every few runs.
std::set<std::uint64_t> in_pieces(simulator::World& world, const TinyProgram& program,
                                  unsigned runs_a_piece) {
  std::set<std::uint64_t> classes;
  std::string state;
  for (bool is_done = false; !is_done;) {
    BoundedSearch search;
    if (state.empty()) {
      search.start(15, Schedule{});
    } else {
      EXPECT_TRUE(search.restore(state, Schedule{})) << state;
    }
    for (unsigned i = 0; i < runs_a_piece && !search.is_done(); ++i) {
      search.begin_run();
      const test::RunResult run = run_tiny(world, program, search);
      const auto end = search.end_run(run.report.outcome != Outcome::kHung);
      EXPECT_FALSE(end.has_diverged);
      if (!end.is_cut && !search.is_learning()) classes.insert(end.trace_class);
    }
    is_done = search.is_done();
    state = search.save();
  }
  return classes;
}

TEST(BoundedSearch, GoesOnWhereItStopped) {
  simulator::World world;
  Random random(5);
  for (unsigned i = 0; i < 100; ++i) {
    const TinyProgram program = draw_tiny(random);
    const Reached whole = explore_tiny(world, program, 15, {}, 100'000);
    EXPECT_EQ(in_pieces(world, program, 3), whole.classes) << "program " << i;
  }
}

TEST(BoundedSearch, RefusesADamagedState) {
  BoundedSearch search;
  search.start(2, Schedule{});
  const std::string state = search.save();
  BoundedSearch other;
  EXPECT_TRUE(other.restore(state, Schedule{}));
  EXPECT_FALSE(other.restore(state.substr(0, state.size() / 2), Schedule{}));
  EXPECT_FALSE(other.restore("bounded-search 2\n", Schedule{}));
  EXPECT_FALSE(other.restore(state + "x", Schedule{}));
}

TEST(BoundedSearch, NoticesAPrefixThatDoesNotRepeat) {
  simulator::World world;
  BoundedSearch search({.runs_to_learn = 0});
  search.start(15, Schedule{});
  bool has_diverged = false;
  // Another program at every run: the harness must not mistake that for exploring.
  for (unsigned i = 0; i < 50 && !search.is_done() && !has_diverged; ++i) {
    search.begin_run();
    const TinyProgram program = i % 2 == 0 ? two_writers() : three_adders();
    const test::RunResult run = run_tiny(world, program, search);
    has_diverged = search.end_run(run.report.outcome != Outcome::kHung).has_diverged;
  }
  EXPECT_TRUE(has_diverged);
}

TEST(TraceClass, SwapsOfWhatCommutesKeepTheName) {
  Footprint a;
  a.thread = 0;
  a.add({5, Mode::kRead});
  Footprint b;
  b.thread = 1;
  b.add({5, Mode::kRead});
  b.add({6, Mode::kWrite});
  Footprint c;
  c.thread = 2;
  c.add({6, Mode::kWrite});
  const auto name = [](std::initializer_list<const Footprint*> steps) {
    TraceClass trace;
    trace.clear();
    for (const Footprint* step : steps) trace.add(*step);
    return trace.name();
  };
  EXPECT_EQ(name({&a, &b, &c}), name({&b, &a, &c}));
  EXPECT_EQ(name({&a, &b, &c}), name({&b, &c, &a}));
  EXPECT_NE(name({&a, &b, &c}), name({&a, &c, &b}));
  EXPECT_NE(name({&a, &b}), name({&a, &c}));
}

TEST(TraceClass, WhatEndsTheRunComesAfterAll) {
  Footprint a;
  a.add({5, Mode::kRead});
  Footprint end;
  end.thread = 1;
  end.touches_all = true;
  TraceClass one;
  one.clear();
  one.add(a);
  one.add(end);
  TraceClass other;
  other.clear();
  other.add(end);
  other.add(a);
  EXPECT_NE(one.name(), other.name());
}

}  // namespace
}  // namespace concertina::fuzzers
