#include "report/story.h"

#include <gtest/gtest.h>

#include "oracle/judge.h"
#include "report/testing.h"

namespace concertina::fuzzers {
namespace {

class Telling : public ::testing::Test {
 protected:
  Telling() { sample_.two_goroutines(); }
  Story told(const Verdict& verdict, const std::vector<ReportedAccess>& accesses = {}) {
    const Trace trace = sample_.trace();
    return tell(verdict, trace, Names(program_, trace), Picture::at_end(trace), accesses);
  }
  Program program_;
  Sample sample_;
};

TEST_F(Telling, ThereIsNoStoryOfAPass) { EXPECT_EQ(told({}).text, ""); }

TEST_F(Telling, EveryOracleMeansSomething) {
  for (const std::string_view oracle : oracle_names()) {
    EXPECT_NE(told({std::string(oracle), "kind", ""}).text, "") << oracle;
  }
}

TEST_F(Telling, TheEventThatAnOracleNamesIsMarkedAndSaid) {
  sample_.step(0, 2, Site::kChanReceiveLock, 16);
  sample_.step(0, 2, Site::kChanReceiveUnlock, 16);
  sample_.event(event::ReceivePark{.goroutine = 2, .channel = 1});
  const Verdict verdict{
      "channels", "parked though ready",
      "c1 is ready; at event 2: receive-park g2 c1 case_index=0 (thread 0, step 2)"};
  const Story story = told(verdict);
  EXPECT_EQ(story.marks.count(2), 1u);
  EXPECT_EQ(story.goroutines, (std::vector<GoroutineId>{2}));
  EXPECT_EQ(story.step, 2u);
  const Trace trace = sample_.trace();
  EXPECT_EQ(plain_detail(verdict, trace, Names(program_, trace)),
            "c0 is ready; at step 2: g0.0 queues on c0 to receive");
}

TEST_F(Telling, AStackFactIsSaidInWords) {
  sample_.step(0, 2, Site::kCopyStackHigh);
  sample_.event(event::PointerSeen{.goroutine = 2, .place = 176, .target = kOutsideStack});
  const Verdict verdict{"stack", "pointer outside the stack",
                        "a slot's target; at event 2: pointer-seen g2"};
  const Trace trace = sample_.trace();
  EXPECT_EQ(plain_detail(verdict, trace, Names(program_, trace)),
            "a slot's target; at step 1: a pointer of g0.0, at 176 below the stack's top");
}

TEST_F(Telling, AnEventThatIsNotThereIsNotBelieved) {
  const Verdict verdict{"channels", "x", "y; at event 99: ..."};
  EXPECT_TRUE(told(verdict).marks.empty());
}

TEST_F(Telling, ATransferIntoAStackThatIsBeingCopied) {
  sample_.step(1, kNoGoroutine, Site::kScanSuspend).path = kScannerPath;
  sample_.event(event::CopyBegin{.goroutine = 2});
  sample_.step(0, 1, Site::kChanSendLock, 16);
  sample_.event(
      event::LockAcquired{.goroutine = 1, .rank = LockRank::kChannel, .lock = 16, .order = 1});
  sample_.event(event::SendToReceiver{.goroutine = 1, .channel = 1, .partner = 2});
  sample_.step(0, 1, Site::kSudogElementLoad, 55);
  ReportedAccess access;
  access.what = "read of 8 bytes";
  access.thread = 0;
  access.step = 3;
  access.goroutine = 1;
  const Story story = told({"race", "data race", ""}, {access});
  EXPECT_TRUE(contains(story.text, "T1 is copying that very stack without holding the lock of c0."))
      << story.text;
  EXPECT_EQ(story.marks.at(3), "the access, a read of 8 bytes");
  EXPECT_EQ(story.goroutines, (std::vector<GoroutineId>{1, 2}));
}

TEST_F(Telling, ACopyUnderTheLockIsNotBlamedForItsLack) {
  sample_.step(1, kNoGoroutine, Site::kScanSuspend).path = kScannerPath;
  sample_.event(event::CopyBegin{.goroutine = 2});
  sample_.event(event::LockAcquired{.rank = LockRank::kChannel, .lock = 16, .order = 1});
  sample_.step(0, 1, Site::kChanSendLock, 21);
  sample_.event(
      event::LockAcquired{.goroutine = 1, .rank = LockRank::kChannel, .lock = 21, .order = 2});
  sample_.event(event::SendToReceiver{.goroutine = 1, .channel = 1, .partner = 2});
  const Story story = told({"race", "data race", ""}, {});
  EXPECT_TRUE(contains(story.text, "T1 is copying that very stack.")) << story.text;
}

TEST_F(Telling, ADeadProcessDiedInItsLastStep) {
  sample_.step(0, 2, Site::kBufferPut);
  EXPECT_EQ(told({"crash", "SIGSEGV", ""}).marks.at(1), "the process died in this step");
}

}  // namespace
}  // namespace concertina::fuzzers
