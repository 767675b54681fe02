#include "oracle/preemption.h"

#include <gtest/gtest.h>

#include <vector>

namespace concertina::fuzzers {
namespace {

std::string judged(const std::vector<Event>& events) {
  Trace trace;
  trace.events = events;
  return judge_preemption(Program{}, trace).signature();
}

const Event kAsk = event::Asked{.goroutine = 1, .bits = 3};
const Event kPass = event::Overlooked{.goroutine = 1, .bits = 1};

TEST(PreemptionFail, ASafePointIsPassedWithTheNoticeLost) {
  EXPECT_EQ(judged({kAsk, kPass}), "preemption: request overlooked");
  EXPECT_EQ(judged({event::Answered{.goroutine = 1, .bits = 1}, kAsk, kPass}),
            "preemption: request overlooked");
  EXPECT_EQ(judged({kAsk, event::Answered{.goroutine = 1, .bits = 2}, kPass}),
            "preemption: request overlooked");
}

TEST(PreemptionFail, AGoroutineThatSaidItWouldStopGoesOn) {
  const Event answer = event::Answered{.goroutine = 1, .bits = 1};
  EXPECT_EQ(judged({kAsk, answer, event::Settled{.goroutine = 1}}),
            "preemption: request forgotten");
  EXPECT_EQ(judged({kAsk, answer, event::Parked{.goroutine = 1}}), "preemption: request forgotten");
  EXPECT_EQ(judged({kAsk, answer, event::Exited{.goroutine = 1}}), "preemption: request forgotten");
  EXPECT_EQ(judged({kAsk, answer, event::Preempted{.goroutine = 1, .for_scanner = true},
                    event::Settled{.goroutine = 1}}),
            "pass");
}

TEST(Preemption, BeforeTheNoticeASafePointMayBePassed) { EXPECT_EQ(judged({kPass, kAsk}), "pass"); }

TEST(Preemption, AnAnswerAScanAndTheEndServeWhatWasAsked) {
  EXPECT_EQ(judged({kAsk, event::Answered{.goroutine = 1, .bits = 1}, kPass}), "pass");
  EXPECT_EQ(judged({kAsk, event::ScanBegin{.goroutine = 1, .status = 4}, kPass}), "pass");
  EXPECT_EQ(judged({kAsk, event::Exited{.goroutine = 1}, kPass}), "pass");
}

TEST(Preemption, NobodyElseServesWhatAGoroutineIsToDoForOthers) {
  const Event assist = event::Asked{.goroutine = 1, .bits = 16};
  const Event scan = event::ScanBegin{.goroutine = 1, .status = 4};
  EXPECT_EQ(judged({assist, scan, event::Overlooked{.goroutine = 1, .bits = 16}}),
            "preemption: request overlooked");
}

TEST(Preemption, EachGoroutineAndEachRequestIsJudgedForItself) {
  EXPECT_EQ(judged({kAsk, event::Overlooked{.goroutine = 2, .bits = 3}}), "pass");
  EXPECT_EQ(judged({kAsk, event::Overlooked{.goroutine = 1, .bits = 4}}), "pass");
}

}  // namespace
}  // namespace concertina::fuzzers
