#include "base/outcome.h"

#include <gtest/gtest.h>

namespace concertina {
namespace {

TEST(Outcome, EachHasItsName) {
  EXPECT_EQ(outcome_name(Outcome::kExit), "exit");
  EXPECT_EQ(outcome_name(Outcome::kDeadlock), "deadlock");
  EXPECT_EQ(outcome_name(Outcome::kPanic), "panic");
  EXPECT_EQ(outcome_name(Outcome::kFatal), "fatal");
  EXPECT_EQ(outcome_name(Outcome::kHung), "hung");
  EXPECT_EQ(outcome_name(Outcome::kBudget), "budget");
  EXPECT_EQ(outcome_name(static_cast<Outcome>(0xff)), "unknown-outcome");
}

TEST(Outcome, PanicsHaveGosWords) {
  EXPECT_EQ(panic_text(PanicKind::kSendOnClosed), "send on closed channel");
  EXPECT_EQ(panic_text(PanicKind::kCloseOfClosed), "close of closed channel");
  EXPECT_EQ(panic_text(PanicKind::kCloseOfNil), "close of nil channel");
  EXPECT_EQ(panic_text(PanicKind{}), "unknown-panic");
}

}  // namespace
}  // namespace concertina
