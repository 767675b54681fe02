// What the commands' parts hold each other to: a state that is wrong on purpose ends the process
// with the rule's words.
#include <gtest/gtest.h>

#include "tools/verify_progress.h"
#include "tools/verify_state.h"

namespace concertina::fuzzers {
namespace {

TEST(VerifyProgressDeathTest, BoundsAreToldInOrder) {
  VerifyProgress state;
  EXPECT_DEATH(print(state), "bounds are told one after the other");
  state.bounds.resize(2);
  state.bounds[0].is_complete = true;
  EXPECT_DEATH(print(state), "bounds are told one after the other") << "both are bound 0";
  state.bounds[1].bound = 1;
  EXPECT_NE(print(state), "");
}

TEST(VerifyStateDeathTest, EachPartOfAnIdentityIsALine) {
  EXPECT_DEATH(verify_state({{"build", "one\ntwo"}}, ""), "each part of an identity is one line");
}

}  // namespace
}  // namespace concertina::fuzzers
