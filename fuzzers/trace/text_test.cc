#include "trace/text.h"

#include <gtest/gtest.h>

namespace concertina::fuzzers {
namespace {

TEST(Text, AnEventNamesItsPartsAndItsPlace) {
  const Event event{.kind = EventKind::kSendToReceiver,
                    .thread = 2,
                    .goroutine = 3,
                    .channel = 1,
                    .a = 4,
                    .b = 5,
                    .step = 41};
  EXPECT_EQ(describe(event), "send-to-receiver g3 c1 i=0 a=4 b=5 (thread 2, step 41)");
}

TEST(Text, AnEventOfNobodyNamesNobody) {
  EXPECT_EQ(describe({.kind = EventKind::kEndCounts}), "end-counts i=0 a=0 b=0 (thread 0, step 0)");
}

TEST(Text, PathsReadLikeFamilyNames) {
  EXPECT_EQ(describe_path(kMainPath), "g0");
  EXPECT_EQ(describe_path(child_path(kMainPath, 1)), "g0.1");
  EXPECT_EQ(describe_path(child_path(child_path(kMainPath, 2), 0)), "g0.2.0");
}

TEST(Text, ReservedPathsHaveWords) {
  EXPECT_EQ(describe_path(kAnyPath), "any");
  EXPECT_EQ(describe_path(kScannerPath), "scanner");
  EXPECT_EQ(describe_path(kSchedulerPath), "scheduler");
}

TEST(Text, AnyNumberHasAText) {
  EXPECT_FALSE(describe_path(0xffffffff).empty());
  EXPECT_FALSE(describe_path(2).empty());
  EXPECT_FALSE(describe_path(96).empty());
}

}  // namespace
}  // namespace concertina::fuzzers
