// libFuzzer reads bytes of this section like its own counters, and clears them before each run.
#include "targets/engine_cells.h"

namespace {

[[gnu::section("__libfuzzer_extra_counters"), gnu::used]] std::uint8_t
    counters[concertina::fuzzers::kCells];

}  // namespace

namespace concertina::fuzzers {

std::span<std::uint8_t, kCells> engine_cells() { return counters; }

void hand_over_cells() {}

}  // namespace concertina::fuzzers
