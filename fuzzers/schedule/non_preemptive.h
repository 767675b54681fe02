// NonPreemptive: a thread runs until it waits; then comes the next enabled one, in the order of
// their numbers, round and round.
//
// By itself it has no preemption at all: every switch is one that the program forces. The holds of
// a schedule are then its only preemptions, so this is the strategy of minimised cases: what is
// left of a schedule is what matters, and can be read. (CHESS counts preemptions the same way:
// Musuvathi and Qadeer, "Iterative context bounding", PLDI 2007.)
//
// A thread that spins gives way to one that does not. Draws (select's poll order, whom to steal
// from) come from the seed.
#pragma once

#include "schedule/random.h"
#include "schedule/schedule.h"

namespace concertina::fuzzers {

class NonPreemptive final : public Chooser {
 public:
  void reset(const Schedule& schedule) { random_ = Random(schedule.seed); }

  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  std::uint32_t choose(std::uint32_t n, Site, SpawnPath) override { return random_.below(n); }

 private:
  Random random_;
};

}  // namespace concertina::fuzzers
