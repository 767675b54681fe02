// What the searches hold themselves to: a state that is wrong on purpose ends the process with the
// rule's words.
#include <gtest/gtest.h>

#include <memory>

#include "verify/bounded.h"
#include "verify/fewer_preemptions.h"
#include "verify/happens_before.h"
#include "verify/source_dpor.h"
#include "verify/state_cache.h"

namespace concertina::fuzzers {
namespace {

TEST(StateCacheDeathTest, IsClearedBeforeItIsUsedAndCountsAsFarAsItsBitsGo) {
  StateCache cache;
  EXPECT_DEATH(cache.has_or_put(1 << 10, 0), "the table has room, a power of two");
  cache.clear(1 << 10);
  EXPECT_DEATH(cache.has_or_put(1 << 10, StateCache::kPreemptionsMax + 1), "fits its bits");
}

TEST(FootprintDeathTest, AnAccessIsToASlot) {
  Footprint step;
  EXPECT_DEATH(step.add({kSlots, Mode::kRead}), "an access is to a slot of the table");
}

TEST(HappensBeforeDeathTest, AThreadTakesNoStepBeforeItIsStarted) {
  HappensBefore order;
  order.clear();
  Footprint step;
  step.thread = 1;
  order.add(step);
  step.thread = 0;
  step.started = bit(1);
  EXPECT_DEATH(order.add(step), "a thread takes no step before it is started");
}

TEST(SearchDeathTest, IsStartedBeforeItRuns) {
  BoundedSearch bounded;
  EXPECT_DEATH(bounded.begin_run(), "a search that is done has no next run");
  const auto unbounded = std::make_unique<SourceDpor>();
  EXPECT_DEATH(unbounded->begin_run(), "a search that is done has no next run");
}

class Wrong final : public Following {
  ThreadId decide(ThreadMask, ThreadId, const Pending*) override { return 3; }
  std::uint32_t draw(std::uint32_t n, Site) override { return n; }
  void closed(const Footprint&) override {}
};

TEST(FollowingDeathTest, DecidesForAThreadThatIsEnabledAndDrawsInRange) {
  Wrong wrong;
  wrong.begin();
  wrong.started(0);
  wrong.started(1);
  const Pending pending[kThreadsMax] = {};
  EXPECT_DEATH(wrong.pick(bit(0) | bit(1), 0, pending), "decides for a thread that is enabled");
  EXPECT_DEATH(wrong.choose(2, Site::kTest, kMainPath), "an explorer draws in range");
  EXPECT_DEATH(wrong.started(1), "a thread starts once in a run");
  EXPECT_DEATH(wrong.executing(2, pending), "a thread that runs was started");
}

TEST(FewerPreemptionsDeathTest, BeginsWithARunWhoseLogIsWhole) {
  const auto log = std::make_unique_for_overwrite<RunLog>();
  log->clear();
  log->step_count = RunLog::kStepsMax;
  EXPECT_FALSE(can_be_reduced(*log));
  log->step_count = 0;
  log->draw_count = RunLog::kDrawsMax;
  EXPECT_FALSE(can_be_reduced(*log));
  EXPECT_DEATH(FewerPreemptions(*log, 1), "a run whose log is cut cannot be made again");
}

}  // namespace
}  // namespace concertina::fuzzers
