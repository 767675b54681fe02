#include "tools/generator.h"

#include "mutate/generate.h"

namespace concertina::fuzzers {

Input generated_input(std::uint64_t seed, std::uint64_t index) {
  // The generator's own mixing makes neighbouring seeds unrelated.
  Random random((seed << 32) + index);
  return generate(random);
}

}  // namespace concertina::fuzzers
