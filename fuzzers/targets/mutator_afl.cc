// AFL++'s names for the structure-aware mutator and crossover.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "mutate/engine_bytes.h"

namespace {

using namespace concertina::fuzzers;

// AFL++ makes files of up to a megabyte; the target reads no more than the campaign's limit.
constexpr std::size_t kSizeMax = 8192;

struct Mutator {
  std::mt19937 random;
  std::vector<std::uint8_t> out = std::vector<std::uint8_t>(kSizeMax);
};

}  // namespace

extern "C" {
[[gnu::visibility("default")]] void* afl_custom_init(void*, unsigned seed) {
  return new Mutator{std::mt19937(seed)};
}

/// One mutation; where AFL++ offers a second input, half of the calls are a crossover.
[[gnu::visibility("default")]] std::size_t afl_custom_fuzz(void* state, std::uint8_t* data,
                                                           std::size_t size, std::uint8_t** out,
                                                           std::uint8_t* other,
                                                           std::size_t other_size,
                                                           std::size_t size_max) {
  Mutator& mutator = *static_cast<Mutator*>(state);
  const std::size_t limit = std::min(size_max, kSizeMax);
  *out = mutator.out.data();
  const auto seed = static_cast<unsigned>(mutator.random());
  if (other != nullptr && other_size != 0 && mutator.random() % 2 == 0) {
    return crossover_bytes(data, size, other, other_size, *out, limit, seed);
  }
  const std::size_t kept = std::min(size, kSizeMax);
  if (kept != 0) std::copy_n(data, kept, *out);
  return mutate_bytes(*out, kept, limit, seed);
}

[[gnu::visibility("default")]] void afl_custom_deinit(void* state) {
  delete static_cast<Mutator*>(state);
}
}
