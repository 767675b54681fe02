#include "schedule/non_preemptive.h"

#include "base/check.h"

namespace concertina::fuzzers {

ThreadId NonPreemptive::pick(ThreadMask enabled, ThreadId current, const Pending* pending) {
  ThreadMask useful = 0;
  COSTLY_CHECK(enabled != 0, "a thread is picked among some");
  for (ThreadMask rest = enabled; rest != 0; rest = without_lowest(rest)) {
    if (!pending[lowest(rest)].is_spinning) useful |= bit(lowest(rest));
  }
  // When all of them spin they take turns, or one of them would run for ever.
  const bool all_spin = useful == 0;
  if (all_spin) useful = enabled;
  if (!all_spin && (useful & bit(current)) != 0) return current;
  const ThreadMask after = above(useful, current);
  return lowest(after != 0 ? after : useful);
}

}  // namespace concertina::fuzzers
