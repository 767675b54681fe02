// Runner: runs a program under schedule after schedule of a search, until the first that shows the
// bug.
#pragma once

#include <cstdint>

#include "platform/sim/world.h"
#include "stress/yardstick/programs/program.h"
#include "stress/yardstick/search.h"

namespace concertina::yardstick {

struct Limits {
  std::uint64_t schedules = 10'000;
  double seconds = 0;  // 0: no limit
};

struct Hunt {
  bool found = false;
  std::uint64_t schedules = 0;  // run, the one that showed the bug included
  std::uint64_t steps = 0;      // of all of them together
  std::uint64_t decisions = 0;  // likewise
  std::uint64_t strange = 0;    // runs that ended neither well nor as the program's bug
  double seconds = 0;
};

class Runner {
 public:
  /// A run that takes more steps than this is cut off, and strange.
  static constexpr std::uint32_t kStepsMax = 20'000;

  Hunt hunt(const Program& program, bool is_fixed, Search& search, const Limits& limits);

  /// Schedules a second of processor time, over a fifth of so many seconds of runs whatever they show:
  /// the fastest of five.
  double speed(const Program& program, bool is_fixed, Search& search, double seconds);

  /// One run.
  Shown run(const Program& program, bool is_fixed, Chooser& chooser);

 private:
  simulator::World world_;
};

}  // namespace concertina::yardstick
