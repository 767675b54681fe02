// Trace: what a run left behind. Pure data; oracles judge it, reports print it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/event.h"
#include "base/limits.h"
#include "base/outcome.h"
#include "base/step.h"

namespace concertina::fuzzers {

struct Trace {
  unsigned machines_max = kMachinesMax;  // how many the run might have
  unsigned slice = 64;                   // safe points in a time slice of the run
  Outcome outcome = Outcome::kExit;
  std::string message;  // for kFatal "invariant: detail"; for kPanic Go's words; else may be empty
  std::uint64_t hash = 0;         // over every step and event, equal in every process and flavour
  std::uint32_t steps = 0;        // yield points passed
  std::uint32_t decisions = 0;    // of them with a choice
  std::span<const Event> events;  // in the run's log; without one, valid until the next run
  std::span<const Step> last_steps;  // those that are known, up to the end; in the log
  std::vector<ThreadAtEnd> threads;  // filled for kHung and kFatal
};

}  // namespace concertina::fuzzers
