// How large an input is to a reader. Every reduction must make the cost smaller, so that minimising
// ends.
#pragma once

#include <cstdint>

#include "input/input.h"

namespace concertina::fuzzers {

struct Size {
  unsigned goroutines = 0;  // that a run can have at most: main and what is spawned (loops counted)
  unsigned operations = 0;  // in all functions; a loop is one, its closing bracket none
  unsigned functions = 0;
  unsigned channels = 0;
  unsigned preemptions = 0;  // holds; only under non-preemptive are they all there are
  unsigned stack_events = 0;
  bool is_free_of_chance = false;  // non-preemptive: every switch is forced or a hold
  bool operator==(const Size&) const = default;
};

Size size_of(const Input& input);

/// What does the same to a stack with less to explain: a copy to equal size for one to another,
/// a stop at a safe point for one anywhere. Itself, if there is nothing plainer.
StackAction plainer(StackAction action);

/// Weighted sums of everything that has to be read. Arbitrary units.
std::uint32_t cost_of(const Program& program);
std::uint32_t cost_of(const Schedule& schedule);

}  // namespace concertina::fuzzers
