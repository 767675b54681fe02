// Search: which schedule comes next, told what the last one showed. The one thing that the runner
// knows of a strategy; make_search is the one place that knows them all.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/outcome.h"
#include "platform/sim/chooser.h"
#include "platform/sim/run_log.h"

namespace concertina::yardstick {

/// What a run showed, apart from what its chooser has seen by itself (Chooser::executing).
struct Shown {
  Outcome outcome{};
  std::uint64_t trace_hash = 0;
  std::uint32_t steps = 0;
  std::uint32_t decisions = 0;
};

class Search {
 public:
  virtual ~Search() = default;
  /// The chooser of the next run, valid until the next call. Everything follows from the seed that
  /// the search was made with and from what the runs showed.
  virtual Chooser& next() = 0;
  /// Where the run under that chooser is to be logged; null for nowhere.
  virtual RunLog* log() { return nullptr; }
  /// The run under that chooser has ended, without the bug.
  virtual void ran(const Shown& shown) = 0;
};

/// A new search from the seed; null for an unknown strategy.
std::unique_ptr<Search> make_search(std::string_view strategy, std::uint64_t seed);

std::vector<std::string_view> strategy_names();

}  // namespace concertina::yardstick
