// generate: a random input that mostly does real communication.
//
// A program is one or two patterns (producers and consumers, ping-pong, select storms, close with
// waiters, ...) and some noise, small on purpose: a median of about 200 simulated steps finds more
// bugs per second than long runs do.
#pragma once

#include <cstdint>

#include "input/input.h"
#include "schedule/random.h"

namespace concertina::fuzzers {

struct GenerateOptions {
  std::uint32_t stack_events_percent = 60;  // of the inputs
  std::uint32_t deviations_percent = 20;    // of the inputs
  std::uint32_t noise_max = 2;              // operations that fit no pattern
};

/// A valid input, a pure function of the draws and the options.
Input generate(Random& random, const GenerateOptions& options = {});

}  // namespace concertina::fuzzers
