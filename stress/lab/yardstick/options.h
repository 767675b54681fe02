// Options of the program yardstick.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace concertina::yardstick {

struct Options {
  bool lists = false;  // the programs and strategies, and nothing else
  std::string program;
  std::string strategy;
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;     // how many, from `seed` on
  std::uint64_t cap = 10'000;  // schedules per seed
  double seconds = 0;          // per seed; 0: no limit
  double speed_seconds = 0;    // measure the speed for that long; 0: do not
  bool is_fixed = false;       // the programs without their bugs
};

/// Fills `options`; "" or what is wrong with the command line.
std::string parse_options(const std::vector<std::string>& arguments, Options& options);

std::string usage();

}  // namespace concertina::yardstick
