#include "go.h"

#include <new>

#include "scan/scanner.h"

namespace concertina::inline CONCERTINA_PLATFORM {

void run_main(const Knobs& knobs, const Function& main, void* user,
              void (*before_main)(Runtime&, void* user)) {
  require(knobs.processors >= 1 && knobs.processors <= kProcessorsLimit, "knobs",
          "processors out of 1..kProcessorsLimit");
  require(knobs.machines_max >= 1 && knobs.machines_max <= kMachinesMax, "knobs",
          "machines_max out of 1..kMachinesMax");
  require(knobs.slice >= 1, "knobs", "slice is 0");
  require(knobs.goroutines_max >= 1, "knobs", "goroutines_max is 0");
  // A channel's id orders its lock. Goroutines may be more than there are ids (sched/scheduler.cc).
  require(knobs.channels_max <= 0xffff, "knobs", "channels_max out of a ChannelId's range");
  auto* const runtime = new (platform::allocate(sizeof(Runtime))) Runtime(knobs);
  runtime->announce_channels = &announce_channels;
  start_scanner(*runtime);
  if (before_main != nullptr) before_main(*runtime, user);
  start(*runtime, main, user);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
