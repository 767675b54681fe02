// The threads platform's sizes and limits: Go's, or near them.
#pragma once

#include <cstddef>

namespace concertina::inline threads {

// Stacks.
inline constexpr std::size_t kStackMax = std::size_t{1} << 30;  // bytes; Go's maxstacksize
inline constexpr unsigned kStackOrdersAll = 20;                 // 2 KiB << 19 = kStackMax
inline constexpr std::size_t kForcedGrowthMax = 1024 * 1024;    // bytes; by a prologue's whim
inline constexpr unsigned kStackCacheSlots = 16;                // pieces, per processor and order
inline constexpr unsigned kStackSlotsPerSpan = 16;              // pieces; Go: 32 KiB of 2 KiB stacks

// Scheduler, in pieces.
inline constexpr unsigned kRunQueueSlots = 256;
inline constexpr unsigned kSchedulerTicksPerGlobalPoll = 61;
inline constexpr unsigned kStealRounds = 4;
inline constexpr unsigned kSudogCacheSlots = 128;  // per processor

/// May a submitter trust a request of somebody else's that nobody has answered yet (need_spinning)?
inline constexpr bool kTrustsStandingRequests = true;

}  // namespace concertina::inline threads
