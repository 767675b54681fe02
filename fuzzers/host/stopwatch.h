// Stopwatch: how long something takes, by the clock on the wall.
#pragma once

#include <chrono>

namespace concertina::fuzzers {

class Stopwatch {
 public:
  /// Since it was made.
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
};

}  // namespace concertina::fuzzers
