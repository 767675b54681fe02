// Trace: what a run left behind. Pure data; oracles judge it, reports print it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/event.h"
#include "base/limits.h"
#include "base/outcome.h"
#include "base/site.h"
#include "base/spawn_path.h"

namespace concertina::fuzzers {

/// One step of the schedule: a thread performed the operation that was pending at its yield point.
struct Step {
  ThreadId thread = 0;
  Site site{};
  std::uint8_t kind = 0;     // OperationKind of the chooser interface
  bool is_decision = false;  // more than one thread was enabled
  GoroutineId goroutine = kNoGoroutine;
  std::uint16_t reserved = 0;
  ObjectId object = 0;
  SpawnPath path = 0;
};

/// How a virtual thread stood when the run ended.
struct ThreadAtEnd {
  ThreadId thread = 0;
  bool is_enabled = false;
  GoroutineId goroutine = kNoGoroutine;
  Site site{};            // where its pending operation is
  std::uint8_t kind = 0;  // OperationKind
  ObjectId object = 0;
  int lock_holder = -1;  // for a pending lock: the thread that holds it, -1 if free
};

struct Trace {
  unsigned machines_max = kMachinesMax;  // how many the run might have
  Outcome outcome = Outcome::kExit;
  std::string message;  // for kFatal "invariant: detail"; for kPanic Go's words; else may be empty
  std::uint64_t hash = 0;       // over every step and event, equal in every process and flavour
  std::uint32_t steps = 0;      // yield points passed
  std::uint32_t decisions = 0;  // of them with a choice
  std::span<const Event> events;
  std::vector<Step> last_steps;      // the tail of the schedule, when recording was asked for
  std::vector<ThreadAtEnd> threads;  // filled for kHung and kFatal
};

}  // namespace concertina::fuzzers
