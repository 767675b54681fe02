// libFuzzer's names for the structure-aware mutator and crossover.
#include <cstddef>
#include <cstdint>

#include "mutate/engine_bytes.h"

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
  return concertina::fuzzers::mutate_bytes(data, size, size_max, seed);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* a, std::size_t a_size,
                                                 const std::uint8_t* b, std::size_t b_size,
                                                 std::uint8_t* out, std::size_t out_size_max,
                                                 unsigned seed) {
  return concertina::fuzzers::crossover_bytes(a, a_size, b, b_size, out, out_size_max, seed);
}
