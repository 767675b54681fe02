// The engines' door: what fits is the mutator's own result, what does not is made simpler.
#include "mutate/engine_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mutate/generate.h"
#include "mutate/mutate.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kRoom = 4096;

Input an_input(unsigned seed) {
  Random random(seed);
  return generate(random);
}

Input mutated(const Input& input, std::size_t max_size, unsigned seed) {
  Bytes buffer = encode(input);
  const std::size_t size = buffer.size();
  buffer.resize(std::max(size, max_size));
  return decode({buffer.data(), mutate_bytes(buffer.data(), size, max_size, seed)});
}

TEST(EngineBytes, AMutationIsTheMutators) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const Input before = an_input(seed);
    Input expected = before;
    Random random(seed + 1000);
    mutate(expected, random);
    EXPECT_EQ(mutated(before, kRoom, seed + 1000), expected) << seed;
  }
}

TEST(EngineBytes, ACrossoverIsTheMutators) {
  Bytes out(kRoom);
  for (unsigned seed = 0; seed < 200; ++seed) {
    const Input a = an_input(seed);
    const Input b = an_input(seed + 500);
    const Bytes a_bytes = encode(a);
    const Bytes b_bytes = encode(b);
    const std::size_t size = crossover_bytes(a_bytes.data(), a_bytes.size(), b_bytes.data(),
                                             b_bytes.size(), out.data(), out.size(), seed);
    Random random(seed);
    EXPECT_EQ(decode({out.data(), size}), crossover(a, b, random)) << seed;
  }
}

// Bytes that were cut are another input with other bytes.
bool is_whole(const Bytes& bytes) { return encode(decode(bytes)) == bytes; }

TEST(EngineBytes, WhatIsTooLongIsMadeSimplerNotCut) {
  unsigned shorter = 0;
  for (unsigned seed = 0; seed < 500; ++seed) {
    const Bytes a = encode(an_input(seed));
    const Bytes b = encode(an_input(seed + 500));
    Bytes out(60);  // an empty program and its schedule take less
    const std::size_t size =
        crossover_bytes(a.data(), a.size(), b.data(), b.size(), out.data(), out.size(), seed);
    out.resize(size);
    EXPECT_TRUE(is_whole(out)) << seed;
    Random random(seed);
    if (encode(crossover(decode(a), decode(b), random)).size() > 60) ++shorter;
  }
  EXPECT_GT(shorter, 100u);
}

TEST(EngineBytes, AnotherMutationThatFitsIsTriedFirst) {
  // With no room to grow, steps that add do not fit. Most results still are one mutation away: cut
  // or simplified ones would have lost half of something.
  unsigned small_steps = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    const Input before = an_input(seed);
    const std::size_t size = encode(before).size();
    const Input after = mutated(before, size, seed);
    for (unsigned skipped = 0; skipped < 4; ++skipped) {
      Random random(seed);
      Input expected;
      for (unsigned i = 0; i <= skipped; ++i) {
        expected = before;
        mutate(expected, random);
      }
      if (after == expected) {
        ++small_steps;
        break;
      }
    }
  }
  EXPECT_GT(small_steps, 160u);
}

TEST(EngineBytes, TheSmallestBufferGetsAPart) {
  const Bytes a = encode(an_input(1));
  for (const std::size_t room : {0u, 1u, 2u, 5u}) {
    Bytes out(room + 1, 0xa5);
    EXPECT_EQ(crossover_bytes(a.data(), a.size(), a.data(), a.size(), out.data(), room, 3), room);
    EXPECT_EQ(out[room], 0xa5);
    Bytes same(std::max<std::size_t>(room, 1));
    EXPECT_EQ(mutate_bytes(same.data(), 0, room, 3), room);
  }
}

}  // namespace
}  // namespace concertina::fuzzers
