#include "base/hash.h"

#include <gtest/gtest.h>

namespace concertina {
namespace {

// Vigna's reference implementation of splitmix64 gives these from seed 1234567.
TEST(Hash, DrawsAreThoseOfSplitmix64) {
  std::uint64_t state = 1234567;
  for (const std::uint64_t expected :
       {6457827717110365317U, 3203168211198807973U, 9817491932198370423U}) {
    EXPECT_EQ(scatter(state += kGoldenRatio), expected);
  }
}

// What corpora and proofs were made with.
TEST(Hash, OfAWordIsWhatItWas) {
  EXPECT_EQ(hash_with(0, 1), 0x9e3779b97f4a7c15U ^ (0x9e3779b97f4a7c15U >> 29));
  EXPECT_NE(hash_with(hash_with(0, 1), 2), hash_with(hash_with(0, 2), 1));
}

}  // namespace
}  // namespace concertina
