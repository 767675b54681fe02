#include "stress/options.h"

#include <gtest/gtest.h>

#include <sstream>

#include "stress/jobs/job.h"

namespace concertina::stress {
namespace {

TEST(Options, AreTakenFromTheCommandLine) {
  Options options;
  EXPECT_EQ(parse_options({"--job",        "ring", "--seconds", "7", "--seed",         "9",
                           "--workers",    "3",    "--scale",   "2", "--size",         "large",
                           "--operations", "10",   "--batches", "4", "--hang-seconds", "5",
                           "--programs",   "p",    "--json",    "j", "--quiet"},
                          options),
            "");
  EXPECT_EQ(options.job, "ring");
  EXPECT_EQ(options.seconds, 7u);
  EXPECT_EQ(options.seed, 9u);
  EXPECT_EQ(options.workers, 3u);
  EXPECT_EQ(options.scale, 2u);
  EXPECT_EQ(options.size, Size::kLarge);
  EXPECT_EQ(options.operations, 10u);
  EXPECT_EQ(options.batches, 4u);
  EXPECT_EQ(options.hang_seconds, 5u);
  EXPECT_EQ(options.programs, "p");
  EXPECT_EQ(options.json, "j");
  EXPECT_TRUE(options.is_quiet);
}

TEST(Options, WhatIsWrongIsNamed) {
  const auto complaint = [](const std::vector<std::string>& arguments) {
    Options options;
    return parse_options(arguments, options);
  };
  EXPECT_EQ(complaint({}), "--job is missing");
  EXPECT_EQ(complaint({"--job", "ring"}), "one of --batches, --seconds and --operations is needed");
  EXPECT_EQ(complaint({"--job"}), "--job: 1 required TEXT missing");
  EXPECT_EQ(complaint({"--seed", "x"}),
            "--seed: 'x' is not a whole number from 0 to 18446744073709551615");
  EXPECT_EQ(complaint({"--size", "huge"}), "--size: huge not in {small,large,mixed}");
  for (const std::string option : {"--seconds", "--batches", "--operations"}) {
    for (const std::string value : {"0", "-5", "1.5", "nan", "99999999999999999999"}) {
      EXPECT_EQ(
          complaint({"--job", "ring", option, value}).find(option + ": '" + value + "' is not a "),
          0u);
    }
  }
  EXPECT_LT(complaint({"--seed", std::string(1'000'000, 'x')}).size(), 200u);
  EXPECT_EQ(complaint({"--seed", "a\x1b[2Jb"}),
            "--seed: 'a\\x1b[2Jb' is not a whole number from 0 to 18446744073709551615");
  EXPECT_EQ(complaint({"--what", "1"}), "no option '--what'");
  EXPECT_EQ(complaint({"--job", "programs", "--batches", "1"}),
            "--programs is missing: the folder with the programs for that job");
  EXPECT_EQ(complaint({"--job", "ring", "--batches", "1", "--scale", "0"}),
            "--scale: '0' is not a whole number from 1 to 4294967295");
}

TEST(Usage, FitsATerminalOf80Columns) {
  std::istringstream lines(usage());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST(Tally, TellsLostAndRepeatedValues) {
  Tally tally;
  tally.reset(3);
  EXPECT_TRUE(tally.add(1));
  EXPECT_TRUE(tally.add(2));
  EXPECT_EQ(tally.check(), "1 of 3 values lost, 0 received more than once");
  EXPECT_TRUE(tally.add(3));
  EXPECT_EQ(tally.check(), "");
  EXPECT_TRUE(tally.add(3));
  EXPECT_EQ(tally.check(), "0 of 3 values lost, 1 received more than once");
  EXPECT_FALSE(tally.add(0));
  EXPECT_FALSE(tally.add(4));
}

}  // namespace
}  // namespace concertina::stress
