#include "schedule/reads_from.h"

#include <gtest/gtest.h>

#include "schedule/testing.h"

namespace concertina::fuzzers {
namespace {

using K = OperationKind;
constexpr unsigned kWriters = 8;
constexpr unsigned kReader = 20;

Schedule constrained(std::vector<Constraint> constraints, std::uint64_t seed) {
  Schedule schedule;
  schedule.strategy = Strategy::kReadsFrom;
  schedule.seed = seed;
  schedule.constraints = std::move(constraints);
  return schedule;
}

/// Eight threads write their number to one object, each at a site of its own; one reads it.
/// "Failed": the reader saw `value`.
TinyProgram many_writers(int value) {
  TinyProgram program;
  program.objects = 1;
  for (int i = 1; i <= static_cast<int>(kWriters); ++i) {
    program.add(1, {{K::kStore, 1, tiny_site(static_cast<unsigned>(i)),
                     [i](auto& s, auto) { s.shared[1] = i; }}});
  }
  program.add(1, {{K::kLoad, 1, tiny_site(kReader),
                   [value](auto& s, auto) { s.has_failed = s.shared[1] == value; }}});
  return program;
}

unsigned times_of(const TinyProgram& program, const std::vector<Constraint>& constraints,
                  unsigned runs = 1000) {
  Choosers choosers;
  unsigned times = 0;
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    times += program.run(choosers.prepare(constrained(constraints, seed)));
  }
  return times;
}

TEST(ReadsFrom, APositiveConstraintMakesTheReaderSeeThatWriter) {
  for (int value = 1; value <= static_cast<int>(kWriters); ++value) {
    const Constraint wanted{true, tiny_site(kReader), tiny_site(static_cast<unsigned>(value)), 0};
    EXPECT_EQ(times_of(many_writers(value), {wanted}), 1000U) << value;
  }
  EXPECT_NEAR(times_of(many_writers(1), {}), 1000 / (kWriters + 1), 60);
}

TEST(ReadsFrom, ANegativeConstraintKeepsTheReaderFromThatWriter) {
  const Constraint unwanted{false, tiny_site(kReader), tiny_site(3), 0};
  EXPECT_EQ(times_of(many_writers(3), {unwanted}), 0U);
  // Of all others at once: the initial value is left, or the ninth.
  std::vector<Constraint> all;
  for (unsigned i = 1; i < kWriters; ++i) {
    all.push_back({false, tiny_site(kReader), tiny_site(i), 0});
  }
  EXPECT_EQ(times_of(many_writers(0), all) + times_of(many_writers(kWriters), all), 1000U);
}

// Two threads; the writer has two writes, and the reader is to see the first, between them.
TEST(ReadsFrom, TheReaderGoesOnBeforeTheNextWrite) {
  TinyProgram program;
  program.objects = 1;
  program.add(1, {{K::kStore, 1, tiny_site(1), [](auto& s, auto) { s.shared[1] = 1; }},
                  {K::kStore, 1, tiny_site(2), [](auto& s, auto) { s.shared[1] = 2; }}});
  program.add(
      1, {{K::kLoad, 1, tiny_site(3), [](auto& s, auto) { s.has_failed = s.shared[1] == 1; }}});
  EXPECT_EQ(times_of(program, {{true, tiny_site(3), tiny_site(1), 0}}), 1000U);
}

// The reader comes late, when others have written over it: it waits for the next of that writer.
TEST(ReadsFrom, AnotherWriteOpensItAgain) {
  TinyProgram program;
  program.objects = 2;
  program.add(4, {{K::kStore, 1, tiny_site(1), [](auto& s, auto) { s.shared[1] = 1; }}});
  program.add(4, {{K::kStore, 1, tiny_site(2), [](auto& s, auto) { s.shared[1] = 2; }}});
  std::vector<TinyOperation> late(3, {K::kLoad, 0, tiny_site(4)});
  late.push_back(
      {K::kLoad, 1, tiny_site(3), [](auto& s, auto) { s.has_failed = s.shared[1] == 1; }});
  program.add(1, late);
  // 1972 of 4000 by chance, 2016 if the first of them had been all that counts.
  EXPECT_GT(times_of(program, {{true, tiny_site(3), tiny_site(1), 0}}, 4000), 2250U);
}

/// One thread takes a lock three times, another once; "failed": that one came after `rounds`.
TinyProgram lock_rounds(int rounds) {
  TinyProgram program;
  program.objects = 1;
  std::vector<TinyOperation> many;
  for (unsigned i = 0; i < 3; ++i) {
    many.push_back({K::kLock, 1, tiny_site(1), [](auto& s, auto) { ++s.shared[1]; }});
    many.push_back({K::kUnlock, 1, tiny_site(2)});
  }
  program.add(1, many);
  program.add(1, {{K::kLock, 1, tiny_site(3),
                   [rounds](auto& s, auto) { s.has_failed = s.shared[1] == rounds; }},
                  {K::kUnlock, 1, tiny_site(4)}});
  return program;
}

TEST(ReadsFrom, ALockReadsFromTheReleaseBefore) {
  // After at least one round of the other; then in it goes.
  EXPECT_EQ(times_of(lock_rounds(1), {{true, tiny_site(3), tiny_site(2), 0}}), 1000U);
  // The first round is to come after the single one.
  EXPECT_EQ(times_of(lock_rounds(0), {{true, tiny_site(1), tiny_site(4), 0}}), 1000U);
}

TEST(ReadsFrom, SkipCountsThePassesOfTheReader) {
  for (int rounds = 0; rounds < 3; ++rounds) {
    const Constraint after{true, tiny_site(1), tiny_site(4), static_cast<std::uint8_t>(rounds)};
    const unsigned there = times_of(lock_rounds(rounds), {after});
    EXPECT_GT(there, times_of(lock_rounds(rounds), {}) + 100) << rounds;
  }
}

// One constraint, whatever the number of threads.
TEST(ReadsFrom, NamesNoThread) {
  const std::vector<Constraint> wanted = {{true, tiny_site(3), tiny_site(1), 0},
                                          {false, tiny_site(6), tiny_site(2), 0}};
  for (const unsigned setters : {1U, 4U, 14U}) {
    EXPECT_GE(times_of(reorder(setters), wanted), 900U) << setters;
  }
}

TEST(ReadsFrom, WhatCannotBeForbidsNothing) {
  const std::vector<Constraint> contradiction = {{true, tiny_site(kReader), tiny_site(1), 0},
                                                 {false, tiny_site(kReader), tiny_site(1), 0},
                                                 {true, tiny_site(1), tiny_site(kReader), 0},
                                                 {true, tiny_site(2), tiny_site(2), 0}};
  unsigned ended = 0;
  for (int value = 0; value <= static_cast<int>(kWriters); ++value) {
    ended += times_of(many_writers(value), contradiction);
  }
  EXPECT_EQ(ended, 1000U) << "every run ends, and the reader sees one value";
}

TEST(ReadsFrom, WithoutConstraintsItIsPos) {
  Choosers choosers;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Schedule pos;
    pos.strategy = Strategy::kPos;
    pos.seed = seed;
    const bool as_pos = reorder(3).run(choosers.prepare(pos));
    EXPECT_EQ(reorder(3).run(choosers.prepare(constrained({}, seed))), as_pos);
  }
}

}  // namespace
}  // namespace concertina::fuzzers
