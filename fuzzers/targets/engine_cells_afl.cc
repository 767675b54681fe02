// AFL++ knows edges only. So each cell is a guard, as the compiler makes one for each edge: AFL++
// gives it a place in its map, and what stands there after a run is an edge that was taken.
//
// This file must not be instrumented itself: nobody takes its edges.
#include <array>
#include <cstring>

#include "targets/engine_cells.h"

// AFL++'s runtime.
extern "C" {
extern std::uint8_t* __afl_area_ptr;
void __sanitizer_cov_trace_pc_guard_init(std::uint32_t* begin, std::uint32_t* end);
}

namespace {

constexpr unsigned kCells = concertina::fuzzers::kCells;

std::array<std::uint8_t, kCells> cells;
std::array<std::uint32_t, kCells> guards;  // a cell's place in the map; 0 before it has one

// Before AFL++'s driver says how large its map must be, which it does in main.
[[gnu::constructor]] void register_guards() {
  __sanitizer_cov_trace_pc_guard_init(guards.data(), guards.data() + guards.size());
}

}  // namespace

namespace concertina::fuzzers {

std::span<std::uint8_t, kCells> engine_cells() { return cells; }

void hand_over_cells() {
  constexpr unsigned kWord = sizeof(std::uint64_t);
  for (unsigned begin = 0; begin < kCells; begin += kWord) {
    const unsigned size = begin + kWord <= kCells ? kWord : kCells - begin;
    std::uint64_t word = 0;
    std::memcpy(&word, cells.data() + begin, size);
    if (word == 0) continue;
    for (unsigned i = begin; i < begin + size; ++i) {
      if (cells[i] != 0) __afl_area_ptr[guards[i]] = 1;
    }
    std::memset(cells.data() + begin, 0, size);
  }
}

}  // namespace concertina::fuzzers
