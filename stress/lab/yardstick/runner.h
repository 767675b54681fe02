// Runner: runs a program under schedule after schedule of a search, until the first that shows the
// bug.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "platform/sim/world.h"
#include "stress/lab/yardstick/programs/program.h"
#include "stress/lab/yardstick/search.h"

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

using MakeSearch = std::function<std::unique_ptr<Search>()>;

class Runner {
 public:
  /// A run that takes more steps than this is cut off, and strange.
  static constexpr std::uint32_t kStepsMax = 20'000;

  Hunt hunt(const Program& program, bool is_fixed, Search& search, const Limits& limits);

  /// Schedules per second of processor time, whatever they show: the fastest of five equal
  /// searches, each a fifth of `seconds` long.
  double speed(const Program& program, bool is_fixed, const MakeSearch& make_search,
               double seconds);

  /// One run, with a log unless that is null.
  Shown run(const Program& program, bool is_fixed, Chooser& chooser, RunLog* log = nullptr);
  /// The search's next.
  Shown run(const Program& program, bool is_fixed, Search& search);

 private:
  simulator::World world_;
};

}  // namespace concertina::yardstick
