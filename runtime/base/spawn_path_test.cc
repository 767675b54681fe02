#include "base/spawn_path.h"

#include <gtest/gtest.h>

#include <set>

namespace concertina {
namespace {

TEST(SpawnPath, AChildAppendsADigit) {
  EXPECT_EQ(child_path(kMainPath, 0), 33u);
  EXPECT_EQ(child_path(kMainPath, 1), 34u);
  EXPECT_EQ(child_path(child_path(kMainPath, 1), 4), 34u * 32 + 5);
}

TEST(SpawnPath, SiblingsDifferUpToThirtyOne) {
  std::set<SpawnPath> paths;
  for (std::uint32_t i = 0; i < 31; ++i) paths.insert(child_path(kMainPath, i));
  EXPECT_EQ(paths.size(), 31u);
  EXPECT_EQ(child_path(kMainPath, 31), child_path(kMainPath, 0));
}

TEST(SpawnPath, ReservedPathsAreNoGoroutines) {
  const std::set<SpawnPath> reserved{kAnyPath, kScannerPath, kSchedulerPath};
  EXPECT_EQ(reserved.size(), 3u);
  EXPECT_EQ(reserved.count(kMainPath), 0u);
  for (const SpawnPath path : reserved)
    EXPECT_EQ(path & 31, 0u) << "a child's low digit is never 0";
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_NE(child_path(kMainPath, i) & 31, 0u);
}

TEST(SpawnPath, SixLevelsAreKeptApart) {
  SpawnPath path = kMainPath;
  std::set<SpawnPath> paths{path};
  for (int level = 0; level < 6; ++level) {
    path = child_path(path, 30);
    EXPECT_TRUE(paths.insert(path).second);
    EXPECT_EQ(path & 31, 31u);
  }
  EXPECT_EQ(path >> 30, kMainPath);
}

}  // namespace
}  // namespace concertina
