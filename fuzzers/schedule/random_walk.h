// RandomWalk: every enabled thread is equally likely at every decision. The baseline that each
// other strategy has to beat on some planted bug.
#pragma once

#include "schedule/random.h"
#include "schedule/schedule.h"

namespace concertina::fuzzers {

class RandomWalk final : public Chooser {
 public:
  void reset(const Schedule& schedule) { random_ = Random(schedule.seed); }

  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  std::uint32_t choose(std::uint32_t n, Site, SpawnPath) override { return random_.below(n); }

 private:
  Random random_;
};

}  // namespace concertina::fuzzers
