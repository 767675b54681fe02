// libFuzzer reads bytes of this section like its own counters, and clears them before each run.
#include "feedback/groups.h"
#include "targets/engine_cells.h"

namespace {

[[gnu::section("__libfuzzer_extra_counters"),
  gnu::used]] std::uint8_t counters[concertina::fuzzers::kCells];

}  // namespace

// libFuzzer takes whoever exits in the first input for a crash: so words that name no group are
// told before.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  concertina::fuzzers::groups_of_environment();
  return 0;
}

namespace concertina::fuzzers {

std::span<std::uint8_t, kCells> engine_cells() { return counters; }

void hand_over_cells() {}

}  // namespace concertina::fuzzers
