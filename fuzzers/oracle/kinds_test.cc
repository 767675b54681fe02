#include "oracle/kinds.h"

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

}  // namespace
}  // namespace concertina::fuzzers
