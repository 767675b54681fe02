// Limits of the runtime, with their units. Hitting one is a verdict, never undefined behaviour.
// The values are small on purpose: a test must be able to hit them (TigerBeetle's `test_min`).
// Where sizes and limits differ by platform, they are in its platform_limits.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace concertina {

// Stacks, in bytes.
inline constexpr std::size_t kStackMin = 2048;  // Go's fixedStack
inline constexpr std::size_t kStackMax =
    1024 * 1024;                                 // unless a run's knobs say otherwise; Go: 1 GiB
inline constexpr std::size_t kStackGuard = 128;  // below it only functions that may not split
inline constexpr unsigned kStackOrders = 4;      // 2, 4, 8, 16 KiB come from pools; above: large
inline constexpr unsigned kStackOrdersAll = 20;  // 2 KiB << 19 = 1 GiB, the most that knobs may say

// Scheduler, in pieces.
inline constexpr unsigned kProcessorsLimit = 4;
inline constexpr unsigned kMachinesMax = 12;      // virtual threads left: scanner and spare
inline constexpr unsigned kGoroutinesLimit = 32;  // in one run, unless its knobs say otherwise

// Channels and select, in pieces.
inline constexpr unsigned kSelectCasesMax = 64;
inline constexpr unsigned kChannelsLimit = 64;         // in one run, unless its knobs say otherwise
inline constexpr std::size_t kElementSizeMax = 65536;  // bytes, as in Go

}  // namespace concertina
