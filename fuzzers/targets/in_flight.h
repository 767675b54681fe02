// The input that is being run, where it outlives this process: engines save an input only after its
// run, so one that is in flight when the whole campaign is killed would be lost.
#pragma once

#include <cstddef>
#include <cstdint>

namespace concertina::fuzzers {

inline constexpr char kInFlightVariable[] = "CONCERTINA_IN_FLIGHT";
inline constexpr std::size_t kInFlightHeaderSize = 12;
inline constexpr std::size_t kInFlightSizeMax = 1 << 16;

/// Copies the input into the file that the environment variable CONCERTINA_IN_FLIGHT names, which
/// is mapped once a process; without the variable it does nothing. Aborts when the file cannot be
/// mapped.
void keep_in_flight(const std::uint8_t* data, std::size_t size);

}  // namespace concertina::fuzzers
