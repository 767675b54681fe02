// For tests: each has a folder of its own, which goes with it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "host/files.h"

namespace concertina::fuzzers {

class OwnFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/test-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  /// The path of a new file.
  std::string made(const std::string& name, std::string_view content) const {
    EXPECT_EQ(write_file(path(name), content), "");
    return path(name);
  }

  std::string folder_;
};

}  // namespace concertina::fuzzers
