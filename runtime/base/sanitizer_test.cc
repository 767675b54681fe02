#include "base/sanitizer.h"

#include <gtest/gtest.h>

namespace concertina::sanitizer {
namespace {

TEST(Sanitizer, PoisonCoversTheRangeAndNothingElse) {
  alignas(8) unsigned char memory[32] = {};
  poison(memory + 8, 16);
  EXPECT_FALSE(is_poisoned(memory + 7));
  EXPECT_EQ(is_poisoned(memory + 8), kSeesPoison);
  EXPECT_EQ(is_poisoned(memory + 23), kSeesPoison);
  EXPECT_FALSE(is_poisoned(memory + 24));
  unpoison(memory + 8, 16);
  for (const unsigned char& byte : memory) EXPECT_FALSE(is_poisoned(&byte));
}

}  // namespace
}  // namespace concertina::sanitizer
