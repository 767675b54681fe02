// The threads platform's sizes and limits: Go's, or near them.
#pragma once

namespace concertina::inline threads {

// Stacks, in pieces.
inline constexpr unsigned kStackCacheSlots = 16;    // per processor and order
inline constexpr unsigned kStackSlotsPerSpan = 16;  // Go: 32 KiB of 2 KiB stacks

// Scheduler, in pieces.
inline constexpr unsigned kRunQueueSlots = 256;
inline constexpr unsigned kSchedulerTicksPerGlobalPoll = 61;
inline constexpr unsigned kStealRounds = 4;
inline constexpr unsigned kSudogCacheSlots = 128;  // per processor

/// May a submitter trust a request of somebody else's that nobody has answered yet (need_spinning)?
inline constexpr bool kTrustsStandingRequests = true;

}  // namespace concertina::inline threads
