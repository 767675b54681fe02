// Canaries on real threads.
#include "canary.h"

namespace concertina::canaries {

platform::Report run(void (*entry)(void*), void* argument) {
  threaded::Config config;
  config.events_max = 10'000;
  return platform::run(config, entry, argument);
}

}  // namespace concertina::canaries
