#include "host/command_line.h"

#include <gtest/gtest.h>

namespace concertina::fuzzers {
namespace {

struct Line {
  std::string parse(const std::vector<std::string>& words) {
    CLI::App app;
    add_number(app, "--count", count, "", 1, 300);
    add_seconds(app, "--seconds", seconds, "");
    add_name(app, "--output", output, "");
    return parse_words(app, words);
  }
  unsigned count = 1;
  double seconds = 0;
  std::string output;
};

std::string complaint(const std::vector<std::string>& words) { return Line().parse(words); }

TEST(CommandLine, ValuesAreTaken) {
  Line line;
  EXPECT_EQ(line.parse({"--count", "0x12c", "--seconds", "0.5", "--output", "-"}), "");
  EXPECT_EQ(line.count, 300u);
  EXPECT_EQ(line.seconds, 0.5);
  EXPECT_EQ(line.output, "-");
}

TEST(CommandLine, WhatIsNoNumberIsNamedWithTheLimits) {
  for (const std::string word :
       {"0", "301", "-1", "1.5", "1e2", "", "0x", "99999999999999999999"}) {
    EXPECT_EQ(complaint({"--count", word}),
              "--count: '" + word + "' is not a whole number from 1 to 300");
  }
  for (const std::string word : {"0", "-1", "nan", "inf", "1e10", "1s", ""}) {
    EXPECT_EQ(complaint({"--seconds", word}),
              "--seconds: '" + word + "' is not a number of seconds from 0.001 to 1e9");
  }
  EXPECT_EQ(complaint({"--output", ""}), "--output: the name is empty");
}

TEST(CommandLine, WhatIsNotUnderstoodIsTheReason) {
  EXPECT_EQ(complaint({"--counts", "1"}), "no option '--counts'");
  EXPECT_EQ(complaint({"--help"}), "no option '--help'");
  EXPECT_EQ(complaint({"--count"}), "--count: 1 required UINT missing");
  EXPECT_EQ(complaint({"--count", "a\x1b[2Jb"}).substr(0, 24), "--count: 'a\\x1b[2Jb' is ");
  EXPECT_LT(complaint({"--count", std::string(1'000'000, 'x')}).size(), 200u);
}

}  // namespace
}  // namespace concertina::fuzzers
