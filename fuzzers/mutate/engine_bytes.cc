#include "mutate/engine_bytes.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "mutate/mutate.h"

namespace concertina::fuzzers {
namespace {

/// Drops about half of what is left of a random part. Ends at an empty program after few steps.
void simplify(Input& input, Random& random) {
  std::vector<Function>& functions = input.program.functions;
  switch (random.below(4)) {
    case 0:
      input.schedule.stack_events.resize(input.schedule.stack_events.size() / 2);
      break;
    case 1:
      input.schedule.deviations.resize(input.schedule.deviations.size() / 2);
      input.schedule.constraints.resize(input.schedule.constraints.size() / 2);
      input.schedule.targets.clear();  // with halved counts they would mean something else
      input.schedule.thread_counts.clear();
      break;
    case 2:
      functions.resize((functions.size() + 1) / 2);
      break;
    default:
      for (Function& function : functions) {
        function.body.resize(function.body.size() / 2);
        for (Operation& operation : function.body)
          operation.cases.resize(operation.cases.size() / 2);
      }
      break;
  }
  normalise(input.program);
}

std::size_t write_fitting(Input input, std::uint8_t* out, std::size_t out_max, Random& random) {
  constexpr unsigned kSimplifications = 64;
  Bytes bytes = encode(input);
  for (unsigned i = 0; i < kSimplifications && bytes.size() > out_max; ++i) {
    simplify(input, random);
    bytes = encode(input);
  }
  // A buffer smaller than the smallest input: a part of one decodes too.
  const std::size_t size = std::min(bytes.size(), out_max);
  CHECK(size <= out_max && size <= bytes.size(), "what is written fits the engine's buffer");
  std::copy_n(bytes.begin(), size, out);
  return size;
}

}  // namespace

std::size_t mutate_bytes(std::uint8_t* data, std::size_t size, std::size_t max_size,
                         unsigned seed) {
  constexpr unsigned kAttempts = 4;
  Random random(seed);
  const Input before = decode({data, size});
  Input input;
  // Another mutation that fits is better than a cut one.
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
    input = before;
    mutate(input, random);
    const Bytes bytes = encode(input);
    if (bytes.size() > max_size) continue;
    CHECK(!bytes.empty() && bytes.size() <= max_size, "what is written fits the engine's buffer");
    std::copy(bytes.begin(), bytes.end(), data);
    return bytes.size();
  }
  return write_fitting(std::move(input), data, max_size, random);
}

std::size_t crossover_bytes(const std::uint8_t* a, std::size_t a_size, const std::uint8_t* b,
                            std::size_t b_size, std::uint8_t* out, std::size_t out_max,
                            unsigned seed) {
  Random random(seed);
  return write_fitting(crossover(decode({a, a_size}), decode({b, b_size}), random), out, out_max,
                       random);
}

}  // namespace concertina::fuzzers
