// What a platform may have happen to the stacks of goroutines, to disturb a program that must not
// notice.
#pragma once

#include <cstdint>

#include "base/spawn_path.h"

namespace concertina {

/// What is to happen to a stack when a goroutine reaches a place in the runtime.
enum class StackAction : std::uint8_t {
  kNone,
  kGrow,        // the prologue doubles the stack though it would fit
  kMove,        // the prologue copies the stack to one of equal size
  kScanShrink,  // the scanner is asked to shrink this goroutine (if less than a quarter is used)
  kScanMove,    // the scanner is asked to copy this goroutine's stack to one of equal size
  kShrink,      // the prologue halves the stack (if less than a quarter is used), or with a
                // channel's lock held asks for that at the next one without
  kPreempt,     // the goroutine is asked to share its processor: it stops at its next safe point
  kInterrupt,   // the same at once, in user code: where its stack must not be copied
  kAssist,      // the goroutine is asked to suspend the others, at its next safe point, and to scan
                // and shrink their stacks, as the scanner does
};

/// What the scanner is asked to do.
struct ScanRequest {
  SpawnPath path = kAnyPath;  // which goroutines
  bool move = false;          // copy to equal size instead of shrinking
};

}  // namespace concertina
