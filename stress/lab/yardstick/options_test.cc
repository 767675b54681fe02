#include "stress/lab/yardstick/options.h"

#include <gtest/gtest.h>

#include <sstream>

namespace concertina::yardstick {
namespace {

TEST(Options, AreTaken) {
  Options options;
  EXPECT_EQ(
      parse_options({"--program", "reorder_100", "--strategy", "pct3", "--seed", "4", "--seeds",
                     "20", "--cap", "50", "--seconds", "1.5", "--speed", "0.25", "--fixed"},
                    options),
      "");
  EXPECT_EQ(options.program, "reorder_100");
  EXPECT_EQ(options.strategy, "pct3");
  EXPECT_EQ(options.seed, 4u);
  EXPECT_EQ(options.seeds, 20u);
  EXPECT_EQ(options.cap, 50u);
  EXPECT_EQ(options.seconds, 1.5);
  EXPECT_EQ(options.speed_seconds, 0.25);
  EXPECT_TRUE(options.is_fixed);
  EXPECT_FALSE(options.lists);
}

TEST(Options, AListNeedsNothingElse) {
  Options options;
  EXPECT_EQ(parse_options({"--list"}, options), "");
  EXPECT_TRUE(options.lists);
}

TEST(Options, WhatIsWrongIsSaid) {
  const std::vector<std::string> good{"--program", "account", "--strategy", "random"};
  const auto wrong = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = good;
    arguments.insert(arguments.end(), more.begin(), more.end());
    Options options;
    return parse_options(arguments, options);
  };
  EXPECT_EQ(wrong({}), "");
  EXPECT_EQ(wrong({"--program", "acount"}).substr(0, 45),
            "no program 'acount'; there are: account, blue");
  EXPECT_EQ(wrong({"--strategy", "rfg"}).substr(0, 39), "no strategy 'rfg'; there are: random, p");
  EXPECT_EQ(wrong({"--seeds", "0"}),
            "--seeds: '0' is not a whole number from 1 to 18446744073709551615");
  EXPECT_EQ(wrong({"--cap", "1k"}),
            "--cap: '1k' is not a whole number from 1 to 18446744073709551615");
  EXPECT_EQ(wrong({"--seconds", "-1"}), "--seconds: '-1' is not a number of seconds from 0 to 1e9");
  EXPECT_EQ(wrong({"--caps", "1"}), "no option '--caps'");
  EXPECT_EQ(wrong({"--cap"}), "--cap: 1 required UINT missing");
  Options options;
  EXPECT_EQ(parse_options({}, options).substr(0, 13), "no program ''");
}

TEST(Usage, FitsATerminalOf80Columns) {
  std::istringstream lines(usage());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

}  // namespace
}  // namespace concertina::yardstick
