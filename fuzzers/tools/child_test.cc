#include "tools/child.h"

#include <gtest/gtest.h>

#include "tools/generator.h"

namespace concertina::fuzzers {
namespace {

TEST(Child, GivesTheTraceThatThisProcessGets) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    const Input input = generated_input(7, i);
    std::string error;
    const ChildRun child = run_in_child(input, {}, error);
    ASSERT_EQ(error, "");
    ASSERT_FALSE(child.died) << child.log;
    const Trace here = run(input);
    EXPECT_EQ(child.trace.hash, here.hash);
    EXPECT_EQ(child.trace.steps, here.steps);
    EXPECT_EQ(child.trace.outcome, here.outcome);
    EXPECT_EQ(child.events.size(), here.events.size());
    EXPECT_EQ(child.verdict.signature(), judge(input, here).signature());
  }
}

TEST(Child, KeepsTheLastStepsInOrder) {
  const Input input = generated_input(7, 0);
  std::string error;
  const ChildRun all = run_in_child(input, {.last_steps_max = 1 << 16}, error);
  const ChildRun tail = run_in_child(input, {.last_steps_max = 5}, error);
  ASSERT_EQ(all.trace.last_steps.size(), all.trace.steps);
  ASSERT_GE(all.trace.steps, 5U);
  ASSERT_EQ(tail.trace.last_steps.size(), 5U);
  for (unsigned i = 0; i < 5; ++i) {
    const Step& expected = all.trace.last_steps[all.trace.steps - 5 + i];
    EXPECT_EQ(tail.trace.last_steps[i].thread, expected.thread);
    EXPECT_EQ(tail.trace.last_steps[i].site, expected.site);
  }
}

}  // namespace
}  // namespace concertina::fuzzers
