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
#include <span>
#include <utility>
#include <vector>

#include "schedule/random.h"
#include "verify/footprint.h"
#include "verify/reversal.h"

namespace concertina::fuzzers {

/// What a run did, complete after each step. Plain memory, for a process that may die.
struct RunNotes {
  static constexpr std::uint32_t kStepsMax = RunRecord::kStepsMax;

  std::uint32_t preemptions = 0;  // as BoundedSearch counts them
  std::uint32_t step_count = 0;   // further ones are not kept
  std::uint32_t draw_count = 0;
  ThreadId threads[kStepsMax];  // of the steps
  RecordedDraw draws[RunRecord::kDrawsMax];
  Trail trail;

  unsigned switches() const;
  std::span<const RecordedDraw> all_draws() const { return {draws, draw_count}; }
  bool is_whole() const {
    return step_count < kStepsMax && draw_count < RunRecord::kDrawsMax && trail.count < Trail::kMax;
  }
};

/// Fewer preemptions cost less; of equally many, fewer switches.
std::pair<unsigned, unsigned> cost_of(const RunNotes& notes);

/// Another chooser, and notes of what it did.
class Noting final : public Chooser {
 public:
  void reset(Chooser& strategy, RunNotes& notes);

  void started(ThreadId thread) override { strategy_->started(thread); }
  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  void executing(ThreadId thread, const Pending* pending) override;
  std::uint32_t choose(std::uint32_t n, Site site, SpawnPath path) override;
  void made(ObjectId object, SpawnPath path) override { strategy_->made(object, path); }
  bool observes() const override { return true; }
  bool names_objects() const override { return strategy_->names_objects(); }

 private:
  Chooser* strategy_ = nullptr;
  RunNotes* notes_ = nullptr;
  ThreadId current_ = 0;
};

class FewerPreemptions {
 public:
  /// From a run that fails. A pure function of it, the seed and the arguments of `ran`.
  FewerPreemptions(const RunNotes& failing, std::uint64_t seed);

  /// The order to try next, to be followed with the draws of `current`.
  std::vector<ThreadId> next();
  const RunNotes& current() const { return current_; }
  /// That order was run; `fails`: as the first run did.
  void ran(const RunNotes& notes, bool fails);

  const RunNotes& best() const { return best_; }

 private:
  void move(std::vector<ThreadId>& order);

  RunNotes current_;
  RunNotes best_;
  Random random_;
  unsigned since_better_ = 0;  // runs
};

}  // namespace concertina::fuzzers
