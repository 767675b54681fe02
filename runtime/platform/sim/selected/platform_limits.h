// The limits that depend on the platform, with their units: the simulator's are small on purpose, so
// that a generated program can hit them. base/limits.h has those that are the same everywhere.
#pragma once

#include <cstddef>

namespace concertina::inline sim {

// Stacks.
inline constexpr std::size_t kStackMax = 1024 * 1024;  // bytes; Go's maxstacksize, scaled down
inline constexpr std::size_t kForcedGrowthMax = kStackMax;  // bytes; by a prologue's whim
inline constexpr unsigned kStackOrdersAll = 10;        // 2 KiB << 9 = kStackMax
inline constexpr unsigned kStackCacheSlots = 4;        // per processor and order
inline constexpr unsigned kStackSlotsPerSpan = 4;

// Scheduler, in pieces.
inline constexpr unsigned kRunQueueSlots = 8;                // Go: 256
inline constexpr unsigned kSchedulerTicksPerGlobalPoll = 7;  // Go: 61
inline constexpr unsigned kStealRounds = 2;                  // Go: 4
inline constexpr unsigned kGoroutinesLimit = 32;             // alive or dead in one run

// Channels, in pieces.
inline constexpr unsigned kChannelsLimit = 64;
inline constexpr unsigned kSudogCacheSlots = 4;  // per processor

/// Stacks are poisoned and walked unless a run's knobs say otherwise.
inline constexpr bool kDebugsStacks = true;
/// May a submitter trust a request of somebody else's that nobody has answered yet (need_spinning)?
/// Here everybody takes the long way, so that schedules reach it.
inline constexpr bool kTrustsStandingRequests = false;

}  // namespace concertina::inline sim
