#include "tools/child.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "host/own_process_testing.h"
#include "tools/generator.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint64_t kInputs = 20;
constexpr std::uint32_t kTailSteps = 5;

ChildRun in_child(const Input& input, const ChildOptions& options) {
  ChildRun child = run_in_child(input, options);
  return child;
}

/// Events of a run in a process that died before it could tell anybody.
std::vector<Event> events_of_the_dead(const Input& input) {
  void* const memory =
      mmap(nullptr, sizeof(EventLog), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  EXPECT_NE(memory, MAP_FAILED);
  auto* const log = static_cast<EventLog*>(memory);
  const pid_t child = fork();
  if (child == 0) {
    run(input, {.event_log = log});
    raise(SIGKILL);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  std::vector<Event> events(log->events, log->events + log->count);
  munmap(memory, sizeof(EventLog));
  return events;
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
    const ChildRun all = in_child(first, {.last_steps_max = 1 << 16});
    const ChildRun tail = in_child(first, {.last_steps_max = kTailSteps});
    const std::vector<Event> left_behind = events_of_the_dead(first);
    std::vector<Summary> summaries;
    for (std::uint64_t i = 0; i < kInputs; ++i) {
      const ChildRun child = in_child(generated_input(7, i), {});
      ASSERT_FALSE(child.died) << child.log;
      summaries.push_back(summary(child.trace, child.verdict));
    }

    for (std::uint64_t i = 0; i < kInputs; ++i) {
      const Input input = generated_input(7, i);
      const Trace here = run(input);
      EXPECT_EQ(summary(here, judge(input, here)), summaries[i]) << i;
    }

    const Trace alive = run(first);
    EXPECT_FALSE(left_behind.empty());
    EXPECT_TRUE(std::equal(left_behind.begin(), left_behind.end(), alive.events.begin(),
                           alive.events.end()));

    ASSERT_EQ(all.trace.last_steps.size(), all.trace.steps);
    ASSERT_GE(all.trace.steps, kTailSteps);
    ASSERT_EQ(tail.trace.last_steps.size(), kTailSteps);
    for (unsigned i = 0; i < kTailSteps; ++i) {
      const Step& expected = all.trace.last_steps[all.trace.steps - kTailSteps + i];
      EXPECT_EQ(tail.trace.last_steps[i].thread, expected.thread);
      EXPECT_EQ(tail.trace.last_steps[i].site, expected.site);
    }
  });
}

}  // namespace
}  // namespace concertina::fuzzers
