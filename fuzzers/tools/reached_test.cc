// Each place at which a goroutine may be struck has a seed that strikes it there. Campaigns begin
// with these, so a seed that has lost its place would be missed by nobody else.
#include "tools/reached.h"

#include <gtest/gtest.h>

#include "input/load.h"
#include "tools/child.h"

namespace concertina::fuzzers {
namespace {

/// In a child, as all runs of this program: ThreadSanitizer does not carry fibers across a fork,
/// and after a run in this process those in the children of other tests would show races.
Features reached_by(const std::string& seed) {
  CaseFile file;
  EXPECT_EQ(load(std::string(CONCERTINA_SOURCE_DIR) + "/corpus/seeds/" + seed + ".case", file), "");
  const ChildRun child = run_in_child(file.input, {});
  EXPECT_FALSE(child.died) << seed;
  return features_of(file.input, child.trace);
}

TEST(Reached, EachAdversarialPointHasItsSeed) {
  const struct {
    const char* seed;
    Feature feature;
  } kRows[] = {
      {"stop-in-a-woken-send", kStopsInSend},
      {"stop-in-a-woken-receive", kStopsInReceive},
      {"stop-in-a-woken-select", kStopsInWokenSelect},
      {"stop-between-unlock-and-ready", kStopsBeforeReady},
      {"stop-in-a-close", kStopsInClose},
      {"event-shrink", kShrinksItselfInside},
      {"event-interrupt", kInterrupts},
      {"request-wiped-out-by-a-copy", kRequestsWipedOut},
      {"request-in-a-system-call", kRequestsInSyscall},
      {"request-put-off-under-a-lock", kRequestsPutOff},
      {"steal-while-the-owner-puts", kStealsBesidePut},
      {"two-scans-at-once", kTwoScans},
      {"event-assist", kAssists},
      {"event-assist", kParkingIsHeld},
      {"two-assists-at-once", kRunningIsHeld},
      {"two-assists-at-once", kAssistIsScanned},
      {"assist-against-the-scanner", kAssistIsScanned},
      {"assist-against-the-scanner", kAssistShrinks},
      {"freed-stack-becomes-a-buffer", kStackBecomesObjects},
      {"freed-stack-becomes-another", kStackBecomesOther},
      {"scan-keeps-free-spans", kSpansKeptBack},
      {"knob-adaptive-start", kStartsLarge},
      {"knob-adaptive-start", kCachesFlushed},
  };
  for (const auto& row : kRows) {
    const Features features = reached_by(row.seed);
    EXPECT_TRUE(features[row.feature]) << row.seed;
    EXPECT_FALSE(features[kFails]) << row.seed;
  }
}

TEST(Reached, AStopBeforeAFunctionsFirstStepIsNotInsideIt) {
  const Features features = reached_by("event-preempt");
  for (const Feature feature : {kStopsInSend, kStopsInReceive, kStopsInSelect, kStopsInClose,
                                kStopsBeforeReady, kInterrupts}) {
    EXPECT_FALSE(features[feature]) << unsigned{feature};
  }
  EXPECT_TRUE(features[kBlocks]);
}

}  // namespace
}  // namespace concertina::fuzzers
