#include "tools/verify_child.h"

#include <gtest/gtest.h>

#include <csignal>
#include <utility>

#include "host/own_process_testing.h"
#include "tools/depth_child.h"

namespace concertina::fuzzers {
namespace {

// main looks at the length twice while a child puts one value into the buffer.
constexpr std::string_view kProgram = R"(version 1

chan c0 cap=1 size=8

func f0 frame=0 {
  go f1
  len c0
  len c0
}

func f1 frame=0 {
  send c0
}

schedule processors=2 strategy=non-preemptive depth=3 seed=0x0
)";

Input program() {
  CaseFile file;
  EXPECT_EQ(parse(kProgram, file).reason, "");
  return file.input;
}

/// "Fails" where main saw the value arrive between its two looks: that takes a preemption.
Verdict sees_it_arrive(const Input&, const Trace& trace) {
  std::uint32_t before = 9;
  for (const Event& event : trace.events) {
    if (event.kind != EventKind::kLenSeen) continue;
    const std::uint32_t now = as<event::LenSeen>(event).length;
    if (before == 0 && now == 1) return {"locals", "planted", "the length changed"};
    before = now;
  }
  return {};
}

Verdict dies_of_it(const Input& input, const Trace& trace) {
  if (sees_it_arrive(input, trace).failed()) std::raise(SIGUSR1);  // no sanitizer looks at it
  return {};
}

Verified explore(const VerifyOrder& order) {
  const Verified explored = verify_in_child(program(), order);
  return explored;
}

TEST(ExploreChild, CompletesWhatPasses) {
  const Verified explored = explore({.last_bound = 2});
  EXPECT_EQ(explored.end, VerifyEnd::kComplete);
  ASSERT_EQ(explored.bounds.size(), 3U);
  for (const BoundReport& report : explored.bounds) EXPECT_TRUE(report.is_complete);
  EXPECT_LT(explored.bounds[0].schedules, explored.bounds[1].schedules);
  EXPECT_LT(explored.bounds[1].schedules, explored.bounds[2].schedules);
}

TEST(ExploreChild, FindsWhatTakesOnePreemptionAndWritesItDown) {
  const Verified explored = explore({.last_bound = 2, .judge = &sees_it_arrive});
  ASSERT_EQ(explored.end, VerifyEnd::kFailed);
  ASSERT_EQ(explored.bounds.size(), 2U);
  EXPECT_TRUE(explored.bounds[0].is_complete);
  EXPECT_EQ(explored.preemptions, 1U);
  EXPECT_EQ(explored.verdict.signature(), "locals: planted");
  const WrittenInput written = write_down(program(), explored, {.judge = &sees_it_arrive});
  EXPECT_EQ(written.why_not, "");
  in_own_process([&] { EXPECT_TRUE(sees_it_arrive(written.input, run(written.input)).failed()); });
}

TEST(ExploreChild, ARunThatKillsTheProcessIsTheFailingOne) {
  const Verified explored = explore({.last_bound = 2, .judge = &dies_of_it});
  ASSERT_EQ(explored.end, VerifyEnd::kFailed);
  EXPECT_EQ(explored.verdict.oracle, "crash");
  EXPECT_TRUE(explored.bounds[0].is_complete);
  EXPECT_EQ(explored.preemptions, 1U);
  const WrittenInput written = write_down(program(), explored, {.judge = &dies_of_it});
  EXPECT_EQ(written.why_not, "");
  in_own_process([&] { EXPECT_TRUE(sees_it_arrive(written.input, run(written.input)).failed()); });
}

TEST(ExploreChild, AnotherDeathIsNotTheFailureThatIsLookedFor) {
  const Verified explored =
      explore({.last_bound = 2, .signature = "race: elsewhere", .judge = &dies_of_it});
  EXPECT_EQ(explored.end, VerifyEnd::kDiedOtherwise);
}

TEST(ExploreChild, StopsWhenTheBudgetIsSpentAndGoesOnFromThere) {
  const Verified whole = explore({.first_bound = 2, .last_bound = 2});
  VerifyOrder order{.first_bound = 2, .last_bound = 2, .schedules_max = 64};
  Verified explored = explore(order);
  unsigned pieces = 1;
  for (; explored.end == VerifyEnd::kBudget; ++pieces) {
    ASSERT_FALSE(explored.state.empty());
    order.resume = explored.state;
    order.schedules_max = 300;  // of each piece
    explored = explore(order);
  }
  EXPECT_EQ(explored.end, VerifyEnd::kComplete);
  EXPECT_GT(pieces, 2U);
  // A new process knows no state of the old one, so it may do some work twice, but none less.
  EXPECT_GE(explored.bounds.back().schedules, whole.bounds.back().schedules);
}

// What was explored before is in the report as if nobody had interrupted it.
TEST(ExploreChild, AResumedExplorationReportsAllOfIt) {
  for (const auto& [last_bound, pieces_of] : {std::pair{1U, 1U}, std::pair{2U, 500U}}) {
    const Verified whole = explore({.last_bound = last_bound});
    VerifyOrder order{.last_bound = last_bound, .schedules_max = pieces_of};
    Verified explored = explore(order);
    for (; explored.end == VerifyEnd::kBudget; explored = explore(order)) {
      order.resume = explored.state;
    }
    ASSERT_EQ(explored.end, VerifyEnd::kComplete);
    ASSERT_EQ(explored.bounds.size(), whole.bounds.size());
    for (std::size_t i = 0; i < whole.bounds.size(); ++i) {
      EXPECT_EQ(explored.bounds[i].bound, whole.bounds[i].bound);
      EXPECT_TRUE(explored.bounds[i].is_complete);
      EXPECT_GE(explored.bounds[i].schedules, whole.bounds[i].schedules);
    }
  }
}

// Killed after any state that was kept: it continues from there, and nothing was left out.
TEST(ExploreChild, KeepsStatesFromEachOfWhichItGoesOn) {
  const Verified whole = explore({.last_bound = 2});
  std::vector<std::string> states;
  VerifyOrder order{.last_bound = 2};
  order.keep = [&states](const std::string& state) { states.push_back(state); };
  order.keep_every_s = 0;
  ASSERT_EQ(explore(order).end, VerifyEnd::kComplete);
  ASSERT_GE(states.size(), 2U);  // at least when it began, and in a later bound
  for (std::size_t i = 0; i < states.size(); i += 1 + states.size() / 4) {
    const Verified rest = explore({.last_bound = 2, .resume = states[i]});
    EXPECT_EQ(rest.end, VerifyEnd::kComplete) << states[i];
    ASSERT_EQ(rest.bounds.size(), whole.bounds.size()) << states[i];
    for (std::size_t bound = 0; bound < whole.bounds.size(); ++bound) {
      EXPECT_GE(rest.bounds[bound].schedules, whole.bounds[bound].schedules) << states[i];
      EXPECT_TRUE(rest.bounds[bound].is_complete);
    }
  }
}

TEST(ExploreChild, WhatIsNoStateProvesNothing) {
  const Verified explored = explore({.schedules_max = 1});
  ASSERT_EQ(explored.end, VerifyEnd::kBudget);
  EXPECT_EQ(explore({.resume = explored.state + "0"}).end, VerifyEnd::kDiverged);
  // Of bounds that do not begin where they should, the lower ones were not tried.
  EXPECT_EQ(explore({.first_bound = 1, .last_bound = 1, .resume = explored.state}).end,
            VerifyEnd::kDiverged);
  const Verified higher = explore({.first_bound = 2, .last_bound = 2, .schedules_max = 1});
  EXPECT_EQ(explore({.last_bound = 1, .resume = higher.state}).end, VerifyEnd::kDiverged);
}

TEST(ExploreChild, WithoutABoundItStopsWhenTheBudgetIsSpent) {
  const Verified explored = explore({.is_unbounded = true, .schedules_max = 500});
  EXPECT_EQ(explored.end, VerifyEnd::kBudget);
  EXPECT_GE(explored.bounds.back().schedules, 500U);
}

TEST(Depth, IsProvedByTheBoundsBelowAndTurnsOnTheTwoLooksAtTheCount) {
  const Depth depth = find_depth(
      program(), {.last_bound = 3, .signature = "locals: planted", .judge = &sees_it_arrive});
  ASSERT_TRUE(depth.is_known());
  EXPECT_TRUE(depth.is_proved());
  EXPECT_EQ(depth.explored.preemptions, 1U);
  EXPECT_EQ(depth.words().find("1 preemption; 0 of "), 0U) << depth.words();
  ASSERT_TRUE(depth.cause.is_found);
  EXPECT_EQ(depth.cause.words(), "buffer-put of g0.0 before chan-len of g0");
}

// Nobody is left to count when the run is over. All races and memory errors end so.
TEST(Depth, OfWhatKillsTheProcessIsThatOfItsRun) {
  const Depth depth = find_depth(
      program(), {.last_bound = 3,
                  .signature = explore({.last_bound = 1, .judge = &dies_of_it}).verdict.signature(),
                  .judge = &dies_of_it});
  ASSERT_TRUE(depth.is_known());
  EXPECT_TRUE(depth.is_proved());
  EXPECT_EQ(depth.words().find("1 preemption; 0 of "), 0U) << depth.words();
}

TEST(Depth, OfWhatNeedsNoPreemptionHasNoBoundBelow) {
  const auto always = [](const Input&, const Trace&) -> Verdict {
    return {"locals", "planted", ""};
  };
  const Depth depth = find_depth(program(), {.signature = "locals: planted", .judge = always});
  EXPECT_EQ(depth.words(), "0 preemptions");
  EXPECT_FALSE(depth.cause.is_found);  // no order of anything makes it pass
}

TEST(Depth, OfWhatIsNotFoundIsNotKnown) {
  const Depth depth =
      find_depth(program(), {.last_bound = 1, .signature = "race: elsewhere"}, {.starts = 1});
  EXPECT_FALSE(depth.is_known());
  EXPECT_EQ(depth.words(), "");
}

}  // namespace
}  // namespace concertina::fuzzers
