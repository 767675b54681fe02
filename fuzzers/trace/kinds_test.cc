#include "trace/kinds.h"

#include <gtest/gtest.h>

namespace concertina::fuzzers {
namespace {

TEST(Kinds, HoldsWhatItWasMadeOfAndNothingElse) {
  constexpr Kinds kSome{EventKind::kChannelMade, EventKind::kEndCounts};
  for (unsigned kind = 0; kind < 256; ++kind) {
    const auto one = static_cast<EventKind>(kind);
    EXPECT_EQ(kSome.has(one), one == EventKind::kChannelMade || one == EventKind::kEndCounts);
  }
}

TEST(Kinds, OfTwoSetsHoldWhatEitherHolds) {
  constexpr Kinds kBoth = Kinds{EventKind::kClosed} | Kinds{EventKind::kExited};
  EXPECT_TRUE(kBoth.has(EventKind::kClosed) && kBoth.has(EventKind::kExited));
  EXPECT_FALSE(kBoth.has(EventKind::kParked));
}

}  // namespace
}  // namespace concertina::fuzzers
