// SpawnPath: a goroutine's name that survives edits elsewhere in the program.
//
// main is 1; the n-th goroutine (from 0) that goroutine p spawns is p*32 + 1 + n mod 31.
// So a path is a base-32 string of spawn ordinals after a leading 1, six levels deep; deeper or
// wider trees wrap, and then one path names several goroutines. It is a key, not an identity:
// identities are creation ids (GoroutineId), which depend on the schedule.
#pragma once

#include <cstdint>

namespace concertina {

using SpawnPath = std::uint32_t;

/// Matches every virtual thread and goroutine when used as a key.
inline constexpr SpawnPath kAnyPath = 0;
inline constexpr SpawnPath kMainPath = 1;
/// The stack scanner's virtual thread. No goroutine has this path: a child's low digit is never 0.
inline constexpr SpawnPath kScannerPath = 32;
/// A machine while it runs no goroutine (scheduler code between two goroutines).
inline constexpr SpawnPath kSchedulerPath = 64;

constexpr SpawnPath child_path(SpawnPath parent, std::uint32_t ordinal) {
  return (parent << 5) | (1 + ordinal % 31);
}

}  // namespace concertina
