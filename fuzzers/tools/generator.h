// The stream of generated inputs that `generate`, `health`, `bench` and `determinism` share: input
// i of seed s is the same in every process and build.
#pragma once

#include "pipeline.h"

namespace concertina::fuzzers {

Input generated_input(std::uint64_t seed, std::uint64_t index);

}  // namespace concertina::fuzzers
