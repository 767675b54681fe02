// SourceDpor: every trace of a tiny program, without a bound, by dynamic partial-order reduction.
//
// After Abdulla, Aronis, Jonsson and Sagonas, "Optimal dynamic partial order reduction", POPL 2014:
// a node of the search begins with one thread; when a later step e races with the step f that was
// taken there (they conflict, and f does not happen before what e's thread had done), some thread
// that can begin the reversed order must be tried at the node, unless one is tried already (source
// sets). Sleep sets, sound without a bound, keep a tried thread from being tried again until a
// conflicting step wakes it.
//
// Where the runtime is not the paper's machine:
//   locks     a thread that waits for a lock is disabled, so an unlock and the lock after it cannot
//             be swapped; the race is between the two acquisitions. At the end of a run, each
//             thread that still waits for a lock races with the lock's last acquisition.
//   waiting   a thread that waits for a change may be disabled where it should be tried. Then all
//             enabled threads are.
//   the end   a step that ends the run conflicts with every other; every thread that was enabled
//             there is tried, too.
//   draws     each value is a branch of its own, independent of nothing. A step with draws never
//             sleeps, because its footprint depends on them.
// In these places more is tried than source sets would need, never less.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "schedule/non_preemptive.h"
#include "verify/branch.h"
#include "verify/footprint.h"
#include "verify/happens_before.h"
#include "verify/trace_class.h"

namespace concertina::fuzzers {

struct DporNode : Branch {
  ThreadMask backtrack = 0;  // to be tried, tried, or being tried
  bool has_step = false;
  Footprint step;                 // of `chosen`
  std::size_t first_sleeper = 0;  // in the pool: those that slept at its beginning, then the tried
  std::size_t sleeper_count = 0;
};
extern template class DepthFirst<DporNode>;

class SourceDpor final : public DepthFirst<DporNode> {
 public:
  SourceDpor() : DepthFirst(kNodesMax) {}
  void start(const Schedule& schedule);

  /// Call before and after each run with this chooser, as for BoundedSearch.
  void begin_run();
  struct RunEnd {
    bool is_cut = false;        // all threads were asleep: the rest has been seen
    bool has_diverged = false;  // as for BoundedSearch
    std::uint64_t trace_class = 0;
  };
  RunEnd end_run(bool was_stopped);

  std::uint64_t runs() const { return schedules_ + cuts_; }
  double progress() const;

 private:
  static constexpr std::size_t kNoNode = ~std::size_t{0};

  struct Sleeper {
    ThreadId thread = 0;
    Footprint step;  // its next
  };
  using Node = DporNode;

  ThreadId decide(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  void closed(const Footprint& step) override;
  bool turn(Node& node) override;
  void popped(const Node& node) override;
  Node node_here() const override;

  void reverse(std::size_t earlier, ThreadId later, const Clock& clock);
  ThreadMask initials(std::size_t earlier, ThreadId later, const Clock& clock) const;
  void races_of_waiting_threads();
  ThreadMask asleep() const;
  void wake(const Footprint& step);

  static constexpr std::size_t kNodesMax = 1 << 13;
  static constexpr std::size_t kSleepersMax = 1 << 15;

  std::span<Sleeper> sleepers_of(const Node& node) {
    CHECK(node.first_sleeper + node.sleeper_count <= pool_.size(), "sleepers are in the pool");
    return {pool_.data() + node.first_sleeper, node.sleeper_count};
  }

  std::vector<Sleeper> pool_;           // the latest node's are at its end
  std::size_t node_of_next_ = kNoNode;  // the decision that picked the next step
  std::vector<Sleeper> sleepers_;       // at the moment
  HappensBefore order_;
  std::vector<std::size_t> node_of_;  // by step: the decision that picked it
};

}  // namespace concertina::fuzzers
