// Options of stress_jobs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace concertina::stress {

enum class Size { kMixed, kSmall, kLarge };

struct Options {
  std::string job;               // a job's name, or "programs"
  std::uint64_t seed = 1;        // of the first batch; each next one's is one more
  std::uint64_t batches = 0;     // 0: until the time is up
  std::uint64_t operations = 0;  // stop after this many; 0: never
  unsigned seconds = 0;          // 0: no limit
  unsigned workers = 2;          // processors of the runtime
  std::uint32_t scale = 4;       // work per goroutine
  Size size = Size::kMixed;
  unsigned hang_seconds = 60;
  bool is_quiet = false;  // no progress lines
  std::string programs;   // folder of inputs, for the job "programs"
  std::string json;       // file for the figures
};

/// Fills `options`; "" or what is wrong with the command line.
std::string parse_options(const std::vector<std::string>& arguments, Options& options);

std::string usage();

}  // namespace concertina::stress
