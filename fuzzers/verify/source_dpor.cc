#include "verify/source_dpor.h"

#include <algorithm>

#include "base/check.h"

namespace concertina::fuzzers {

template class DepthFirst<DporNode>;

void SourceDpor::start(const Schedule& schedule) {
  DepthFirst::start(schedule);
  pool_.clear();
  // Nothing is allocated on behalf of a virtual thread (state_cache.h).
  pool_.reserve(kSleepersMax);
  sleepers_.reserve(kThreadsMax);
  node_of_.reserve(kNodesMax);
}

void SourceDpor::begin_run() {
  DepthFirst::begin_run();
  node_of_next_ = kNoNode;
  sleepers_.clear();
  order_.clear();
  node_of_.clear();
}

SourceDpor::RunEnd SourceDpor::end_run(bool was_stopped) {
  if (!is_cut_) {
    Following::finish(was_stopped);
    if (was_stopped && !node_of_.empty() && node_of_.back() != kNoNode) {
      Node& last = stack_[node_of_.back()];
      last.backtrack |= last.options;
    }
    races_of_waiting_threads();
  }
  ++(is_cut_ ? cuts_ : schedules_);
  const RunEnd end{is_cut_, has_diverged_, class_.name()};
  advance();
  return end;
}

// --- Decisions -----------------------------------------------------------------------------------

ThreadMask SourceDpor::asleep() const {
  ThreadMask mask = 0;
  for (const Sleeper& sleeper : sleepers_) mask |= bit(sleeper.thread);
  return mask;
}

ThreadId SourceDpor::decide(ThreadMask enabled, ThreadId current, const Pending* pending) {
  CHECK(!is_cut_, "a run that was cut decides nothing more");
  if (at_ < planned_) {
    const Node& node = stack_[at_];
    if (node.is_draw || node.options != enabled) diverge_here();
    const std::span<const Sleeper> asleep_there = sleepers_of(node);
    CHECK(contains(node.options, node.chosen), "a node's choice is one of its options");
    sleepers_.assign(asleep_there.begin(), asleep_there.end());
    std::erase_if(sleepers_, [&](const Sleeper& s) { return s.thread == node.chosen; });
    node_of_next_ = at_++;
    return node.chosen;
  }
  const ThreadMask awake = enabled & ~asleep();
  if (awake == 0) cut_here();
  if (stack_.size() == kNodesMax || pool_.size() + kThreadsMax > kSleepersMax) diverge_here();
  Node node = node_here();
  node.options = enabled;
  node.chosen = policy_.pick(enabled, current, pending);
  if ((awake & bit(node.chosen)) == 0) node.chosen = lowest(awake);
  CHECK(contains(awake, node.chosen), "a node begins with a thread that is awake");
  CHECK(at_ == stack_.size(), "a new node is the next one of the stack");
  CHECK(is_empty(asleep() & ~threads()), "only threads that were started sleep");
  node.backtrack = bit(node.chosen);
  node.sleeper_count = sleepers_.size();
  pool_.insert(pool_.end(), sleepers_.begin(), sleepers_.end());
  stack_.push_back(node);
  node_of_next_ = at_++;
  return stack_.back().chosen;
}

SourceDpor::Node SourceDpor::node_here() const {
  Node node;
  node.first_sleeper = pool_.size();
  return node;
}

// --- Steps and races -----------------------------------------------------------------------------

void SourceDpor::closed(const Footprint& step) {
  class_.add(step);
  order_.add(step);
  node_of_.push_back(node_of_next_);
  CHECK(node_of_.size() == order_.events().size(), "each step knows the decision that picked it");
  const Clock& clock = order_.events().back().clock;
  for (const std::uint32_t partner : order_.partners()) reverse(partner, step.thread, clock);
  if (node_of_next_ != kNoNode) {
    CHECK(node_of_next_ < stack_.size(), "a step was picked at a node of the stack");
    stack_[node_of_next_].step = step;
    stack_[node_of_next_].step.touches_all |= step.draws != 0;
    stack_[node_of_next_].has_step = true;
  }
  node_of_next_ = kNoNode;
  wake(step);
}

void SourceDpor::wake(const Footprint& step) {
  std::erase_if(sleepers_, [&](const Sleeper& sleeper) {
    return sleeper.thread == step.thread || conflict(sleeper.step, step);
  });
}

/// The threads that can begin the order in which `later` comes before the step `earlier`: those
/// whose first step after it, and not because of it, needs none of the other such steps.
ThreadMask SourceDpor::initials(std::size_t earlier, ThreadId later, const Clock& clock) const {
  const auto& events = order_.events();
  Clock first_ordinal{};  // of each thread's steps in the reversed order; 0: none
  ThreadMask result = 0;
  const auto is_first = [&](const Clock& known) {
    for (unsigned t = 0; t < kThreadsMax; ++t) {
      if (first_ordinal[t] != 0 && known[t] >= first_ordinal[t]) return false;
    }
    return true;
  };
  for (std::size_t i = earlier + 1; i < events.size(); ++i) {
    const HappensBefore::Event& event = events[i];
    if (HappensBefore::is_known(events[earlier], event.clock) || first_ordinal[event.thread] != 0)
      continue;
    if (is_first(event.clock)) result |= bit(event.thread);
    first_ordinal[event.thread] = event.ordinal;
  }
  if (first_ordinal[later] == 0 && is_first(clock)) result |= bit(later);
  return result;
}

void SourceDpor::reverse(std::size_t earlier, ThreadId later, const Clock& clock) {
  CHECK(earlier < node_of_.size(), "of a race's two steps the earlier one comes first");
  if (node_of_[earlier] == kNoNode) return;  // no other thread was enabled there
  Node& node = stack_[node_of_[earlier]];
  CHECK(is_empty(node.backtrack & ~node.options), "only threads that were enabled are to be tried");
  const ThreadMask beginners = initials(earlier, later, clock);
  if ((beginners & node.backtrack) != 0) return;
  const ThreadMask able = beginners & node.options;
  if (able == 0) {
    node.backtrack |= node.options;
  } else {
    node.backtrack |= (able & bit(later)) != 0 ? bit(later) : bit(lowest(able));
  }
}

void SourceDpor::races_of_waiting_threads() {
  if (pending() == nullptr) return;
  for (ThreadMask rest = threads(); rest != 0; rest = without_lowest(rest)) {
    const ThreadId thread = lowest(rest);
    const Pending& waiting = pending()[thread];
    if (waiting.kind != OperationKind::kLock) continue;
    order_.add_waiting(thread, waiting.object);
    for (const std::uint32_t partner : order_.partners()) {
      reverse(partner, thread, order_.past_of(thread));
    }
  }
}

// --- Moving on -----------------------------------------------------------------------------------

bool SourceDpor::turn(Node& node) {
  if (node.is_draw) return node.turn_draw();
  CHECK(!contains(node.done, node.chosen), "a thread is tried once at a node");
  CHECK(node.first_sleeper + node.sleeper_count == pool_.size(),
        "the latest node's sleepers are at the end of the pool");
  node.done |= bit(node.chosen);
  if (node.has_step) {
    pool_.push_back({node.chosen, node.step});
    ++node.sleeper_count;
  }
  ThreadMask left = node.backtrack & ~node.done;
  for (const Sleeper& sleeper : sleepers_of(node)) left &= ~bit(sleeper.thread);
  if (left == 0) return false;
  node.chosen = lowest(left);
  CHECK(contains(node.options, node.chosen), "a node's choice is one of its options");
  node.has_step = false;
  return true;
}

void SourceDpor::popped(const Node& node) {
  CHECK(node.first_sleeper <= pool_.size(), "a node's sleepers are in the pool");
  pool_.resize(node.first_sleeper);
}

double SourceDpor::progress() const {
  if (is_done_) return 1;
  return fraction_done(stack_, [](const Node& node) {
    return node.is_draw ? node.options : std::max(1U, count(node.backtrack | node.done));
  });
}

}  // namespace concertina::fuzzers
