// What both searches share: Branch, a node of the tree, and DepthFirst, the way through it.
#pragma once

#include <cstdint>
#include <vector>

#include "base/check.h"
#include "platform/sim/chooser.h"
#include "schedule/non_preemptive.h"
#include "verify/footprint.h"
#include "verify/trace_class.h"

namespace concertina::fuzzers {

/// A pick of a thread, or a draw of which every value is tried, in turn from the usual one.
struct Branch {
  bool is_draw = false;
  std::uint8_t chosen = 0;  // thread, or the drawn value
  ThreadMask options = 0;   // enabled threads; of a draw: the number of values
  ThreadMask left = 0;      // threads to be tried; of a draw: how many values
  ThreadMask done = 0;      // threads that were tried

  void begin_draw(std::uint32_t n, std::uint32_t usual) {
    is_draw = true;
    options = n;
    left = n - 1;
    chosen = static_cast<std::uint8_t>(usual);
  }
  /// On to the draw's next value; false when it has none.
  bool turn_draw() {
    if (left == 0) return false;
    --left;
    chosen = static_cast<std::uint8_t>((chosen + 1U) % options);
    return true;
  }
  unsigned tried() const { return is_draw ? options - 1 - left : count(done); }
};

/// How much of the tree is done, between 0 and 1, if all branches were equally large.
/// `options_of` a node: how many of its branches are ever taken, the one in progress included.
template <class Node, class OptionsOf>
double fraction_done(const std::vector<Node>& stack, OptionsOf options_of) {
  double done = 0;
  double weight = 1;
  for (const Node& node : stack) {
    const double options = options_of(node);
    done += weight * node.tried() / options;
    weight /= options;
  }
  return done;
}

/// A run replays the branches on the stack and adds new ones, where it follows the default policy.
/// `Node` is a Branch. Instantiated in this room alone, at which ThreadSanitizer does not look.
template <class Node>
class DepthFirst : public Following {
 public:
  bool is_done() const { return is_done_; }
  std::uint64_t schedules() const { return schedules_; }  // that ran to their end
  std::uint64_t cuts() const { return cuts_; }
  std::size_t depth() const { return stack_.size(); }

 protected:
  explicit DepthFirst(std::size_t nodes_max) : nodes_max_(nodes_max) {}

  /// On to the node's next option; false when it has none.
  virtual bool turn(Node& node) = 0;
  virtual void popped(const Node& node) { (void)node; }
  /// For a new branch at this point of the run.
  virtual Node node_here() const = 0;
  virtual bool tries_all_draws() const { return true; }

  void start(const Schedule& schedule) {
    schedule_ = schedule;
    stack_.clear();
    planned_ = 0;
    is_done_ = false;
    schedules_ = cuts_ = 0;
  }
  void begin_run() {
    Following::begin();
    CHECK(!is_done_, "a search that is done has no next run");
    CHECK(planned_ == stack_.size(), "the plan of a run is the whole stack");
    policy_.reset(schedule_);
    at_ = 0;
    is_cut_ = has_diverged_ = false;
    class_.clear();
    // Nothing is allocated on behalf of a virtual thread (state_cache.h).
    if (stack_.capacity() < nodes_max_) stack_.reserve(nodes_max_);
  }
  /// After a run: to the next one.
  void advance() {
    while (!stack_.empty() && !turn(stack_.back())) {
      popped(stack_.back());
      stack_.pop_back();
    }
    planned_ = stack_.size();
    is_done_ = stack_.empty();
  }

  [[noreturn]] void cut_here() {
    is_cut_ = true;
    cut();
  }
  [[noreturn]] void diverge_here() {
    has_diverged_ = true;
    cut_here();
  }
  std::uint32_t draw(std::uint32_t n, Site site) final {
    const std::uint32_t usual = policy_.choose(n, site, kAnyPath);
    CHECK(usual < n && n <= 0x100, "a drawn value fits a byte");
    if (!tries_all_draws() || !draw_matters(n, site)) return usual;
    if (at_ < planned_) {
      const Node& node = stack_[at_++];
      if (!node.is_draw || node.options != n) has_diverged_ = true;
      return node.chosen % n;
    }
    if (stack_.size() == nodes_max_) {
      has_diverged_ = true;
      return usual;
    }
    stack_.push_back(node_here());
    stack_.back().begin_draw(n, usual);
    ++at_;
    return usual;
  }

  std::size_t nodes_max_;  // branches of one run; more are not explored
  NonPreemptive policy_;
  Schedule schedule_;
  std::vector<Node> stack_;
  std::size_t planned_ = 0;  // nodes to be replayed
  std::size_t at_ = 0;       // node of the next decision
  bool is_done_ = true;
  bool is_cut_ = false;
  bool has_diverged_ = false;
  TraceClass class_;
  std::uint64_t schedules_ = 0;
  std::uint64_t cuts_ = 0;
};

}  // namespace concertina::fuzzers
