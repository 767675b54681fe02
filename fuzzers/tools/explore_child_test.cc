#include "tools/explore_child.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>

#include "host/own_process_testing.h"
#include "schedule/explorer.h"
#include "tools/generator.h"

namespace concertina::fuzzers {
namespace {

Input some_input() { return generated_input(1, 4); }

bool is_wanted(const Input& input) {
  return input.schedule.strategy == Strategy::kReadsFrom && !input.schedule.constraints.empty();
}

Verdict fail_when_wanted(const Input& input, RunLog* log) {
  run(input, {.log = log});
  if (is_wanted(input)) return {"planted", "kind", "detail"};
  return {};
}

Verdict die_when_wanted(const Input& input, RunLog* log) {
  run(input, {.log = log});
  if (is_wanted(input)) std::raise(SIGUSR1);  // no sanitizer looks at it
  return {};
}

Verdict hang_when_wanted(const Input& input, RunLog* log) {
  run(input, {.log = log});
  for (volatile bool hangs = is_wanted(input); hangs;) {
  }
  return {};
}

SearchResult searched(const SearchOptions& options) {
  SearchResult result = search(some_input(), options);
  return result;
}

TEST(Search, GivesTheFailingInputAndItsVerdict) {
  const SearchResult result = searched({.runs_max = 1000, .examine = &fail_when_wanted});
  EXPECT_EQ(result.verdict.oracle, "planted");
  EXPECT_EQ(result.verdict.detail, "detail");
  EXPECT_TRUE(is_wanted(result.input));
  EXPECT_EQ(result.input.program, some_input().program);
  EXPECT_GT(result.runs, 1U) << "the first run knows no constraint";
  EXPECT_LT(result.runs, 20U);
  const SearchResult again = searched({.runs_max = 1000, .examine = &fail_when_wanted});
  EXPECT_EQ(again.runs, result.runs);
  EXPECT_EQ(again.input, result.input);
}

TEST(Search, ARunThatKillsTheProcessIsAFinding) {
  const SearchResult result = searched({.runs_max = 1000, .examine = &die_when_wanted});
  EXPECT_EQ(result.verdict.oracle, "crash");
  EXPECT_TRUE(is_wanted(result.input));
}

TEST(Search, ARunThatDoesNotEndIsAFinding) {
  const SearchResult result =
      searched({.runs_max = 1000, .timeout_s = 1, .examine = &hang_when_wanted});
  EXPECT_EQ(result.verdict.signature(), (Verdict{"progress", "watchdog", ""}.signature()));
  EXPECT_TRUE(is_wanted(result.input));
}

TEST(Search, WithoutAFailureAllRunsAreMade) {
  for (const unsigned per_program : {0U, 7U}) {
    const SearchResult result = searched({.runs_max = 50, .per_program = per_program});
    EXPECT_FALSE(result.verdict.failed());
    EXPECT_EQ(result.runs, 50U);
  }
  EXPECT_EQ(searched({.runs_max = 50, .as_drawn = true}).runs, 50U);
}

// Every schedule of a search is a complete input: written and read again, logged or not, in
// whatever order, its run is the same.
TEST(Search, ItsSchedulesAreInputsLikeAnyOther) {
  in_own_process([] {
    const auto explorer =
        std::make_unique<Explorer>(some_input().schedule, Strategy::kPortfolio, 9);
    const auto log = std::make_unique_for_overwrite<RunLog>();
    std::vector<std::pair<Bytes, std::uint64_t>> runs;
    for (unsigned i = 0; i < 200; ++i) {
      Input input = some_input();
      input.schedule = explorer->next();
      const RunOptions options{.log = explorer->learns() ? log.get() : nullptr};
      runs.emplace_back(encode(input), run(input, options).hash);
      explorer->ran(*log);
    }
    for (auto one = runs.rbegin(); one != runs.rend(); ++one) {
      const Input input = decode(one->first);
      EXPECT_EQ(run(input).hash, one->second);
      CaseFile file;
      file.input = input;
      CaseFile read;
      EXPECT_EQ(parse(print(file), read).reason, "");
      EXPECT_EQ(read.input, input);
    }
  });
}

}  // namespace
}  // namespace concertina::fuzzers
