// Step: a virtual thread's way from one yield point to the next, as it was pending before it took
// effect; and Draw, a random number that was drawn on the way.
//
// This is the one type for it: the world writes steps (platform/sim/run_log.h), and strategies,
// explorers, oracles and reports read them.
#pragma once

#include <cstdint>

#include "base/event.h"
#include "base/site.h"
#include "base/spawn_path.h"

namespace concertina {

enum class OperationKind : std::uint8_t {
  kStart,
  kLoad,
  kStore,
  kUpdate,
  kLock,
  kUnlock,
  kSleep,
  kWake,
  kSpin,
  kCopy,
  kPause,
  kScanRequest,
};

struct Step {
  ThreadId thread = 0;
  Site site{};
  OperationKind kind{};
  bool is_write = false;       // conflicts with every access to the same object, not only writes
  bool is_decision = false;    // more than one thread was enabled
  bool is_preemption = false;  // of them, the thread of the step before was enabled, too
  GoroutineId goroutine = kNoGoroutine;
  ObjectId object = 0;
  SpawnPath path = kSchedulerPath;  // the goroutine on whose behalf, or a reserved path
  bool operator==(const Step&) const = default;
};
static_assert(sizeof(Step) == 16);

/// How a virtual thread stood when the run ended, and the step that it would have taken next.
struct ThreadAtEnd : Step {
  bool is_enabled = false;
  int lock_holder = -1;  // where it is about to lock: the thread that holds it, -1 if free
};

struct Draw {
  std::uint32_t step = 0;  // in which it was drawn, from 1
  std::uint32_t value = 0;
};

}  // namespace concertina
