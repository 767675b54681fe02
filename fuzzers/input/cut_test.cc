// Damage that a file system, a mail program or an editor does to the text of a case: nothing of it
// may pass as a shorter case.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "host/files.h"
#include "input/input.h"
#include "input/text_words.h"
#include "schedule/random.h"

namespace concertina::fuzzers {
namespace {

struct Stored {
  std::string path;
  std::string text;
  CaseFile file;
};

/// All that is committed in the version of today.
std::vector<Stored> stored_cases() {
  std::vector<Stored> found;
  for (const char* const folder : {"corpus", "fuzzers/report/examples"}) {
    const std::string root = std::string(CONCERTINA_SOURCE_DIR) + "/" + folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.path().extension() != ".case") continue;
      Stored stored{entry.path().string(), "", {}};
      EXPECT_EQ(read_file(stored.path, 1 << 20, stored.text), "");
      const ParseError error = parse(stored.text, stored.file);
      EXPECT_EQ(error.reason, "") << stored.path << ":" << error.line << ":" << error.column;
      found.push_back(std::move(stored));
    }
  }
  return found;
}

/// Every prefix is refused, with a place in it and a reason; but for one that lacks the last line's
/// end alone.
void expect_no_prefix(const std::string& text, const std::string& name) {
  CaseFile file;
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    const std::string_view cut = std::string_view(text).substr(0, size);
    const ParseError error = parse(cut, file);
    ASSERT_NE(error.reason, "") << name << " cut after " << size << " bytes";
    const auto lines = static_cast<unsigned>(std::count(cut.begin(), cut.end(), '\n')) + 1;
    ASSERT_TRUE(error.line >= 1 && error.line <= lines)
        << name << " " << size << ": " << error.line;
  }
  EXPECT_EQ(parse(std::string_view(text).substr(0, text.size() - 1), file).reason, "") << name;
}

TEST(Cut, CommittedCasesAreCanonicalAndOfTheNewestVersion) {
  const std::vector<Stored> all = stored_cases();
  ASSERT_GT(all.size(), 100U);
  for (const Stored& stored : all) EXPECT_EQ(print(stored.file), stored.text) << stored.path;
}

TEST(Cut, NoPrefixOfACommittedCaseIsACase) {
  for (const Stored& stored : stored_cases()) expect_no_prefix(stored.text, stored.path);
}

TEST(Cut, NoPrefixOfAGeneratedCaseIsACase) {
  Random random(3);
  for (unsigned i = 0; i < 100; ++i) {
    Bytes bytes(random.below(60));
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
    if (!bytes.empty()) bytes[0] = static_cast<std::uint8_t>(1 + i % 3);
    CaseFile file;
    file.header.title = "generated";
    file.input = decode(bytes);
    const std::string text = print(file);
    for (unsigned n = 0; n < 50; ++n) {
      const std::size_t size = random.below(static_cast<std::uint32_t>(text.size() - 1));
      ASSERT_NE(parse(std::string_view(text).substr(0, size), file).reason, "") << text << size;
    }
  }
}

// What is left of a file whose last blocks never reached the disk.
TEST(Cut, NoTailOfNulsIsOverlooked) {
  CaseFile file;
  for (const Stored& stored : stored_cases()) {
    for (std::size_t size = 0; size < stored.text.size(); size += 16) {
      std::string text = stored.text;
      std::fill(text.begin() + static_cast<std::ptrdiff_t>(size), text.end(), '\0');
      ASSERT_NE(parse(text, file).reason, "") << stored.path << " " << size;
    }
    EXPECT_NE(parse(stored.text + std::string(16, '\0'), file).reason, "") << stored.path;
  }
}

// A line that is gone may leave a case that is well formed; then it is another one. ("expect: pass"
// is what a header without it means.)
TEST(Cut, NoLineOfACommittedCaseIsIdle) {
  unsigned refused = 0, others = 0;
  for (const Stored& stored : stored_cases()) {
    const std::string& text = stored.text;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin) + 1;
      const std::string line = text.substr(begin, end - begin);
      if (line != "\n" && line != "# expect: pass\n") {
        CaseFile file;
        const bool is_refused =
            !parse(text.substr(0, begin) + text.substr(end), file).reason.empty();
        EXPECT_TRUE(is_refused || !(file == stored.file)) << stored.path << ": " << line;
        ++(is_refused ? refused : others);
      }
      begin = end;
    }
  }
  std::printf("%u of %u lines make it an error that they are gone\n", refused, refused + others);
  EXPECT_GT(refused, 0U);
}

TEST(Cut, TwoCasesInOneFileAreRefused) {
  for (const Stored& stored : stored_cases()) {
    CaseFile file;
    const ParseError error = parse(stored.text + stored.text, file);
    EXPECT_EQ(error.reason, "only comments come after 'end', not 'version'") << stored.path;
    EXPECT_EQ(parse(stored.text + "\n# a remark\n\n#", file).reason, "") << stored.path;
    EXPECT_EQ(file, stored.file);
  }
}

}  // namespace
}  // namespace concertina::fuzzers
