#include "base/check.h"

#include <gtest/gtest.h>

#include <string>

namespace concertina {
namespace {

TEST(Check, LetsWhatHoldsPassAndMakesNoMessage) {
  unsigned made = 0;
  const auto rule = [&] { return ++made, std::string("never"); };
  CHECK(1 + 1 == 2, rule());
  EXPECT_EQ(made, 0u);
}

TEST(CheckDeathTest, NamesThePlaceTheConditionAndTheRule) {
  const int found = 2;
  EXPECT_DEATH(CHECK(found == 1, "one of a kind, not " + std::to_string(found)),
               "check_test\\.cc:[0-9]+: check failed: found == 1: one of a kind, not 2");
}

TEST(Check, IsOneStatement) {
  bool is_else = false;
  if (is_else)
    CHECK(false, "not reached");
  else
    is_else = true;
  EXPECT_TRUE(is_else);
}

}  // namespace
}  // namespace concertina
