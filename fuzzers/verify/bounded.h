// BoundedSearch: every schedule of a program with at most `bound` preemptions, depth first.
//
// A preemption is a switch away from a thread that is enabled and does not spin; all other switches
// are free (Musuvathi and Qadeer, "Iterative context bounding", PLDI 2007). Draws branch, too, on
// every value. A run replays the decisions on the stack and then follows the default policy, which
// is NonPreemptive with the schedule's seed, so that few deviations write a found schedule down.
//
// What is pruned, and why that is sound within the bound:
//
//   States (Pruning::kStates). The rest of a run depends on the state, on which thread is current
//   (only while switching away from it costs), and on how many preemptions are left. A prefix's
//   trace class names its state and history (trace_class.h). So where the same class was reached
//   with the same current thread and at most as many preemptions, whatever follows has been seen,
//   or is on its way: the search is depth first and a class fixes the length of its prefixes, so a
//   node on the stack never is its own descendant. The run is cut there. The verdicts of equal
//   traces are equal, as far as footprints are exact.
//
//   Private steps (skips_private). Let the current thread's next step x touch nothing that another
//   thread accesses, in a mode that does not commute, in any run. Preempting before x is then
//   preempting after it: x commutes with all that the others do meanwhile, and the switch costs no
//   more there. What is private is learnt while searching: each conflict within a run is
//   remembered, and when one is new, the search of this bound begins again. If at the end some run
//   within the bound had a conflict that no examined run showed, take its shortest prefix with one:
//   up to its last step all steps that were taken for private are, so they can be moved out of the
//   way as above, and the moved run was examined and shows the conflict. A step that ends the run
//   is never private. What is lost is only this: of two runs that differ in how many private steps
//   the other threads had taken when it was ended, one is examined. The thread that ended it
//   observed the same state in both.
//
// Plain sleep sets (Pruning::kSleepSets) are NOT sound within a bound: the sleeping schedule's
// equivalent may need more preemptions than the bound allows (Coons, Musuvathi and McKinley,
// "Bounded partial-order reduction", OOPSLA 2013). They are here so that the cross-check has
// something to find.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schedule/non_preemptive.h"
#include "schedule/random.h"
#include "verify/branch.h"
#include "verify/footprint.h"
#include "verify/state_cache.h"
#include "verify/trace_class.h"

namespace concertina::fuzzers {

enum class Pruning : std::uint8_t { kNone, kStates, kSleepSets };

struct BoundedOptions {
  Pruning pruning = Pruning::kStates;
  bool skips_private = true;
  bool fixes_draws = false;     // draws come from the seed; complete then means: with these draws
  unsigned runs_to_learn = 64;  // by chance, before the first bound: most of what is shared shows
  std::uint64_t states_max = std::uint64_t{1} << 24;  // then no more are remembered: slower, sound
};

struct BoundedNode : Branch {
  bool is_free = false;          // switching costs nothing
  bool is_private = false;       // its step touches only what is the thread's own
  std::uint8_t preemptions = 0;  // before it
  ThreadMask asleep = 0;         // kSleepSets

  /// The current thread, if it is enabled, is tried first.
  unsigned preemptions_after() const {
    return preemptions + (!is_draw && !is_free && done != 0 ? 1U : 0U);
  }
};
extern template class DepthFirst<BoundedNode>;

class BoundedSearch final : public DepthFirst<BoundedNode> {
 public:
  explicit BoundedSearch(const BoundedOptions& options = {})
      : DepthFirst(kNodesMax), options_(options) {}

  /// Forgets the last bound's stack, not what it learnt about private steps. `schedule` gives the
  /// seed of the default policy.
  void start(unsigned bound, const Schedule& schedule);

  unsigned bound() const { return bound_; }
  /// The latest run was one by chance, from which it learnt what is private; not of any bound.
  bool is_learning() const { return was_learning_; }
  bool will_learn() const { return learning_ > 0; }  // the next one

  /// Call before and after each run with this chooser. `end_run` moves on to the next schedule;
  /// was_stopped: a thread ended the run (see Following::finish).
  void begin_run();
  struct RunEnd {
    bool is_cut = false;  // it came to a known state: nothing to judge
    // The replayed prefix met other threads, so the run is not a function of its decisions; or it
    // had too many branches.
    bool has_diverged = false;
    unsigned preemptions = 0;
    std::uint64_t trace_class = 0;
  };
  RunEnd end_run(bool was_stopped);

  std::uint64_t restarts() const { return restarts_; }  // because a private object was not
  std::uint64_t runs() const { return runs_; }          // all, with those before a restart
  std::uint64_t states() const { return states_.size(); }
  /// The fraction of the tree that is done, if all branches were equally large.
  double progress() const;

  /// The state of the search as lines of text, and back; false for a text that is none: the search
  /// is then of no use. Whether this program has such branches shows when they are run
  /// (has_diverged).
  std::string save() const;
  bool restore(std::string_view text, const Schedule& schedule);

 private:
  using Node = BoundedNode;

  ThreadId decide(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  void closed(const Footprint& step) override;
  bool turn(Node& node) override;
  Node node_here() const override;
  bool tries_all_draws() const override { return learning_ == 0 && !options_.fixes_draws; }

  ThreadId decide_new(Node node, ThreadMask enabled, ThreadId current, const Pending* pending);
  void look_up_state(unsigned current);
  /// Beyond the last branch of the plan: only there a known state means a known future.
  bool is_past_plan() const { return at_ >= planned_; }
  /// Where nothing branches it is enough to look at some states, provided that all runs look at
  /// the same ones.
  static bool is_sampled(std::uint64_t name) { return name % kSampling == 0; }
  ThreadId take(std::size_t index, ThreadId current);
  void wake_sleepers(const Footprint& step);
  void note_sharing(const Footprint& step);
  void note_sharing(Access access, ThreadId thread);
  bool is_private(const Footprint& step) const;
  bool is_sound(const Node& node) const;  // as the next of the stack

  static constexpr std::uint64_t kSampling = 4;
  static constexpr std::size_t kNodesMax = 1 << 15;
  static constexpr std::size_t kNamesARun = 1 << 11;  // that a run adds; more are forgotten
  static constexpr std::size_t kNoNode = ~std::size_t{0};

  BoundedOptions options_;
  Random random_;            // of the runs from which it learns
  std::uint64_t draws_ = 0;  // from it
  unsigned bound_ = 0;
  unsigned learning_ = 0;  // random runs left
  bool was_learning_ = false;

  unsigned preemptions_ = 0;
  ThreadMask asleep_ = 0;            // kSleepSets
  std::size_t open_node_ = kNoNode;  // whose step is in progress, if it may turn out private
  StateCache states_;

  // What is private: by slot, its users in this run, and whether it ever was in conflict.
  struct Users {
    std::uint32_t run = 0;
    ThreadMask by_mode[3] = {0, 0, 0};
  };
  std::array<Users, kSlots> users_{};
  std::array<bool, kSlots> is_shared_{};
  std::uint32_t run_ = 0;
  bool has_learnt_ = false;

  std::uint64_t restarts_ = 0;
  std::uint64_t runs_ = 0;
};

}  // namespace concertina::fuzzers
