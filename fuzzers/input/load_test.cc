#include "input/load.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "host/own_folder_testing.h"
#include "host/sha1.h"

namespace concertina::fuzzers {
namespace {

using std::string_literals::operator""s;

std::string source(const std::string& name) {
  return std::string(CONCERTINA_SOURCE_DIR) + "/" + name;
}

std::string encoded(const Input& input) {
  const Bytes bytes = encode(input);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class Load : public OwnFolder {
 protected:
  void SetUp() override {
    OwnFolder::SetUp();
    written_.header.title = "both forms";
    written_.input.program.functions.resize(1);
    written_.input.schedule.seed = 77;
  }

  /// The reason without the path; empty: it was read.
  std::string refused(const std::string& path, bool as_bytes = false) const {
    CaseFile file;
    const std::string error = load(path, file, as_bytes);
    if (error.empty()) return "";
    EXPECT_TRUE(error.starts_with(path + ":")) << error;
    return error.substr(path.size() + 1);
  }
  void expect_bytes(const std::string& path, bool as_bytes = false) const {
    CaseFile file;
    EXPECT_EQ(load(path, file, as_bytes), "");
    EXPECT_EQ(file.header.title, "engine bytes");
    EXPECT_EQ(file.input, written_.input);
  }

  CaseFile written_;
};

TEST_F(Load, BothFormsByTheirNames) {
  CaseFile file;
  for (const char* const name : {"x.case", "x.txt", "x", "case"}) {
    EXPECT_EQ(load(made(name, print(written_)), file), "");
    EXPECT_EQ(file, written_);
  }
  const std::string bytes = encoded(written_.input);
  for (const std::string& name :
       {"x.bytes"s, sha1(bytes), "w-crash-" + sha1(bytes), "id:000007,src:000001,op:havoc"s}) {
    expect_bytes(made(name, bytes));
  }
}

// By --bytes anything is an input, as it is for an engine.
TEST_F(Load, WhatIsCalledBytesIsBytes) {
  const std::string bytes = encoded(written_.input);
  for (const char* const name : {"x", "x.txt", "x.bytes", "id:000000", "LICENSE"}) {
    expect_bytes(made(name, bytes), true);
  }
  for (const std::string content : {"", "The licence\n", "version 4\n"}) {
    EXPECT_EQ(refused(made("any", content), true), "") << content;
  }
  EXPECT_EQ(refused(made("crash-" + sha1("x"), "cut"), true), "");
  EXPECT_EQ(refused(made("x.case", print(written_)), true),
            "1:1: its name says that it is text; --bytes is for an engine's input");
}

// AFL++'s driver has such an input, and engines find others.
TEST_F(Load, AnEngineMaySaveWhatBeginsLikeText) {
  for (const std::string content : {"##SI", "version 1\n", "# title: x\n"}) {
    EXPECT_EQ(refused(made(sha1(content), content)), "");
    EXPECT_EQ(refused(made("crash-" + sha1(content), content)), "");
    EXPECT_EQ(refused(made("id:000000,orig:x", content)), "");
  }
}

TEST_F(Load, ACutArtifactIsRefused) {
  const std::string bytes = encoded(written_.input);
  const std::string path = made("libfuzzer-0-crash-" + sha1(bytes), bytes);
  expect_bytes(path);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_EQ(write_file(path, bytes.substr(0, size)), "");
    EXPECT_TRUE(refused(path).starts_with("1:1: its name says another SHA-1")) << size;
  }
  EXPECT_TRUE(refused(made("x.bytes", "")).starts_with("1:1: the file is empty"));
  EXPECT_TRUE(refused(made("id:000000", "")).starts_with("1:1: the file is empty"));
}

TEST_F(Load, WhatIsNeitherIsRefused) {
  const std::string how = "; engine bytes are named as such, by --bytes or NAME.bytes";
  const std::string bytes = encoded(written_.input);
  EXPECT_EQ(refused(made("empty", "")), "1:1: the file is empty" + how);
  EXPECT_EQ(refused(made("empty.case", "")), "1:1: the file is empty");
  EXPECT_TRUE(refused(made("noise.case", "\x01\x02")).starts_with("1:1: not a case: it is binary"));
  EXPECT_TRUE(refused(made("seed", bytes)).starts_with("1:1: not a case: it is binary"));
  EXPECT_TRUE(refused(made("seed2", bytes)).ends_with(how));
  EXPECT_EQ(refused(made("marked.case", "\xef\xbb\xbf" + print(written_))),
            "1:1: it is UTF-8 with a byte order mark; a case is UTF-8 without a mark");
  for (const char* const name : {"LICENSE", "README.md", "CMakeLists.txt", "scripts/fuzz",
                                 "fuzzers/input/load.h", "scripts/lib/engine.py"}) {
    const std::string why = refused(source(name));
    EXPECT_NE(why.find(": not a case: expected '# key: value' or"), std::string::npos) << why;
    EXPECT_TRUE(why.ends_with(how)) << why;
  }
}

TEST_F(Load, WhatCannotBeReadIsSaid) {
  EXPECT_EQ(refused(folder_ + "/none"), "1:1: cannot read the file: No such file or directory");
  EXPECT_EQ(refused(folder_), "1:1: cannot read the file: it is a folder, not a file");
  EXPECT_EQ(refused(folder_ + "/none", true),
            "1:1: cannot read the file: No such file or directory");
  CaseFile file;
  EXPECT_TRUE(load(folder_ + "/a\x1b[2J", file).starts_with(folder_ + "/a\\x1b[2J:1:1: "));
}

// Of each version one case that was committed in it, and what its bytes were then.
TEST_F(Load, OldVersionsMeanWhatTheyAlwaysDid) {
  const struct {
    const char* name;
    const char* bytes;
  } kRows[] = {
      {"version_1.case", "9076cc36c86dc76867d4aeb70241c59cfa38600b"},
      {"version_2.case", "baeae77c1f082ea8212bdd177a903b11ad9fa908"},
      {"version_3.case", "d8b9e816542ff6524b2c4c1f74416c38f22e1f92"},
  };
  for (const auto& row : kRows) {
    CaseFile old, now;
    ASSERT_EQ(load(source("fuzzers/input/testdata/") + row.name, old), "");
    EXPECT_EQ(sha1(encoded(old.input)), row.bytes) << row.name;
    EXPECT_NE(old.header.oracle, "") << row.name;
    const std::string text = print(old);
    EXPECT_NE(text.find("\nversion 4\n"), std::string::npos) << text;
    EXPECT_EQ(load(made("now.case", text), now), "");
    EXPECT_EQ(now, old) << row.name;
  }
}

}  // namespace
}  // namespace concertina::fuzzers
