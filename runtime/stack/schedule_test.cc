// The status gate under a chosen schedule, and sizes that hold for the simulator.
#include <gtest/gtest.h>

#include "stack/testing.h"

namespace concertina::test {
namespace {

constexpr Site kSite = Site::kTest;

// These decide what an idle goroutine and each wait cost, and what is copied with each frame. They
// may change, but never by accident: measure before and after, then write the new number here.
TEST(StructSizes, AreWhatWasMeasured) {
  EXPECT_EQ(sizeof(FrameHeader), 32u) << "is part of every frame and of each copy";
  EXPECT_EQ(sizeof(Stack), 24u) << "is passed by value";
  EXPECT_EQ(sizeof(Sudog), 64u) << "each goroutine that waits has one per case";
  EXPECT_EQ(sizeof(Goroutine), 248u) << "each goroutine has one, dead or alive";
}

TEST(StatusGate, WaitsAgainWhenTheNextSuspenderIsFaster) {
  // Thread 0 is woken by the end of the first suspension but resumed in the middle of the second.
  Switches switches({{.from = 0, .site = Site::kScanSuspend, .to = 1}});
  const RunResult run = run_body(switches, [] {
    Goroutine& g = make_goroutine(make_pool());
    g.status.plant(kWaiting);
    start([&g] {
      for (std::uint32_t i = 0; i < 2; ++i) {
        EXPECT_TRUE(cas_to_scan(g, kWaiting, kSite));
        platform::sleep_ns(1, kSite);
        say(i);
        cas_from_scan(g, kWaiting, kSite);
      }
    });
    cas_status(g, kWaiting, kRunnable, Site::kScanSuspend);
    say(9);
  });
  EXPECT_TRUE(switches.all_fired());
  EXPECT_EQ(run.said(), (std::vector<std::uint32_t>{0, 1, 9}));
}

}  // namespace
}  // namespace concertina::test
