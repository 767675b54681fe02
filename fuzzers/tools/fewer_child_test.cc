#include "tools/fewer_child.h"

#include <gtest/gtest.h>

#include <csignal>

#include "oracle/crash.h"
#include "tools/depth_child.h"

namespace concertina::fuzzers {
namespace {

// main looks at the length three times while a child puts two values into the buffer.
constexpr std::string_view kProgram = R"(version 1

chan c0 cap=2 size=8

func f0 frame=0 {
  go f1
  len c0
  len c0
  len c0
}

func f1 frame=0 {
  send c0
  send c0
}

schedule processors=2 strategy=random depth=3 seed=0x0
)";

Input program() {
  CaseFile file;
  EXPECT_EQ(parse(kProgram, file).reason, "");
  return file.input;
}

/// "Fails" where main saw 0, 1 and 2, and in another way, which takes less, where it saw 0 and 1.
Verdict sees_both_arrive(const Input&, const Trace& trace) {
  unsigned wanted = 0;
  for (const Event& event : trace.events) {
    if (event.kind != EventKind::kLenSeen) continue;
    if (as<event::LenSeen>(event).length == wanted) ++wanted;
  }
  if (wanted == 3) return {"locals", "planted", "0, 1, 2"};
  if (wanted == 2) return {"locals", "another", "0, 1"};
  return {};
}

Verdict dies_of_it(const Input& input, const Trace& trace) {
  if (sees_both_arrive(input, trace).kind == "planted")
    std::raise(SIGUSR1);  // no sanitizer looks at it
  return {};
}

FewerOrder order_for(const std::string& signature, JudgeRun judge) {
  FewerOrder order;
  order.signature = signature;
  order.runs_to_reduce = 2000;
  order.judge = judge;
  return order;
}

Fewer find_fewer(const FewerOrder& order) {
  const Fewer fewer = find_fewer_preemptions(program(), order);
  return fewer;
}

/// With how few preemptions exploring finds it.
unsigned depth_by_exploring() {
  const Verified explored = verify_in_child(
      program(), {.last_bound = 6, .signature = "locals: planted", .judge = &sees_both_arrive});
  EXPECT_EQ(explored.end, VerifyEnd::kFailed);
  return explored.preemptions;
}

TEST(FewerChild, ComesDownToWhatExploringFinds) {
  const Fewer fewer = find_fewer(order_for("locals: planted", &sees_both_arrive));
  ASSERT_TRUE(fewer.is_found);
  EXPECT_EQ(fewer.preemptions, depth_by_exploring());
  EXPECT_EQ(fewer.verdict.signature(), "locals: planted");
  const Fewer again = find_fewer(order_for("locals: planted", &sees_both_arrive));
  EXPECT_EQ(again.trail, fewer.trail);
  EXPECT_EQ(again.runs, fewer.runs);
}

TEST(FewerChild, RunsThatKillTheProcessAreTheOnesThatCount) {
  FewerOrder order = order_for("", &dies_of_it);
  order.signature = judge_crash(SIGUSR1, 0, "").signature();
  order.runs_to_reduce = 300;
  const Fewer fewer = find_fewer(order);
  ASSERT_TRUE(fewer.is_found);
  EXPECT_EQ(fewer.preemptions, depth_by_exploring());
  EXPECT_EQ(fewer.verdict.oracle, "crash");
}

TEST(FewerChild, AnotherFailureIsNotTheWantedOne) {
  FewerOrder order = order_for("race: elsewhere", &sees_both_arrive);
  order.runs_to_find = 500;
  EXPECT_FALSE(find_fewer(order).is_found);
}

TEST(FewerChild, KeepsToItsTime) {
  FewerOrder order = order_for("race: elsewhere", &sees_both_arrive);
  order.runs_to_find = 2'000'000'000;
  order.seconds_max = 0.2;
  EXPECT_FALSE(find_fewer(order).is_found);
}

Depth depth_within(unsigned bound, const Reducing& reducing) {
  const Depth depth = find_depth(
      program(), {.last_bound = bound, .signature = "locals: planted", .judge = &sees_both_arrive},
      reducing);
  return depth;
}

TEST(Depth, ThatExploringDoesNotReachLiesBetweenTheCompleteBoundsAndWhatReducingComesTo) {
  const unsigned fewest = depth_by_exploring();
  ASSERT_GE(fewest, 2U);
  const Depth depth = depth_within(0, {.runs = 2000});
  ASSERT_TRUE(depth.is_known());
  EXPECT_TRUE(depth.is_reduced);
  EXPECT_FALSE(depth.is_proved());
  const std::string below = std::to_string(depth.explored.bounds[0].schedules);
  EXPECT_EQ(depth.words(), "at most " + std::to_string(fewest) +
                               " preemptions; more than 0: 0 of " + below +
                               " schedules with so few fail so");
  EXPECT_TRUE(depth.cause.is_found);
}

TEST(Depth, IsProvedWhereTheTwoMeet) {
  const unsigned fewest = depth_by_exploring();
  const Depth depth = depth_within(fewest - 1, {.runs = 2000});
  EXPECT_TRUE(depth.is_reduced);
  EXPECT_TRUE(depth.is_proved());
  EXPECT_EQ(depth.words(), std::to_string(fewest) + " preemptions; 0 of " +
                               std::to_string(depth.schedules()) + " schedules with fewer fail so");
}

/// Found by reducing, with that many preemptions; bound 2 is not complete.
Depth made_up(unsigned preemptions) {
  Depth depth;
  depth.explored.end = VerifyEnd::kFailed;
  depth.explored.preemptions = preemptions;
  depth.explored.bounds = {{.bound = 0, .is_complete = true, .schedules = 10},
                           {.bound = 1, .is_complete = true, .schedules = 200},
                           {.bound = 2, .is_complete = false, .schedules = 3000}};
  return depth;
}

TEST(Depth, WordsCountWhatWasCompleteOnly) {
  EXPECT_EQ(made_up(2).words(), "2 preemptions; 0 of 210 schedules with fewer fail so");
  Depth depth = made_up(6);
  EXPECT_EQ(depth.words(),
            "at most 6 preemptions; more than 1: 0 of 210 schedules with so few fail so");
  depth.has_fixed_draws = true;
  EXPECT_EQ(depth.words(),
            "at most 6 preemptions; more than 1 with the seed's draws: 0 of 210 "
            "schedules with so few fail so");
  depth.explored.bounds[0].is_complete = false;  // then the next one says nothing
  EXPECT_EQ(depth.words(), "at most 6 preemptions");
}

TEST(Depth, WithoutReducingIsNotKnownWhereExploringEnds) {
  EXPECT_FALSE(depth_within(0, {.starts = 0}).is_known());
}

}  // namespace
}  // namespace concertina::fuzzers
