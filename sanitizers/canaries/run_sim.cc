// Canaries on virtual threads.
#include "canary.h"

namespace concertina::canaries {
namespace {

/// Changes threads whenever it may, so that two threads' steps alternate.
class RoundRobin : public Chooser {
 public:
  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending*) override {
    for (unsigned i = 1; i <= kThreadsMax; ++i) {
      const unsigned thread = (current + i) % kThreadsMax;
      if ((enabled >> thread & 1) != 0) return static_cast<ThreadId>(thread);
    }
    return current;
  }
  std::uint32_t choose(std::uint32_t, Site, SpawnPath) override { return 0; }
};

}  // namespace

platform::Report run(void (*entry)(void*), void* argument) {
  static simulator::World world;
  RoundRobin chooser;
  simulator::Config config;
  config.chooser = &chooser;
  return platform::run(world, config, entry, argument);
}

}  // namespace concertina::canaries
