// A killed tool leaves no process running: for each tool that runs something in a child.
#include <gtest/gtest.h>

#include "host/own_process_testing.h"
#include "tools/batch.h"
#include "tools/child.h"
#include "tools/explore_child.h"
#include "tools/fewer_child.h"
#include "tools/generator.h"
#include "tools/verify_child.h"

namespace concertina::fuzzers {
namespace {

Verdict stay(const Input&, const Trace&) { stay_until_killed(); }
Verdict stay_examining(const Input&) { stay_until_killed(); }
Verdict stay_searching(const Input&, RunLog*) { stay_until_killed(); }

Input input() { return generated_input(1, 4); }

TEST(Orphans, OfAReplay) {
  expect_nobody_outlives([] { run_in_child(input(), {.judge = &stay}); });
}

TEST(Orphans, OfABatch) {
  expect_nobody_outlives([] {
    const Input one = input();
    BatchExaminer("", 20, &stay_examining).first_match({&one, 1});
  });
}

TEST(Orphans, OfASearch) {
  expect_nobody_outlives([] { search(input(), {.examine = &stay_searching}); });
}

TEST(Orphans, OfAnExploration) {
  expect_nobody_outlives([] { verify_in_child(input(), {.learns = false, .judge = &stay}); });
}

TEST(Orphans, OfAReduction) {
  expect_nobody_outlives(
      [] { find_fewer_preemptions(input(), {.signature = "any: thing", .judge = &stay}); });
}

}  // namespace
}  // namespace concertina::fuzzers
