#include "host/wrapped.h"

#include <gtest/gtest.h>

namespace concertina::fuzzers {
namespace {

using Lines = std::vector<std::string>;

TEST(Wrapped, WhatFitsStaysAsItIs) {
  EXPECT_EQ(wrapped(""), Lines{""});
  EXPECT_EQ(wrapped("  two  blanks  ", 4, 15), Lines{"  two  blanks  "});
}

TEST(Wrapped, BreaksAtBlanksAndHangs) {
  EXPECT_EQ(wrapped("one two three four", 2, 9), (Lines{"one two", "  three", "  four"}));
  EXPECT_EQ(wrapped("one two", 2, 3), (Lines{"one", " tw", " o"}));
}

TEST(Wrapped, ALineThatFitsExactlyIsNotBroken) {
  EXPECT_EQ(wrapped("one two", 2, 7), Lines{"one two"});
  EXPECT_EQ(wrapped("one two three", 0, 7), (Lines{"one two", "three"}));
}

TEST(Wrapped, NothingOfALongWordIsLost) {
  EXPECT_EQ(wrapped("abcdefghij", 1, 4), (Lines{"abcd", " efg", " hij"}));
}

TEST(Wrapped, ALetterIsNotBroken) {
  EXPECT_EQ(wrapped("abc\xc3\xa4"
                    "d",
                    0, 4),
            (Lines{"abc",
                   "\xc3\xa4"
                   "d"}));
}

TEST(Wrapped, OwnIndentationIsNoPlaceToBreak) {
  EXPECT_EQ(wrapped("   abcdef", 1, 6), (Lines{"   abc", " def"}));
}

TEST(Wrapped, Printed) {
  testing::internal::CaptureStdout();
  print_wrapped(2, std::string(80, 'x'), " ", 1, "\n\n");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), std::string(80, 'x') + "\n  1\n\n");
}

TEST(Wrapped, EachLineOfAText) {
  EXPECT_EQ(wrapped_text("a b c\n\nd", 1, 3), "a b\n c\n\nd\n");
  EXPECT_EQ(wrapped_text(""), "");
}

}  // namespace
}  // namespace concertina::fuzzers
