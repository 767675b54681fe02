#include "verify/bounded.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <utility>

#include "verify/testing.h"

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

/// The state of a search in the middle of its work.
std::string state_of(simulator::World& world, const TinyProgram& program, unsigned runs) {
  BoundedSearch search({.runs_to_learn = 3});
  search.start(2, Schedule{});
  for (unsigned i = 0; i < runs && !search.is_done(); ++i) {
    search.begin_run();
    const test::RunResult run = run_tiny(world, program, search);
    search.end_run(run.report.outcome != Outcome::kHung);
  }
  return search.save();
}

TEST(BoundedSearch, RefusesADamagedState) {
  simulator::World world;
  const std::string state = state_of(world, two_writers(), 9);
  BoundedSearch other;
  EXPECT_TRUE(other.restore(state, Schedule{}));
  EXPECT_FALSE(other.restore(state.substr(0, state.size() / 2), Schedule{}));
  EXPECT_FALSE(other.restore("", Schedule{}));
  EXPECT_FALSE(other.restore("bounded-search 3" + state.substr(16), Schedule{}));
  EXPECT_FALSE(other.restore(state + "x", Schedule{}));
  const auto with = [&state](std::string_view old_line, std::string_view new_line) {
    std::string changed = state;
    const std::size_t at = changed.find(old_line);
    EXPECT_NE(at, std::string::npos) << old_line << " in\n" << state;
    return changed.replace(at, old_line.size(), new_line);
  };
  for (const auto& [old_line, new_line] :
       std::initializer_list<std::pair<const char*, const char*>>{
           {"bound 2\n", "bound 16\n"},  // there is no such bound
           {"bound 2\n", "bound 02\n"},  // nobody writes it so
           {"bound 2\n", "bound  2\n"},
           {"bound 2\n", "bound -2\n"},
           {"bound 2\n", "bound 99999999999999999999\n"},
           {"runs 9\n", "runs 2\n"},  // fewer than were counted
           {"runs 9\n", "runs 0\n"},
           {"slot ", "slot 9999"},   // beyond what there is
           {"\n0 0 ", "\n4 0 "},     // no kind of branch
           {"\n0 0 ", "\n0 1 "}}) {  // a preemption before the first branch
    EXPECT_FALSE(other.restore(with(old_line, new_line), Schedule{})) << new_line;
  }
}

// An option that is neither tried nor to be tried would be a hole in the proof.
TEST(BoundedSearch, RefusesABranchWithAnOptionThatNobodyTries) {
  simulator::World world;
  const std::string state = state_of(world, two_writers(), 9);
  std::size_t at = state.find('\n', state.find("nodes ")) + 1;
  unsigned branches = 0;
  for (; at < state.size(); at = state.find('\n', at) + 1) {
    unsigned kind = 9, preemptions = 0, chosen = 0, options = 0, left = 0, done = 0;
    ASSERT_EQ(std::sscanf(&state[at], "%u %u %u %u %u %u", &kind, &preemptions, &chosen, &options,
                          &left, &done),
              6);
    if (kind == 3 || left == 0) continue;
    ++branches;
    for (const unsigned forgotten : {0U, left & (left - 1)}) {
      char line[80];
      std::snprintf(line, sizeof line, "%u %u %u %u %u %u", kind, preemptions, chosen, options,
                    forgotten, done);
      std::string changed = state;
      changed.replace(at, state.find('\n', at) - at, line);
      EXPECT_FALSE(BoundedSearch().restore(changed, Schedule{})) << line;
    }
  }
  EXPECT_GT(branches, 0U);
}

// Whatever becomes of the text: no crash, and what is taken is what would be written.
TEST(BoundedSearch, TakesNoStateThatItWouldWriteOtherwise) {
  simulator::World world;
  Random random(7);
  unsigned taken = 0;
  for (unsigned i = 0; i < 3000; ++i) {
    std::string state = state_of(world, draw_tiny(random), random.below(12));
    for (unsigned change = 0; change <= i % 3 && !state.empty(); ++change) {
      const std::size_t at = random.below(static_cast<std::uint32_t>(state.size()));
      const char digit = static_cast<char>('0' + random.below(10));
      switch (random.below(4)) {
        case 0:
          state[at] = digit;
          break;
        case 1:
          state.insert(at, 1, digit);
          break;
        case 2:
          state.erase(at, 1 + random.below(20));
          break;
        default:
          state.insert(at, state.substr(at / 2, random.below(40)));
      }
    }
    BoundedSearch search;
    if (!search.restore(state, Schedule{})) continue;
    ++taken;
    EXPECT_EQ(search.save(), state);
    EXPECT_FALSE(search.is_done()) << "it has claimed to be complete:\n" << state;
  }
  EXPECT_LT(taken, 1500U);
}

// It has not to begin to learn again, or pieces that are too short would never come to an end.
TEST(BoundedSearch, GoesOnToLearnWhereItStopped) {
  simulator::World world;
  std::string state = state_of(world, two_writers(), 0);
  for (unsigned runs = 1; runs <= 5; ++runs) {
    BoundedSearch search({.runs_to_learn = 3});
    ASSERT_TRUE(search.restore(state, Schedule{})) << state;
    EXPECT_EQ(search.will_learn(), runs <= 3);
    search.begin_run();
    const test::RunResult run = run_tiny(world, two_writers(), search);
    search.end_run(run.report.outcome != Outcome::kHung);
    state = search.save();
    EXPECT_EQ(state, state_of(world, two_writers(), runs));
  }
  BoundedSearch without({.runs_to_learn = 0});
  EXPECT_TRUE(without.restore(state_of(world, two_writers(), 2), Schedule{}));
  EXPECT_FALSE(without.will_learn()) << "where a run by chance is deadly, there must be none";
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
