// The threads platform's sizes of queues and caches, in pieces: Go's, or near them.
#pragma once

namespace concertina::inline threads {

inline constexpr unsigned kRunQueueSlots = 256;
inline constexpr unsigned kSchedulerTicksPerGlobalPoll = 61;
inline constexpr unsigned kStealRounds = 4;
inline constexpr unsigned kStackCacheSlots = 16;   // per processor and order
inline constexpr unsigned kSudogCacheSlots = 128;  // per processor

}  // namespace concertina::inline threads
