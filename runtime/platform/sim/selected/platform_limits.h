// The simulator's sizes and limits: small, so that short programs reach their ends.
#pragma once

#include <cstddef>

namespace concertina::inline sim {

// Stacks.
inline constexpr std::size_t kStackMax = 1024 * 1024;       // bytes; Go's maxstacksize, scaled down
inline constexpr unsigned kStackOrdersAll = 10;             // 2 KiB << 9 = kStackMax
inline constexpr std::size_t kForcedGrowthMax = kStackMax;  // bytes; by a prologue's whim
inline constexpr unsigned kStackCacheSlots = 4;             // pieces, per processor and order
inline constexpr unsigned kStackSlotsPerSpan = 4;           // pieces

// Scheduler, in pieces.
inline constexpr unsigned kRunQueueSlots = 8;                // Go: 256
inline constexpr unsigned kSchedulerTicksPerGlobalPoll = 7;  // Go: 61
inline constexpr unsigned kStealRounds = 2;                  // Go: 4
inline constexpr unsigned kSudogCacheSlots = 4;              // per processor; Go: 128

/// May a submitter trust a request of somebody else's that nobody has answered yet (need_spinning)?
/// Here everybody takes the long way, so that schedules reach it.
inline constexpr bool kTrustsStandingRequests = false;

}  // namespace concertina::inline sim
