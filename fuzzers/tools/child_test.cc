#include "tools/child.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "host/own_process_testing.h"
#include "tools/generator.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint64_t kInputs = 20;

/// Events of a run in a process that died before it could tell anybody.
std::vector<Event> events_of_the_dead(const Input& input) {
  const Shared<RunLog> log;
  const pid_t child = fork();
  if (child == 0) {
    run(input, {.log = log.get()});
    raise(SIGKILL);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  const std::span<const Event> events = log->events.all();
  return {events.begin(), events.end()};
}

/// What is compared. A trace's own events are valid until the next run only.
struct Summary {
  std::uint64_t hash;
  std::uint32_t steps;
  Outcome outcome;
  std::size_t events;
  std::string signature;
  bool operator==(const Summary&) const = default;
};

Summary summary(const Trace& trace, const Verdict& verdict) {
  return {trace.hash, trace.steps, trace.outcome, trace.events.size(), verdict.signature()};
}

// All children come before the first run in this process; see child.h.
TEST(Child, GivesTheTraceThatThisProcessGets) {
  in_own_process([] {
    const Input first = generated_input(7, 0);
    const ChildRun all = run_in_child(first, {});
    const std::vector<Event> left_behind = events_of_the_dead(first);
    std::vector<Summary> summaries;
    for (std::uint64_t i = 0; i < kInputs; ++i) {
      const ChildRun child = run_in_child(generated_input(7, i), {});
      ASSERT_FALSE(child.died) << child.log;
      summaries.push_back(summary(child.trace, child.verdict));
    }

    for (std::uint64_t i = 0; i < kInputs; ++i) {
      const Input input = generated_input(7, i);
      const Trace here = run(input);
      EXPECT_EQ(summary(here, judge(input, here)), summaries[i]) << i;
    }

    const auto log = std::make_unique_for_overwrite<RunLog>();
    const Trace alive = run(first, {.log = log.get()});
    EXPECT_FALSE(left_behind.empty());
    EXPECT_TRUE(std::equal(left_behind.begin(), left_behind.end(), alive.events.begin(),
                           alive.events.end()));
    EXPECT_EQ(all.trace.last_steps.size(), all.trace.steps);
    EXPECT_TRUE(std::ranges::equal(all.trace.last_steps, alive.last_steps));
  });
}

}  // namespace
}  // namespace concertina::fuzzers
