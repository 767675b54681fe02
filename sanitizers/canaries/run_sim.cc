// Canaries on virtual threads.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "canary.h"
#include "platform.h"

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

void body_then_stop(void* canary) {
  static_cast<const Canary*>(canary)->body(nullptr);
  platform::stop(Outcome::kExit, "");
}

}  // namespace

int run(const Canary& canary, int runs) {
  static simulator::World world;
  RoundRobin chooser;
  simulator::Config config;
  config.chooser = &chooser;
  for (int i = 0; i < runs; ++i) {
    const simulator::Report report =
        platform::run(world, config, &body_then_stop, const_cast<Canary*>(&canary));
    if (report.outcome == Outcome::kExit) continue;
    std::fprintf(stderr, "canary: %s: %s\n", std::string(outcome_name(report.outcome)).c_str(),
                 report.message.c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

}  // namespace concertina::canaries
