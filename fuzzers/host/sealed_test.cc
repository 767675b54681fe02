#include "host/sealed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "host/text_lines_testing.h"

namespace concertina::fuzzers {
namespace {

const std::string kText = "first line\nend 1\n\nlast #00000000\n";

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

TEST(Sealed, ComesBackAsItWas) {
  for (const std::string& text : {std::string(), std::string("\n"), std::string("one\n"), kText,
                                  std::string("\0\xff\n", 3)}) {
    const Unsealed back = unseal(seal(text));
    EXPECT_EQ(back.fault, "");
    EXPECT_EQ(back.text, text);
  }
}

TEST(Sealed, SaysWhereItIsBroken) {
  const std::string sealed = seal("one\ntwo\n");
  const auto expect = [](const Unsealed& broken, const char* fault, std::size_t line,
                         std::size_t offset) {
    EXPECT_EQ(broken.fault, fault);
    EXPECT_EQ(broken.line, line) << fault;
    EXPECT_EQ(broken.offset, offset) << fault;
  };
  expect(unseal(""), "cut off", 1, 0);
  expect(unseal(sealed.substr(0, 20)), "cut off", 2, 14);
  expect(unseal(sealed.substr(0, 14)), "cut off", 2, 14);
  std::string flipped = sealed;
  flipped[15] ^= 1;
  expect(unseal(flipped), "not as it was written", 2, 14);
  expect(unseal(sealed + sealed), "something comes after its end", 4, sealed.size());
  expect(unseal("one\ntwo\n"), "not as it was written", 1, 0);
}

TEST(Sealed, NoFlipOfABitIsOverlooked) {
  const std::string sealed = seal(kText);
  for (std::size_t i = 0; i < sealed.size() * 8; ++i) {
    std::string flipped = sealed;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    EXPECT_NE(unseal(flipped).fault, "") << "bit " << i;
  }
}

TEST(Sealed, NoLineIsLostDoubledOrMovedUnseen) {
  const std::vector<std::string> lines = lines_of(seal("a\nb\nb\nc\nd\n"));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto place = static_cast<std::ptrdiff_t>(i);
    std::vector<std::string> without = lines, doubled = lines, moved = lines;
    without.erase(without.begin() + place);
    EXPECT_NE(unseal(joined(without)).fault, "") << i;
    doubled.insert(doubled.begin() + place, lines[i]);
    EXPECT_NE(unseal(joined(doubled)).fault, "") << i;
    if (i == 0) continue;
    std::swap(moved[i - 1], moved[i]);
    EXPECT_NE(unseal(joined(moved)).fault, "") << i;
  }
}

}  // namespace
}  // namespace concertina::fuzzers
