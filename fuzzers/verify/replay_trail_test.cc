#include "verify/replay_trail.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "pipeline.h"
#include "schedule/random.h"
#include "verify/bounded.h"

namespace concertina::fuzzers {
namespace {

Input load(const std::string& name) {
  std::ifstream stream(std::string(CONCERTINA_SOURCE_DIR) + "/corpus/litmus/" + name + ".case",
                       std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  CaseFile file;
  EXPECT_EQ(parse(text, file).reason, "") << name;
  return file.input;
}

/// Calls back for up to `count` schedules of the search, with their trails and hashes.
template <class Callback>
void for_schedules(const Input& input, unsigned bound, unsigned count, Callback callback) {
  const auto log = std::make_unique_for_overwrite<RunLog>();
  BoundedSearch search({.runs_to_learn = 0});
  search.start(bound, input.schedule);
  while (!search.is_done() && count > 0) {
    search.begin_run();
    const Trace trace = run(input, {.chooser = &search, .log = log.get()});
    const std::uint64_t hash = trace.hash;
    if (search.end_run(trace.outcome != Outcome::kHung).is_cut) continue;
    --count;
    callback(trail_of(*log), hash);
  }
}

TEST(Trail, HasPicksAndDrawsInOrder) {
  const auto log = std::make_unique_for_overwrite<RunLog>();
  log->clear();
  log->add(Step{.thread = 0});
  log->add(Draw{.step = 1, .value = 3});
  log->add(Step{.thread = 2, .is_decision = true});
  log->add(Step{.thread = 1});
  log->add(Draw{.step = 3, .value = 4});
  log->add(Draw{.step = 3, .value = 0});
  log->add(Step{.thread = 0, .is_decision = true});
  EXPECT_EQ(trail_of(*log), (std::vector<std::uint8_t>{3, 2, 4, 0, 0}));
  log->clear();
  EXPECT_TRUE(trail_of(*log).empty());
}

TEST(TrailPlayer, RepeatsARunExactly) {
  const Input input = load("two-wakers-of-one-select");
  unsigned seen = 0;
  for_schedules(input, 2, 500, [&](const std::vector<std::uint8_t>& trail, std::uint64_t hash) {
    TrailPlayer player;
    player.reset(trail, input.schedule);
    EXPECT_EQ(run(input, {.chooser = &player}).hash, hash);
    EXPECT_EQ(player.misses(), 0U);
    ++seen;
  });
  EXPECT_EQ(seen, 500U);
}

TEST(TrailPlayer, GoesOnByItselfWhereTheTrailDoesNotFit) {
  const Input input = load("ping-pong");
  const std::vector<std::uint8_t> nonsense(50, 15);
  TrailPlayer player;
  player.reset(nonsense, input.schedule);
  EXPECT_FALSE(judge(input, run(input, {.chooser = &player})).failed());
  EXPECT_GT(player.misses(), 0U);
}

// The point of the whole form: what was found can be written as an ordinary case, which replays to
// the same trace.
TEST(WriteDown, DeviationsSayExactlyWhatTheTrailSaid) {
  unsigned exact = 0;
  unsigned all = 0;
  const auto written = std::make_unique<WrittenDeviations>();
  for (const char* const name : {"two-wakers-of-one-select", "select-against-close",
                                 "send-against-shrink", "syscall-hands-off-its-processor"}) {
    const Input input = load(name);
    for_schedules(input, 2, 1000, [&](const std::vector<std::uint8_t>& trail, std::uint64_t hash) {
      ++all;
      WriteDown writer;
      writer.reset(trail, input.schedule, written.get());
      EXPECT_EQ(run(input, {.chooser = &writer}).hash, hash);
      if (!written->is_exact) return;
      ++exact;
      Input as_case = input;
      as_case.schedule.deviations.assign(written->all().begin(), written->all().end());
      EXPECT_EQ(validate(as_case), "");
      EXPECT_EQ(run(as_case).hash, hash) << name;
    });
  }
  EXPECT_GE(exact * 100, all * 95) << exact << " of " << all << " schedules fit into the form";
}

}  // namespace
}  // namespace concertina::fuzzers
