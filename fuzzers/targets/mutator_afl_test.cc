// afl-fuzz loads the mutator as a plain module, where a stray write ends afl-fuzz itself. Here it
// is driven as afl-fuzz drives it, under the flavour's sanitizer.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <vector>

#include "input/input.h"

extern "C" {
void* afl_custom_init(void* afl, unsigned seed);
std::size_t afl_custom_fuzz(void* state, std::uint8_t* data, std::size_t size, std::uint8_t** out,
                            std::uint8_t* other, std::size_t other_size, std::size_t size_max);
void afl_custom_deinit(void* state);
}

namespace concertina::fuzzers {
namespace {

class Driver {
 public:
  explicit Driver(unsigned seed) : state_(afl_custom_init(nullptr, seed)) {}
  ~Driver() { afl_custom_deinit(state_); }

  /// The inputs are copied to blocks of exactly their size, so that reading past one is reported.
  Bytes fuzz(const Bytes& input, const Bytes* other, std::size_t size_max) {
    const auto data = copy(input);
    const auto other_data = copy(other != nullptr ? *other : Bytes());
    std::uint8_t* out = nullptr;
    const std::size_t size = afl_custom_fuzz(state_, data.get(), input.size(), &out,
                                             other != nullptr ? other_data.get() : nullptr,
                                             other != nullptr ? other->size() : 0, size_max);
    EXPECT_NE(out, nullptr);
    EXPECT_LE(size, size_max);
    return {out, out + size};
  }

 private:
  static std::unique_ptr<std::uint8_t[]> copy(const Bytes& bytes) {
    auto result = std::make_unique<std::uint8_t[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), result.get());
    return result;
  }

  void* state_;
};

constexpr std::size_t kMegabyte = 1 << 20;

/// Mutations of mutations, with `other` offered each time.
std::vector<Bytes> evolve(unsigned seed, unsigned count, const Bytes* other = nullptr) {
  Driver driver(seed);
  std::vector<Bytes> result{Bytes{'\n'}};
  for (unsigned i = 0; i < count; ++i) {
    result.push_back(driver.fuzz(result.back(), other, kMegabyte));
  }
  return result;
}

TEST(MutatorAfl, ProducesManyInputsThatAreAllCanonical) {
  const std::vector<Bytes> inputs = evolve(1, 500);
  for (std::size_t i = 1; i < inputs.size(); ++i) EXPECT_EQ(encode(decode(inputs[i])), inputs[i]);
  EXPECT_GT(std::set<Bytes>(inputs.begin(), inputs.end()).size(), 400u);
}

TEST(MutatorAfl, TheSeedDecides) {
  EXPECT_EQ(evolve(7, 50), evolve(7, 50));
  EXPECT_NE(evolve(7, 50), evolve(8, 50));
}

TEST(MutatorAfl, ASecondInputIsCrossedIn) {
  const Bytes other = evolve(3, 30).back();
  EXPECT_NE(evolve(7, 50, &other), evolve(7, 50));
  EXPECT_EQ(evolve(7, 50, &other), evolve(7, 50, &other));
}

TEST(MutatorAfl, StaysWithinTheLimitWhateverItIs) {
  const Bytes large = evolve(5, 300).back();
  for (const std::size_t limit : {0u, 1u, 7u, 64u, 300u, 8192u, 1u << 20}) {
    Driver driver(9);
    for (unsigned i = 0; i < 100; ++i) {
      driver.fuzz(large, nullptr, limit);
      driver.fuzz(large, &large, limit);
    }
  }
}

TEST(MutatorAfl, TakesEmptyAndHugeInputs) {
  Driver driver(11);
  const Bytes huge(kMegabyte, 0xa5);
  const Bytes empty;
  for (const Bytes* other : {static_cast<const Bytes*>(nullptr), &empty, &huge}) {
    for (unsigned i = 0; i < 20; ++i) {
      EXPECT_FALSE(driver.fuzz(empty, other, kMegabyte).empty());
      EXPECT_FALSE(driver.fuzz(huge, other, kMegabyte).empty());
    }
  }
}

}  // namespace
}  // namespace concertina::fuzzers
