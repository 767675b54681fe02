// The bytes of feedback/cells.h as an engine wants them. One source an engine:
// engine_cells_NAME.cc.
//
//   cleared by hand_over_cells (AFL++), or by the engine itself (libFuzzer)
//   a run sets cells
//   hand_over_cells, once a run, before a verdict ends the process
#pragma once

#include <cstdint>
#include <span>

#include "feedback/cells.h"

namespace concertina::fuzzers {

/// Always the same bytes; all 0 when a run begins.
std::span<std::uint8_t, kCells> engine_cells();

/// The run is over: the engine may look.
void hand_over_cells();

}  // namespace concertina::fuzzers
