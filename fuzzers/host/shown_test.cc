#include "host/shown.h"

#include <gtest/gtest.h>

namespace concertina::fuzzers {
namespace {

TEST(Shown, LeavesWhatCanBeReadAsItIs) {
  for (const std::string text : {"", "a b", "corpus/x-1.case",
                                 "Gr\xc3\xb6\xc3\x9f"
                                 "e",
                                 "\xe2\x82\xac", "\xf0\x9f\x90\xa2"}) {
    EXPECT_EQ(shown(text), text);
  }
}

TEST(Shown, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(shown("a\x1b[2Jb\n\r\t\x7f"), "a\\x1b[2Jb\\x0a\\x0d\\x09\\x7f");
  EXPECT_EQ(shown(std::string("\0x", 2)), "\\x00x");
  EXPECT_EQ(shown("\xc2\x9b"
                  "2J"),
            "\\xc2\\x9b"
            "2J")
      << "a control character of two bytes";
  EXPECT_EQ(shown("\xe2\x80\xae"
                  "abc"),
            "\\xe2\\x80\\xae"
            "abc")
      << "turns what follows it round";
}

TEST(Shown, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(shown("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(shown("\xc3"), "\\xc3") << "cut short";
  EXPECT_EQ(shown("\xc0\xaf"), "\\xc0\\xaf") << "too long for what it is";
  EXPECT_EQ(shown("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "half of a pair";
  EXPECT_EQ(shown("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond the last one";
}

TEST(Shown, OfALongTextTheBeginningAndTheSize) {
  const std::string text(50 << 20, 'x');
  EXPECT_EQ(shown(text, 5), "xxxxx... (52428800 bytes)");
  EXPECT_LT(shown(text).size(), 150U);
  EXPECT_LT(shown(std::string(1000, '\1')).size(), 150U);
}

}  // namespace
}  // namespace concertina::fuzzers
