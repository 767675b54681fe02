#include "base/function.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace concertina {
namespace {

TEST(Function, NamesAreUniqueAndPlain) {
  std::set<std::string_view> names;
  for (FunctionId id = FunctionId::kNone + 1; id != FunctionId::kRuntimeEnd; id = id + 1) {
    ASSERT_NE(function_name(id), nullptr);
    const std::string_view name = function_name(id);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << name;
  }
}

// Traces in reports hold functions by number.
TEST(Function, NumbersNeverChange) {
  EXPECT_STREQ(function_name(static_cast<FunctionId>(1)), "park");
  EXPECT_STREQ(function_name(static_cast<FunctionId>(9)), "chan_send");
  EXPECT_STREQ(function_name(static_cast<FunctionId>(17)), "select_wake");
}

TEST(Function, WhatIsNotTheRuntimesHasNoName) {
  for (const FunctionId id : {FunctionId::kNone, FunctionId::kRuntimeEnd,
                              FunctionId::kFirstOfProgram, FunctionId::kOverwritten}) {
    EXPECT_EQ(function_name(id), nullptr);
  }
}

}  // namespace
}  // namespace concertina
