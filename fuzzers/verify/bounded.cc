#include "verify/bounded.h"

#include <algorithm>

#include "base/check.h"

namespace concertina::fuzzers {

template class DepthFirst<BoundedNode>;

void BoundedSearch::start(unsigned bound, const Schedule& schedule) {
  bound_ = std::min(bound, StateCache::kPreemptionsMax);
  learning_ = options_.skips_private && runs_ == 0 ? options_.runs_to_learn : 0;
  restarts_ = 0;
  DepthFirst::start(schedule);
  states_.clear(options_.states_max);
}

void BoundedSearch::begin_run() {
  DepthFirst::begin_run();
  preemptions_ = 0;
  asleep_ = 0;
  states_.make_room(kNamesARun);
  open_node_ = kNoNode;
  has_learnt_ = false;
  if (++run_ == 0) {  // the mark came round
    users_.fill({});
    run_ = 1;
  }
}

BoundedSearch::RunEnd BoundedSearch::end_run(bool was_stopped) {
  if (!is_cut_) Following::finish(was_stopped);
  // A lock that a thread waits for at the end is one that others could have wanted.
  for (ThreadMask rest = threads(); rest != 0 && pending() != nullptr;
       rest = without_lowest(rest)) {
    const Pending& waiting = pending()[lowest(rest)];
    if (waiting.kind == OperationKind::kLock && waiting.object < kObjectSlots) {
      note_sharing({static_cast<std::uint16_t>(waiting.object), Mode::kWrite}, lowest(rest));
    }
  }
  CHECK(options_.pruning == Pruning::kSleepSets || has_diverged_ || preemptions_ <= bound_,
        "a run has at most as many preemptions as the bound");
  ++runs_;
  const RunEnd end{is_cut_ || has_diverged_, has_diverged_, preemptions_, class_.name()};
  was_learning_ = learning_ > 0;
  if (was_learning_) {
    --learning_;
  } else if (has_learnt_ && options_.skips_private) {
    ++restarts_;
    DepthFirst::start(schedule_);
    states_.clear(options_.states_max);
  } else {
    ++(is_cut_ ? cuts_ : schedules_);
    advance();
  }
  return end;
}

ThreadId BoundedSearch::decide(ThreadMask enabled, ThreadId current, const Pending* pending) {
  COSTLY_CHECK(!is_cut_, "a run that was cut decides nothing more");
  open_node_ = kNoNode;
  if (learning_ > 0) {
    ++draws_;
    return nth(enabled, random_.below(count(enabled)));
  }
  const bool is_free = (enabled & bit(current)) == 0 || pending[current].is_spinning;
  if (!is_free && preemptions_ >= bound_ && options_.pruning != Pruning::kSleepSets) {
    if (is_past_plan() && is_sampled(class_.name())) look_up_state(current);
    return current;
  }
  if (at_ < planned_) {
    const Node& node = stack_[at_];
    if (node.is_draw || node.options != enabled || node.is_free != is_free) diverge_here();
    return take(at_++, current);
  }
  Node node = node_here();
  node.is_free = is_free;
  return decide_new(node, enabled, current, pending);
}

// Ends the run if what follows is known; else it will be.
void BoundedSearch::look_up_state(unsigned current) {
  if (options_.pruning != Pruning::kStates) return;
  if (states_.has_or_put(mix(class_.name(), current + 1), preemptions_)) cut_here();
}

ThreadId BoundedSearch::decide_new(Node node, ThreadMask enabled, ThreadId current,
                                   const Pending* pending) {
  // At a free switch it does not matter which thread was current.
  look_up_state(node.is_free ? kThreadsMax : current);
  node.options = enabled;
  node.chosen = node.is_free ? policy_.pick(enabled, current, pending) : current;
  const bool may_turn = node.is_free || preemptions_ < bound_;
  node.left = may_turn ? enabled & ~bit(node.chosen) : 0;
  if (options_.pruning == Pruning::kSleepSets) {
    node.asleep = asleep_;
    if ((asleep_ & bit(node.chosen)) != 0) {
      const ThreadMask awake = node.left & ~asleep_;
      if (awake == 0) cut_here();
      node.chosen = lowest(awake);
    }
    node.left &= ~(asleep_ | bit(node.chosen));
  }
  if (stack_.size() == kNodesMax) diverge_here();
  COSTLY_CHECK(at_ == stack_.size(), "a new node is the next one of the stack");
  stack_.push_back(node);
  return take(at_++, current);
}

ThreadId BoundedSearch::take(std::size_t index, ThreadId current) {
  const Node& node = stack_[index];
  COSTLY_CHECK(node.is_draw || contains(node.options, node.chosen),
               "a node's choice is one of its options");
  if (!node.is_free && node.chosen != current) ++preemptions_;
  if (!node.is_free && node.chosen == current) open_node_ = index;
  asleep_ = (node.asleep | node.done) & ~bit(node.chosen);
  return node.chosen;
}

BoundedSearch::Node BoundedSearch::node_here() const {
  Node node;
  node.preemptions = static_cast<std::uint8_t>(preemptions_);
  return node;
}

void BoundedSearch::closed(const Footprint& step) {
  class_.add(step);
  note_sharing(step);
  if (options_.pruning == Pruning::kSleepSets) wake_sleepers(step);
  if (open_node_ == kNoNode || learning_ > 0) return;
  COSTLY_CHECK(open_node_ < stack_.size(),
               "the step in progress was picked at a node of the stack");
  stack_[open_node_].is_private = options_.skips_private && is_private(step);
  open_node_ = kNoNode;
}

// What a sleeper announced is all that is known of its step.
void BoundedSearch::wake_sleepers(const Footprint& step) {
  for (ThreadMask rest = asleep_; rest != 0; rest = without_lowest(rest)) {
    const Pending& sleeper = pending()[lowest(rest)];
    Footprint announced;
    announced.add({static_cast<std::uint16_t>(std::min(sleeper.object, kObjectSlots - 1U)),
                   sleeper.is_write ? Mode::kWrite : Mode::kRead});
    if (conflict(step, announced)) asleep_ &= ~bit(lowest(rest));
  }
  asleep_ &= ~bit(step.thread);
}

void BoundedSearch::note_sharing(const Footprint& step) {
  for (unsigned i = 0; i < step.size; ++i) note_sharing(step.accesses[i], step.thread);
}

void BoundedSearch::note_sharing(Access access, ThreadId thread) {
  if (is_shared_[access.slot]) return;
  Users& users = users_[access.slot];
  if (users.run != run_) users = {run_, {0, 0, 0}};
  ThreadMask others = 0;
  for (unsigned mode = 0; mode < 3; ++mode) {
    if (!commute(access.mode, static_cast<Mode>(mode))) others |= users.by_mode[mode];
  }
  users.by_mode[static_cast<unsigned>(access.mode)] |= bit(thread);
  if ((others & ~bit(thread)) == 0) return;
  is_shared_[access.slot] = true;
  has_learnt_ = true;
}

bool BoundedSearch::is_private(const Footprint& step) const {
  if (step.touches_all || step.started != 0) return false;
  return std::none_of(step.accesses.begin(), step.accesses.begin() + step.size,
                      [&](Access access) { return is_shared_[access.slot]; });
}

bool BoundedSearch::turn(Node& node) {
  if (node.is_draw) return node.turn_draw();
  if (node.is_private || node.left == 0) return false;
  node.done |= bit(node.chosen);
  node.chosen = lowest(node.left);
  node.left = without_lowest(node.left);
  CHECK(contains(node.options, node.chosen) && !contains(node.done, node.chosen),
        "an option is tried once");
  return true;
}

double BoundedSearch::progress() const {
  if (is_done_) return 1;
  return fraction_done(stack_, [](const Node& node) {
    const unsigned left = node.is_private ? 0 : node.is_draw ? node.left : count(node.left);
    return left + node.tried() + 1;
  });
}

}  // namespace concertina::fuzzers
