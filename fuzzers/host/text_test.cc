#include "host/text.h"

#include <gtest/gtest.h>

#include "host/stopwatch.h"

namespace concertina::fuzzers {
namespace {

TEST(Text, IsOfPieces) {
  const std::string_view view = "c";
  EXPECT_EQ(text_of(), "");
  EXPECT_EQ(text_of("a", std::string("b"), view, 1, ~std::uint64_t{0}, std::uint8_t{7}, -2),
            "abc1184467440737095516157-2");
  EXPECT_EQ(decimal(1.25, 1) + " " + decimal(-0.5, 3) + " " + decimal(41.6, 0), "1.2 -0.500 42");
  EXPECT_EQ(decimal(1e300, 1).size(), 303U);
  EXPECT_EQ(hash_text(0x1f), "000000000000001f");
}

TEST(Stopwatch, GoesForward) {
  const Stopwatch watch;
  double last = watch.seconds();
  for (unsigned i = 0; i < 1000; ++i) {
    const double now = watch.seconds();
    EXPECT_GE(now, last);
    last = now;
  }
  while (watch.seconds() < 0.002) {
  }
}

}  // namespace
}  // namespace concertina::fuzzers
