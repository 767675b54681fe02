// FewerPreemptions: from a failing run to one that fails alike with fewer preemptions, for programs
// whose schedules are too many to explore. What it ends with is an upper bound of the bug's depth.
//
// A run is an order of threads; a segment is what one thread does without interruption. A move lets
// a thread continue with its next segment at once, or makes it wait until then, or does so with a
// part of a segment, swaps two segments, leaves one out, or leaves the rest to the non-preemptive
// policy. The run that is tried follows the changed order as far as it can (OrderPlayer). It is
// kept if it fails alike with no more preemptions, then switches, than the one before, and now and
// then with a few more: moves that gain nothing lead to those that do.
//
// The moves that merge segments are Tinertia's (Jalbert and Sen, "A trace simplification technique
// for effective debugging of concurrent programs", FSE 2010), which tries them in turn; drawn at
// random they need no order of their own, and combine.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "platform/sim/run_log.h"
#include "schedule/random.h"
#include "verify/reversal.h"

namespace concertina::fuzzers {

/// Can the run be made from its log? Longer ones are left alone.
bool can_be_reduced(const RunLog& log);

/// Fewer preemptions cost less; of equally many, fewer switches.
std::pair<unsigned, unsigned> cost_of(const RunLog& log);

class FewerPreemptions {
 public:
  /// From a run that fails. A pure function of it, the seed and the arguments of `ran`.
  FewerPreemptions(const RunLog& failing, std::uint64_t seed);

  /// The order to try next, to be followed with the draws of `current`.
  std::vector<ThreadId> next();
  const RunLog& current() const { return *current_; }
  /// That order was run; `fails`: as the first run did.
  void ran(const RunLog& log, bool fails);

  const RunLog& best() const { return *best_; }

 private:
  void move(std::vector<ThreadId>& order);

  std::unique_ptr<RunLog> current_ = std::make_unique_for_overwrite<RunLog>();
  std::unique_ptr<RunLog> best_ = std::make_unique_for_overwrite<RunLog>();
  Random random_;
  unsigned since_better_ = 0;  // runs
};

}  // namespace concertina::fuzzers
