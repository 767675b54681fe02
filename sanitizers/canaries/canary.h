// A canary is a planted defect that its sanitizer must report, or the defect's silent twin, which
// is the same code made right. Both run on virtual threads of the simulator, where all code under
// test runs: what is proven is that the simulator does not hide the defect and invents none.
#pragma once

#include <span>
#include <string_view>

namespace concertina::canaries {

struct Canary {
  std::string_view name;
  // Runs as virtual thread 0 of a world whose chooser changes threads at every decision.
  void (*body)(void*);
};

std::span<const Canary> memory_canaries();
std::span<const Canary> race_canaries();

}  // namespace concertina::canaries
