#include "schedule/key_text.h"

#include <gtest/gtest.h>

#include "schedule/random.h"

namespace concertina::fuzzers {
namespace {

TEST(KeyText, PathsReadAsSpawns) {
  EXPECT_EQ(path_text(kAnyPath), "any");
  EXPECT_EQ(path_text(kMainPath), "g0");
  EXPECT_EQ(path_text(kScannerPath), "scanner");
  EXPECT_EQ(path_text(kSchedulerPath), "scheduler");
  const SpawnPath child = child_path(kMainPath, 0);
  EXPECT_EQ(path_text(child), "g0.0");
  EXPECT_EQ(path_text(child_path(child, 30)), "g0.0.30");
  EXPECT_EQ(path_text(2), "0x2");
  EXPECT_EQ(path_text(0xffffffff), "0xffffffff");
}

TEST(KeyText, SixLevelsHaveANameAndDeeperOnesANumber) {
  SpawnPath path = kMainPath;
  for (unsigned level = 0; level < 6; ++level) path = child_path(path, 30);
  EXPECT_EQ(path_text(path), "g0.30.30.30.30.30.30");
  SpawnPath wrapped = child_path(path, 30);
  EXPECT_TRUE(path_text(wrapped).starts_with("0x")) << path_text(wrapped);
  EXPECT_FALSE(path_from_text("g0.0.0.0.0.0.0.0", wrapped));
}

TEST(KeyText, EveryPathRoundTrips) {
  Random random(1);
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    const SpawnPath path = i < 100'000 ? i : static_cast<SpawnPath>(random.next());
    SpawnPath parsed = ~path;
    ASSERT_TRUE(path_from_text(path_text(path), parsed)) << path;
    ASSERT_EQ(parsed, path) << path_text(path);
  }
}

TEST(KeyText, EverySiteRoundTrips) {
  for (unsigned i = 0; i < kSiteCount; ++i) {
    const Key key = {kMainPath, static_cast<Site>(i), static_cast<std::uint8_t>(i)};
    Key parsed;
    EXPECT_EQ(key_from_text(key_text(key), parsed).reason, "");
    EXPECT_EQ(parsed, key);
  }
}

TEST(KeyText, MalformedKeysAreRefusedWithTheirPlace) {
  const struct {
    const char* text;
    std::size_t offset;
    const char* reason;
  } kRows[] = {
      {"", 0, "expected a key like g0.1/park-status#0"},
      {"g0/park-status", 0, "expected a key like g0.1/park-status#0"},
      {"g0#1/park-status", 0, "expected a key like g0.1/park-status#0"},
      {"g1/park-status#0", 0,
       "no such spawn path: g0, g0.1, any, scanner, scheduler or a number like 0x22"},
      {"g0.31/park-status#0", 0,
       "no such spawn path: g0, g0.1, any, scanner, scheduler or a number like 0x22"},
      {"g0.1/park-statsu#0", 5, "no such site"},
      {"g0.1/park-status#256", 17, "an occurrence is 0 to 255"},
      {"g0.1/park-status#", 17, "an occurrence is 0 to 255"},
  };
  for (const auto& row : kRows) {
    const Key before = {7, Site::kTest, 7};
    Key key = before;
    const KeyError error = key_from_text(row.text, key);
    EXPECT_EQ(error.reason, row.reason) << row.text;
    EXPECT_EQ(error.offset, row.offset) << row.text;
    EXPECT_EQ(key, before);
  }
}

TEST(KeyText, ActionsRoundTripAndNoneIsNone) {
  for (unsigned i = 1; i <= static_cast<unsigned>(kLastStackAction); ++i) {
    StackAction action{};
    EXPECT_TRUE(action_from_name(action_name(static_cast<StackAction>(i)), action));
    EXPECT_EQ(action, static_cast<StackAction>(i));
  }
  StackAction action = StackAction::kGrow;
  EXPECT_FALSE(action_from_name("none", action));
  EXPECT_FALSE(action_from_name("shrink-", action));
  EXPECT_EQ(action, StackAction::kGrow);
}

TEST(KeyText, Numbers) {
  std::uint64_t number = 0;
  EXPECT_TRUE(number_from_text("0x1f", 31, number));
  EXPECT_EQ(number, 31U);
  EXPECT_TRUE(number_from_text("18446744073709551615", ~0ULL, number));
  for (const char* bad :
       {"", "0x", "-1", "+1", " 1", "1 ", "0x20", "32", "1e1", "99999999999999999999"}) {
    EXPECT_FALSE(number_from_text(bad, 31, number)) << bad;
  }
}

}  // namespace
}  // namespace concertina::fuzzers
