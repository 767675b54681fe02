// The simulator's sizes of queues and caches, in pieces: small, so that short programs reach their
// ends.
#pragma once

namespace concertina::inline sim {

inline constexpr unsigned kRunQueueSlots = 8;                // Go: 256
inline constexpr unsigned kSchedulerTicksPerGlobalPoll = 7;  // Go: 61
inline constexpr unsigned kStealRounds = 2;                  // Go: 4
inline constexpr unsigned kStackCacheSlots = 4;              // per processor and order
inline constexpr unsigned kSudogCacheSlots = 4;              // per processor; Go: 128

}  // namespace concertina::inline sim
