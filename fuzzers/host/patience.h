// Patience: when a process that makes no progress counts as hung.
//
// The wall clock cannot tell: a process that is suspended, or gets no processor on a busy machine,
// makes no progress either, and is sound. So what counts, until there is progress, is
//
// - processor time that was used: that much work should have led somewhere;
// - time asleep: nothing that could wake it has done so. It may wait for something slow (for a
//   symboliser that reads debug information), so this limit is a good deal larger.
//
// Not counted: being stopped, waiting for a processor, waiting for the disk. Whether it sleeps is
// known only at the moments of the looks, so a look counts for no more than `look_max_s`, however
// long ago the last one was: the process that looks may have been suspended, too.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/check.h"

namespace concertina::fuzzers {

struct PatienceLimits {
  double works_s;
  double sleeps_s;
  double look_max_s;
};

/// What is seen at a look.
struct PatienceLook {
  std::uint64_t progress;  // changes whenever there is some
  double processor_s;      // used since its beginning
  double wall_s;           // now, of a clock that only goes forward
  bool is_asleep;
};

class Patience {
 public:
  explicit Patience(const PatienceLimits& limits) : limits_(limits) {
    CHECK(limits.works_s >= 0 && limits.sleeps_s >= 0, "a limit is a time");
  }

  /// False: it has hung.
  bool look(const PatienceLook& now) {
    if (!has_looked_ || now.progress != before_.progress) {
      works_s_ = sleeps_s_ = 0;
    } else {
      const double passed = now.wall_s - before_.wall_s;
      CHECK(passed >= 0, "the clock only goes forward");
      // Threads at work together use more of it than passes.
      works_s_ += std::clamp(now.processor_s - before_.processor_s, 0.0, passed);
      if (now.is_asleep) sleeps_s_ += std::min(passed, limits_.look_max_s);
    }
    has_looked_ = true;
    before_ = now;
    return works_s_ < limits_.works_s && sleeps_s_ < limits_.sleeps_s;
  }

  /// Without progress so far.
  double works_s() const { return works_s_; }
  double sleeps_s() const { return sleeps_s_; }

 private:
  PatienceLimits limits_;
  PatienceLook before_{};
  bool has_looked_ = false;
  double works_s_ = 0;
  double sleeps_s_ = 0;
};

}  // namespace concertina::fuzzers
