// run_main under chosen schedules. Programs that need none are in programs_test.cc.
#include "go.h"

#include <gtest/gtest.h>

#include "scan/testing.h"
#include "testing.h"

namespace concertina {
namespace {

using namespace test;

TEST(RunMain, ScannerIsThere) {
  const Body main({scan_and_wait(), note(1, 1)});
  Random random(1);
  RunSetup setup;
  setup.chooser = &random;
  const auto run = run_go({}, main, setup);
  EXPECT_EQ(run.ending(), "exit: ");
  EXPECT_EQ(run.count(EventKind::kScanBegin, 1), 1u);
}

// No machine sleeps then, because there is none.
TEST(RunMain, AScanBeforeTheFirstGoroutineEndsNothing) {
  const Body main({note(1, 7)});
  for (std::uint32_t steps = 0; steps < 20; ++steps) {
    DelayChooser delay(kScannerThread, steps);
    RunSetup setup;
    setup.chooser = &delay;
    const auto run = run_thread(setup, [&] {
      run_main(setup.knobs, main.function(), nullptr,
               [](Runtime&, void*) { platform::post_scan_request({}); });
    });
    ASSERT_EQ(run.ending(), "exit: ") << steps;
    ASSERT_EQ(run.notes(1), std::vector<std::uint32_t>{7}) << steps;
  }
}

TEST(RunMain, EqualSchedulesGiveEqualRuns) {
  const Body child({loop(3, {send(1, 4), yield()}), system_call()});
  const Body main({go(child), go(child), loop(6, {receive(1), scan()})});
  const auto hash = [&](std::uint64_t seed) {
    Random random(seed);
    RunSetup setup;
    setup.chooser = &random;
    return run_go({{}}, main, setup).report.hash;
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) EXPECT_EQ(hash(seed), hash(seed));
  EXPECT_NE(hash(1), hash(2));
}

}  // namespace
}  // namespace concertina
