// What a run came to, as far as it is equal in all builds: left in shared memory by the child that
// ran it (tools/first_failure.h), which may die of the next one.
#pragma once

#include <cstdint>

#include "pipeline.h"
#include "tools/commands.h"

namespace concertina::fuzzers {

struct RunRow {
  std::uint64_t hash;
  std::uint32_t steps;
  Outcome outcome;
  bool is_there;  // the run has ended
};

inline RunRow row_of(const Trace& trace) { return {trace.hash, trace.steps, trace.outcome, true}; }

/// As a command's options have it; null: the pipeline's.
inline RunInput run_or_default(RunInput run_input) {
  return run_input != nullptr ? run_input : [](const Input& input) { return run(input); };
}

}  // namespace concertina::fuzzers
