// The mutator's door for engines, which hold bytes in a buffer of theirs and give a random seed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace concertina::fuzzers {

/// Replaces the `size` bytes of an input at `data` by a mutation of it of at most `max_size` bytes.
/// Returns its size. A pure function of its arguments.
std::size_t mutate_bytes(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed);

/// Writes a crossover of two inputs to `out` and returns its size, at most `out_max`.
std::size_t crossover_bytes(const std::uint8_t* a, std::size_t a_size, const std::uint8_t* b,
                            std::size_t b_size, std::uint8_t* out, std::size_t out_max,
                            unsigned seed);

}  // namespace concertina::fuzzers
