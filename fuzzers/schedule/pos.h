// Pos: partial order sampling (Yuan, Yang and Gu, "Partial order aware concurrency sampling", CAV
// 2018).
//
// Every pending operation has a random priority and the highest enabled one goes first. The
// priority of an operation is drawn again after each step: for the thread that took it, and for all
// threads whose pending operation conflicts with it. Without that second rule an operation that
// lost one race would tend to lose all of them. So each order of conflicting operations is reached
// with a probability that does not depend on how many independent ones lie between them: the
// sampling is over partial orders.
//
// Needs no horizon and no depth. Thread starts conflict with nothing and go first, as in Fray (Li
// et al., OOPSLA 2025): a thread that has not started yet takes part in no race.
#pragma once

#include "schedule/priorities.h"
#include "schedule/schedule.h"

namespace concertina::fuzzers {

class Pos final : public Chooser {
 public:
  void reset(const Schedule& schedule);

  // In pos.cc: a copy that the linker takes from an instrumented file would be a race to
  // ThreadSanitizer, as all virtual threads come here.
  void started(ThreadId thread) override;
  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  void executing(ThreadId thread, const Pending* pending) override;
  std::uint32_t choose(std::uint32_t n, Site, SpawnPath) override { return draws_.below(n); }
  bool observes() const override { return true; }

 private:
  Priorities priorities_;
  Random draws_;  // of choose: how many there are must not disturb the priorities
};

}  // namespace concertina::fuzzers
