#include "trace/text.h"

#include <gtest/gtest.h>

namespace concertina::fuzzers {
namespace {

TEST(Text, AnEventNamesItsPartsAndItsPlace) {
  Event event =
      event::SendToReceiver{.goroutine = 3, .channel = 1, .partner = 4, .partner_case = 5};
  event.thread = 2;
  event.step = 41;
  EXPECT_EQ(describe(event),
            "send-to-receiver g3 c1 case_index=0 partner=g4 partner_case=5 (thread 2, step 41)");
}

TEST(Text, BitsOfAnEventHaveNamesToo) {
  const event::DoneReceive done{.goroutine = 3, .channel = 1, .selected = true, .token = 7};
  EXPECT_EQ(describe(done), "done-receive g3 c1 selected=1 ok=0 token=7 torn=0 (thread 0, step 0)");
}

TEST(Text, AnEventOfNobodyNamesNobody) {
  EXPECT_EQ(describe(event::EndCounts{}),
            "end-counts goroutines=0 sudogs=0 stacks=0 (thread 0, step 0)");
  EXPECT_EQ(describe(event::ReceiveFromBuffer{.channel = 2}),
            "receive-from-buffer c2 case_index=0 partner=none partner_case=0 (thread 0, step 0)");
}

TEST(Text, AKindThatDoesNotExistHasAText) {
  EXPECT_EQ(describe(Event{}), "unknown-event (thread 0, step 0)");
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
