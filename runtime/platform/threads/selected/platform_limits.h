// The limits that depend on the platform, with their units: here they are Go's, or as large as the
// names in events allow. base/limits.h has those that are the same everywhere.
#pragma once

#include <cstddef>

namespace concertina::inline threads {

// Stacks.
inline constexpr std::size_t kStackMax = std::size_t{1} << 30;  // bytes; Go's maxstacksize
inline constexpr std::size_t kForcedGrowthMax = 1024 * 1024;  // bytes; by a prologue's whim
inline constexpr unsigned kStackOrdersAll = 20;                 // 2 KiB << 19 = kStackMax
inline constexpr unsigned kStackCacheSlots = 16;                // per processor and order
inline constexpr unsigned kStackSlotsPerSpan = 16;              // Go: 32 KiB of 2 KiB stacks

// Scheduler, in pieces.
inline constexpr unsigned kRunQueueSlots = 256;
inline constexpr unsigned kSchedulerTicksPerGlobalPoll = 61;
inline constexpr unsigned kStealRounds = 4;
inline constexpr unsigned kGoroutinesLimit = 1u << 22;  // alive or dead in one run

// Channels, in pieces.
inline constexpr unsigned kChannelsLimit = 65535;  // a ChannelId each: it orders their locks
inline constexpr unsigned kSudogCacheSlots = 128;  // per processor

/// Stacks are poisoned and walked only when a run's knobs say so.
inline constexpr bool kDebugsStacks = false;
/// May a submitter trust a request of somebody else's that nobody has answered yet (need_spinning)?
inline constexpr bool kTrustsStandingRequests = true;

}  // namespace concertina::inline threads
