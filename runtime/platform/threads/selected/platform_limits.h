// The threads platform's sizes and limits: Go's, or near them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace concertina::inline threads {

// The heap: bytes of a page, and pages that are made at a time.
inline constexpr std::size_t kHeapPageBytes = 8192;
inline constexpr std::uint32_t kHeapBlockPages = 128;

// Stacks, in pieces.
inline constexpr unsigned kStackCacheSlots = 16;    // per processor and order
inline constexpr unsigned kStackSlotsPerSpan = 16;  // Go: 32 KiB of 2 KiB stacks

// Scheduler, in pieces.
inline constexpr unsigned kRunQueueSlots = 256;
inline constexpr unsigned kSchedulerTicksPerGlobalPoll = 61;
inline constexpr unsigned kStealRounds = 4;
inline constexpr unsigned kSudogCacheSlots = 128;  // per processor

// Time slices, unless a run's knobs say otherwise: how often a machine looks at the clock, in safe
// points, and for how long a processor may run what its goroutines wake (Go's sysmon: 10 ms).
inline constexpr unsigned kSliceSafePoints = 256;
inline constexpr std::uint64_t kSliceNs = 10'000'000;

/// Unless a run's knobs say otherwise (sched/runtime.h).
inline constexpr bool kStandingRequests = true;

}  // namespace concertina::inline threads
