// A canary is a planted defect that its sanitizer must report, or the defect's silent twin, which
// is the same code made right. Both run on virtual threads of the simulator, where all code under
// test runs: what is proven is that the simulator does not hide the defect and invents none. Those
// about races run on real threads, too, for the same reason.
#pragma once

#include <span>
#include <string_view>

#include "platform.h"

namespace concertina::canaries {

struct Canary {
  std::string_view name;
  // Runs as the first thread; in the simulator, under a chooser that changes threads at every
  // decision.
  void (*body)(void*);
};

std::span<const Canary> memory_canaries();
std::span<const Canary> race_canaries();

/// A run on this program's platform, with this as its first thread.
platform::Report run(void (*entry)(void*), void* argument);

}  // namespace concertina::canaries
