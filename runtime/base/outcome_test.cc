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

TEST(Outcome, PanicKindsAreTheNumbersThatEventsCarry) {
  EXPECT_EQ(kPanicSendOnClosed, 1);
  EXPECT_EQ(kPanicCloseOfClosed, 2);
  EXPECT_EQ(kPanicCloseOfNil, 3);
}

}  // namespace
}  // namespace concertina
