// For tests: random tiny programs, two or three virtual threads straight on the simulator's
// platform with a few operations on a few variables and locks. Small enough to try every schedule.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "platform/sim/testing.h"
#include "schedule/random.h"
#include "verify/bounded.h"

namespace concertina::fuzzers {

enum class TinyCode : std::uint8_t {
  kLoad,
  kStore,
  kAdd,
  kSwap,  // compare-and-swap from the value last seen
  kLock,
  kUnlock,
  kCellLoad,
  kCellStore,
  kPeek,          // no yield point: belongs to the step before
  kPoke,          // likewise
  kSkipIfOdd,     // the next operation, if the value last seen is odd
  kWaitUntilSet,  // in place, until the variable is not 0
  kDraw,          // of three numbers, as the value last seen
  kPause,
  kCount
};

struct TinyOperation {
  TinyCode code{};
  std::uint8_t object = 0;
  std::uint8_t value = 0;
};

struct TinyProgram {
  static constexpr unsigned kThreads = 3;
  static constexpr unsigned kOperations = 6;
  static constexpr unsigned kObjects = 2;  // of each kind

  unsigned threads = 2;
  bool ends_the_run = false;  // thread 0 does when it is through, whatever the others do
  unsigned sizes[kThreads] = {};
  TinyOperation body[kThreads][kOperations] = {};
};

TinyProgram draw_tiny(Random& random);

/// What a run showed: what each of the threads saw, in its order, and how the run ended.
std::uint64_t outcome_of(const test::RunResult& run, ThreadMask threads);

/// The run under a chooser, with a log unless that is null.
test::RunResult run_tiny(simulator::World& world, const TinyProgram& program, Chooser& chooser,
                         RunLog* log = nullptr);

/// What a search came to.
struct Reached {
  std::set<std::uint64_t> classes;
  std::set<std::uint64_t> outcomes;
  std::set<std::uint64_t> views;  // the outcomes as far as the thread that ended the run saw them
  std::uint64_t runs = 0;
  bool is_complete = false;
};

Reached explore_tiny(simulator::World& world, const TinyProgram& program, unsigned bound,
                     const BoundedOptions& options, std::uint64_t runs_max);

}  // namespace concertina::fuzzers
