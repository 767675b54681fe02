#include "feedback/groups.h"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace concertina::fuzzers {
namespace {

Groups parsed(std::string_view text) {
  Groups groups = Groups::none();
  EXPECT_EQ(parse_groups(text, groups), "");
  return groups;
}

TEST(Groups, AreReadByName) {
  EXPECT_EQ(parsed("none"), Groups::none());
  EXPECT_EQ(parsed("all"), Groups::all());
  EXPECT_EQ(parsed("default"), Groups::shipped());
  EXPECT_EQ(parsed("lock"), Groups::none().with(Group::kLock));
  EXPECT_EQ(parsed("max,rf"), Groups::none().with(Group::kReadsFrom).with(Group::kMaxima));
  EXPECT_EQ(parsed("rf,chan,select,lock,copy,sched,max"), Groups::all());
  EXPECT_FALSE(parsed("chan").has(Group::kSelect));
  EXPECT_TRUE(parsed("chan").has(Group::kChannel));
}

TEST(Groups, UnknownWordsAreNamed) {
  for (const std::string_view text :
       {"", "rf,", ",rf", "rf,,max", "edges", "rf,edges", "none,rf"}) {
    Groups groups = Groups::none();
    EXPECT_NE(parse_groups(text, groups).find("no signals '"), std::string::npos) << text;
  }
  Groups groups = Groups::none();
  EXPECT_EQ(parse_groups("rf,edges", groups),
            "no signals 'edges'; there are: none, all, default, rf, chan, select, lock, copy, "
            "sched, max");
}

TEST(Groups, TheEnvironmentDecides) {
  unsetenv(kSignalsVariable);
  EXPECT_EQ(groups_of_environment(), Groups::shipped());
  setenv(kSignalsVariable, "copy", 1);
  EXPECT_EQ(groups_of_environment(), Groups::none().with(Group::kCopy));
  setenv(kSignalsVariable, "edges", 1);
  EXPECT_EXIT(groups_of_environment(), testing::ExitedWithCode(2),
              "CONCERTINA_SIGNALS: no signals 'edges'");
  unsetenv(kSignalsVariable);
}

}  // namespace
}  // namespace concertina::fuzzers
