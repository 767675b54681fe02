#include "host/patience.h"

#include <gtest/gtest.h>

namespace concertina::fuzzers {
namespace {

constexpr PatienceLimits kLimits{.works_s = 20, .sleeps_s = 200, .look_max_s = 0.5};

/// After how many looks, that many seconds apart, it is found to hang; 0: never in a day.
struct Life {
  double apart_s;
  double processor_s;  // of that
  bool is_asleep;
  bool has_progress = false;
};
unsigned looks_until_hung(const Life& life) {
  Patience patience(kLimits);
  const auto looks_max = static_cast<unsigned>(24 * 3600 / life.apart_s);
  for (unsigned i = 0; i < looks_max; ++i) {
    const PatienceLook look{.progress = life.has_progress ? i : 7,
                            .processor_s = 3 + i * life.processor_s,
                            .wall_s = 1000 + i * life.apart_s,
                            .is_asleep = life.is_asleep};
    if (!patience.look(look)) return i + 1;
  }
  return 0;
}

TEST(Patience, WorkWithoutProgressHangs) {
  EXPECT_EQ(looks_until_hung({.apart_s = 0.25, .processor_s = 0.25, .is_asleep = false}), 81U);
}

TEST(Patience, WhoGetsLittleOfTheProcessorHasAsMuchOfItsTime) {
  EXPECT_EQ(looks_until_hung({.apart_s = 0.25, .processor_s = 0.0625, .is_asleep = false}), 321U);
}

TEST(Patience, SleepWithoutProgressHangsMuchLater) {
  EXPECT_EQ(looks_until_hung({.apart_s = 0.25, .processor_s = 0, .is_asleep = true}), 801U);
}

TEST(Patience, WhoIsStoppedOrGetsNoProcessorDoesNotHang) {
  EXPECT_EQ(looks_until_hung({.apart_s = 0.25, .processor_s = 0, .is_asleep = false}), 0U);
}

TEST(Patience, WhoGetsOnDoesNotHang) {
  for (const bool is_asleep : {false, true}) {
    EXPECT_EQ(
        looks_until_hung(
            {.apart_s = 0.25, .processor_s = 0.25, .is_asleep = is_asleep, .has_progress = true}),
        0U);
  }
}

TEST(Patience, ALookAfterALongPauseOfTheOneWhoLooksCountsForLittle) {
  Patience patience(kLimits);
  EXPECT_TRUE(patience.look({.progress = 1, .processor_s = 1, .wall_s = 0, .is_asleep = true}));
  EXPECT_TRUE(patience.look({.progress = 1, .processor_s = 1, .wall_s = 1e6, .is_asleep = true}));
  EXPECT_EQ(patience.sleeps_s(), kLimits.look_max_s);
}

TEST(Patience, ThreadsAtWorkTogetherUseNoMoreThanThePassingTime) {
  EXPECT_EQ(looks_until_hung({.apart_s = 0.25, .processor_s = 1, .is_asleep = false}), 81U);
}

}  // namespace
}  // namespace concertina::fuzzers
