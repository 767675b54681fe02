// The input that is being run, where it outlives this process: engines save an input only after its
// run, so one that is in flight when the whole campaign is killed would be lost.
#pragma once

#include <cstddef>
#include <cstdint>

namespace concertina::fuzzers {

inline constexpr char kInFlightVariable[] = "CONCERTINA_IN_FLIGHT";
inline constexpr std::size_t kInFlightHeaderSize = 20;
inline constexpr std::size_t kInFlightSizeMax = 1 << 14;
/// The exit code of a process that gets no file of this size.
inline constexpr int kExitWithoutSlot = 2;

/// Copies the input into the file that the environment variable CONCERTINA_IN_FLIGHT names, which
/// is mapped once per process, with its room on the disk reserved; without the variable it does
/// nothing. When that fails, the process says why and ends with kExitWithoutSlot.
void begin_run(const std::uint8_t* data, std::size_t size);

/// A process that dies before it calls this has died of its input.
void end_run();

}  // namespace concertina::fuzzers
