#include "report/lanes.h"

#include <gtest/gtest.h>

#include "report/runtime_map.h"
#include "report/testing.h"

namespace concertina::fuzzers {
namespace {

/// g0 sends while the scanner looks at g0.0; some steps in between look for work.
class Lanes : public ::testing::Test {
 protected:
  Lanes() {
    program_.functions.resize(1);
    sample_.two_goroutines();
    sample_.step(0, 1, Site::kChanCloseLock, 16).is_decision = true;
    sample_.event(
        event::LockAcquired{.goroutine = 1, .rank = LockRank::kChannel, .lock = 16, .order = 1});
    sample_.step(0, kNoGoroutine, Site::kRunNextLoad);
    sample_.step(0, kNoGoroutine, Site::kSpinningLoad);
    sample_.step(1, kNoGoroutine, Site::kScanSuspend).path = kScannerPath;
    sample_.event(event::ScanBegin{.goroutine = 2});
    sample_.step(0, 1, Site::kChanClosedStore);
    sample_.event(event::Closed{.goroutine = 1, .channel = 1});
  }
  std::string shown(const LanesOptions& options) {
    const Trace trace = sample_.trace();
    return lanes(trace, Names(program_, trace), Ink(false), options);
  }
  Program program_;
  Sample sample_;
};

TEST_F(Lanes, ALaneAThreadAndALineAStep) {
  const auto line = [](std::string text, Site site, std::string_view hint) {
    const std::string source = position_of(site, hint);
    text.resize(80 - source.size(), ' ');
    return text + source + "\n";
  };
  EXPECT_EQ(shown({}),
            "    step  T0 machine: g0\n"
            "          |       T1 scanner\n" +
                line("      1 * [g0] chan-close-lock: lock of c0", Site::kChanCloseLock, "") +
                "     ... 2 steps of T0\n" +
                line("      4   |       [scanner] scan-suspend", Site::kScanSuspend, "scan/") +
                "          |       . the scanner has suspended g0.0\n" +
                line("      5   chan-closed-store: c0's closed", Site::kChanClosedStore, "") +
                "          . g0 closes c0\n");
}

TEST_F(Lanes, ASourceThatHasNoRoomBesideTheTextStandsBelow) {
  Step& step = sample_.step(7, 2, Site::kSudogElementStore);
  sample_.event(
      event::SendToReceiver{.goroutine = 2, .channel = 1, .partner = 1, .partner_case = 17});
  step.is_decision = true;
  for (ThreadId thread = 2; thread < 6; ++thread) sample_.step(thread, 2, Site::kChanSendLock, 16);
  for (const char c : shown({})) ASSERT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
  const std::string source = position_of(Site::kChanSendLock, "");
  EXPECT_TRUE(contains(shown({}), " " + source + "\n"));
}

TEST_F(Lanes, MarksTheStepsThatMatter) {
  LanesOptions options;
  options.marks[4] = "seen here";
  const std::string text = shown(options);
  EXPECT_TRUE(contains(text, ">>    4   "));
  EXPECT_TRUE(contains(text, "^ seen here"));
  EXPECT_FALSE(contains(text, ">>    5   "));
}

TEST_F(Lanes, ShowsNoMoreStepsThanAsked) {
  const std::string one = shown({.lines_max = 1});
  EXPECT_TRUE(contains(one, "      5   "));
  EXPECT_FALSE(contains(one, "chan-close-lock"));
  EXPECT_EQ(shown({.lines_max = 0}), "");
}

TEST_F(Lanes, AMarkedStepIsShownHoweverOld) {
  LanesOptions options;
  options.lines_max = 1;
  options.marks[2] = "";
  EXPECT_TRUE(contains(shown(options), "run-next-load"));
}

TEST_F(Lanes, KeepsItsWidth) {
  for (ThreadId thread = 2; thread < 8; ++thread) {
    sample_.step(thread, 2, Site::kSelectParkCommitUnlock, 16);
    sample_.event(
        event::ReceiveFromSender{.goroutine = 2, .channel = 1, .partner = 1, .partner_case = 17});
  }
  const std::string text = shown({});
  EXPECT_TRUE(contains(text, "[T7 g0.0]"));
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, 80u) << text.substr(begin, end - begin);
    begin = end + 1;
  }
}

TEST_F(Lanes, SaysWhatEachThreadWouldDoNext) {
  Trace trace = sample_.trace(Outcome::kHung);
  ThreadAtEnd waiting;
  waiting.thread = 0;
  waiting.site = Site::kSelectLock;
  waiting.object = 16;
  waiting.lock_holder = 1;
  trace.threads = {waiting};
  const std::string text = lanes(trace, Names(program_, trace), Ink(false), {});
  EXPECT_TRUE(contains(text, "     end "));
  EXPECT_TRUE(contains(text, "WAITS: select-lock: lock of c0, held by T1"));
}

TEST_F(Lanes, ColoursOnlyWhenAsked) {
  LanesOptions options;
  options.marks[4] = "x";
  const Trace trace = sample_.trace();
  EXPECT_FALSE(contains(shown(options), "\x1b"));
  EXPECT_TRUE(contains(lanes(trace, Names(program_, trace), Ink(true), options), "\x1b[1;31m"));
}

TEST(LanesOfNothing, AreNothing) {
  const Program program;
  const Trace trace;
  EXPECT_EQ(lanes(trace, Names(program, trace), Ink(false), {}), "");
}

TEST_F(Lanes, WhoCouldRunIsToldWhenTheFailureIsAboutThat) {
  sample_.step(0, kNoGoroutine, Site::kSpinningLoad);
  sample_.event(event::ProcessorIdle{.processor = 1});
  EXPECT_EQ(shown({}).find("processor 1 is idle"), std::string::npos);
  EXPECT_NE(shown({.tells_of_work = true}).find("processor 1 is idle"), std::string::npos);
}

}  // namespace
}  // namespace concertina::fuzzers
