// The simulator's sizes and limits: small, so that short programs reach their ends.
#pragma once

#include <cstddef>
#include <cstdint>

namespace concertina::inline sim {

// The heap: bytes of a page, and pages that are made at a time.
inline constexpr std::size_t kHeapPageBytes = 1024;  // Go: 8 KiB
inline constexpr std::uint32_t kHeapBlockPages = 64;

// Stacks, in pieces.
inline constexpr unsigned kStackCacheSlots = 4;  // per processor and order
inline constexpr unsigned kStackSlotsPerSpan = 4;

// Scheduler, in pieces.
inline constexpr unsigned kRunQueueSlots = 8;                // Go: 256
inline constexpr unsigned kSchedulerTicksPerGlobalPoll = 7;  // Go: 61
inline constexpr unsigned kStealRounds = 2;                  // Go: 4
inline constexpr unsigned kSudogCacheSlots = 4;              // per processor; Go: 128

// Time slices, unless a run's knobs say otherwise: how many safe points; no clock is asked.
inline constexpr unsigned kSliceSafePoints = 64;
inline constexpr std::uint64_t kSliceNs = 0;

/// Unless a run's knobs say otherwise (sched/runtime.h).
inline constexpr bool kStandingRequests = false;

}  // namespace concertina::inline sim
