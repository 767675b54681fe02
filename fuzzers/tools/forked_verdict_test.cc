#include "tools/forked_verdict.h"

#include <gtest/gtest.h>

#include <csignal>

namespace concertina::fuzzers {
namespace {

Forked hung(const std::string& log) {
  Forked forked;
  forked.end = ForkedEnd::kHung;
  forked.hang = "It made no progress in 20.0 s of processor time and was killed.";
  forked.log = log;
  return forked;
}

constexpr const char* kRace =
    "WARNING: ThreadSanitizer: data race (pid=5)\n"
    "  Write of size 8 at 0x7b by main thread:\n"
    "    #0 concertina::a() /f.cc:1 (m+0x1)\n";

TEST(ForkedVerdict, OfARunThatHasHung) {
  EXPECT_EQ(verdict_of(hung("")).signature(), "progress: watchdog");
  EXPECT_EQ(verdict_of(hung("words of its own\n")).signature(), "progress: watchdog");
  EXPECT_EQ(verdict_of(hung("")).detail, hung("").hang);
}

TEST(ForkedVerdict, ASanitizerThatHangsOverItsReportHasReported) {
  const Verdict verdict = verdict_of(hung(kRace));
  EXPECT_EQ(verdict.signature(), "race: data race: a");
  EXPECT_NE(verdict.detail.find(hung("").hang), std::string::npos);
  EXPECT_EQ(verdict_of(hung("ThreadSanitizer:DEADLYSIGNAL\n")).signature(),
            "memory: deadly signal in unknown function");
}

TEST(ForkedVerdict, OfOneThatDied) {
  Forked forked;
  forked.signal = SIGSEGV;
  EXPECT_EQ(verdict_of(forked).signature(), "crash: SIGSEGV");
  forked.signal = 0;
  EXPECT_EQ(verdict_of(forked).signature(), "crash: ended without an answer");
  forked.exit_status = 66;
  EXPECT_EQ(verdict_of(forked).signature(), "crash: exited early, exit status 66");
  forked.log = kRace;
  EXPECT_EQ(verdict_of(forked).signature(), "race: data race: a");
}

}  // namespace
}  // namespace concertina::fuzzers
