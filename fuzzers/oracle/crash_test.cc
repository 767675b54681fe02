// The samples in testdata/ are real reports of small programs (clang 19), cut to what matters.
#include "oracle/crash.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "oracle/stack_frame.h"

namespace concertina::fuzzers {
namespace {

std::string sample(const std::string& name) {
  std::ifstream file(std::string(CONCERTINA_SOURCE_DIR) + "/fuzzers/oracle/testdata/" + name +
                     ".txt");
  EXPECT_TRUE(file) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// By its reports alone.
Verdict reported(std::string_view text) { return judge_reports(text, /*ended_well=*/true); }

struct Sample {
  const char* name;
  const char* signature;
};

class Samples : public testing::TestWithParam<Sample> {};

TEST_P(Samples, HasItsSignature) {
  const Verdict verdict = judge_crash(SIGABRT, 0, sample(GetParam().name));
  EXPECT_EQ(verdict.signature(), GetParam().signature);
  EXPECT_FALSE(verdict.detail.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Real, Samples,
    testing::Values(
        Sample{"asan_use_after_free", "memory: heap-use-after-free in copy_range < copy_stack"},
        Sample{"asan_use_after_poison", "memory: use-after-poison in transfer < Channel::send"},
        Sample{"ubsan_then_asan_segv",
               "memory: member access within null pointer in unknown function"},
        Sample{"ubsan_overflow", "memory: signed integer overflow in RunQueue::next"},
        Sample{"ubsan_misaligned", "memory: load of misaligned address in read < decode"},
        Sample{"ubsan_without_stack", "memory: signed integer overflow in unknown function"},
        Sample{"tsan_race", "race: data race: copy_range < copy_stack | transfer_to_receiver"},
        Sample{"tsan_race_in_the_runtime",
               "race: data race: adjust_sudogs < copy_stack | "
               "transfer_from_sender < receive_now_or_wait"},
        Sample{"tsan_race_in_one_function", "race: data race: set_flag | set_flag < park"},
        Sample{"tsan_segv", "memory: SEGV in bad < outer"},
        Sample{"tsan_locked_mutex", "race: destroy of a locked mutex: unknown function"},
        Sample{"libfuzzer_abort", "crash: deadly signal in LLVMFuzzerTestOneInput"}));

TEST(Race, TheOrderOfTheAccessesDoesNotMatter) {
  const std::string a = "  Write of size 8 at 0x7b by thread T1:\n    #0 a /f.cc:1 (m+0x1)\n\n";
  const std::string b =
      "  Previous read of size 8 at 0x7b by thread T2 'scanner':\n    #0 b() <null> (m+0x1)\n\n";
  const std::string head = "WARNING: ThreadSanitizer: data race (pid=5)\n";
  EXPECT_EQ(reported(head + a + b).kind, "data race: a | b");
  EXPECT_EQ(reported(head + b + a).kind, "data race: a | b");
}

TEST(Race, TheDetailShowsBothAccesses) {
  const std::string detail = reported(sample("tsan_race_in_the_runtime")).detail;
  EXPECT_NE(detail.find("  Read of size 8"), std::string::npos);
  EXPECT_NE(detail.find("  Previous write of size 8"), std::string::npos);
}

TEST(Race, AStackThatIsLostIsStillASide) {
  const std::string text =
      "WARNING: ThreadSanitizer: data race (pid=5)\n"
      "  Write of size 8 at 0x7b by main thread:\n    #0 a /f.cc:1 (m+0x1)\n\n"
      "  Previous write of size 8 at 0x7b by thread T1:\n    [failed to restore the stack]\n\n";
  EXPECT_EQ(reported(text).kind, "data race: a | unknown function");
}

TEST(Crash, WithoutAReport) {
  EXPECT_EQ(judge_crash(SIGSEGV, 0, "").signature(), "crash: SIGSEGV");
  EXPECT_EQ(judge_crash(64, 0, "").signature(), "crash: signal 64");
  EXPECT_EQ(judge_crash(0, 3, "a\nb\n").signature(), "crash: exited early, exit status 3");
  EXPECT_NE(judge_crash(0, 3, "a\nb\n").detail.find("a\nb"), std::string::npos);
  EXPECT_FALSE(judge_crash(0, 0, "all is well\n").failed());
}

TEST(Crash, QuietTextHoldsNoReport) {
  EXPECT_FALSE(reported("#1 pulse cov: 3\n").failed());
  EXPECT_FALSE(reported("WARNING: something else\n").failed());
}

TEST(SanitizerText, FramesBecomeFunctions) {
  const auto of = [](const char* line) { return function_of_frame(line); };
  EXPECT_EQ(of("    #1 0x5f in concertina::sim::Channel::send(void*, int) const /x/c.cc:6:80"),
            "Channel::send");
  EXPECT_EQ(of("    #2 concertina::sim::(anonymous namespace)::walk(int) /x/c.cc:6 (b+0x1)"),
            "walk");
  EXPECT_EQ(of("    #3 void concertina::sim::f<int, std::vector<int>>(int&&) <null> (b+0x1)"), "f");
  EXPECT_EQ(of("    #4 concertina::threads::Queue<T*>::pop() <null> (b)"), "Queue::pop");
  EXPECT_EQ(of("    #5 operator() /x/c.cc:6:1 (b+0x1)"), "operator()");
  EXPECT_EQ(of("    #6 concertina::go(int)::$_0::operator()(int) const /x/c.cc:6:1"), "go");
  EXPECT_EQ(of("    #7 0x7f82a125a04f  (/lib/libc.so.6+0x3c04f)"), "<unknown>");
  EXPECT_EQ(of("    #8 <null> <null> (libstdc++.so.6+0xd44a2)"), "<unknown>");
  EXPECT_EQ(of("#9"), "");
  EXPECT_EQ(of("#2\tINITED cov: 2"), "");
  EXPECT_EQ(of("SUMMARY: x"), "");
}

TEST(SanitizerText, OneDefectHasOneNameInEveryRun) {
  const std::string first = sample("asan_use_after_poison");
  std::string second = first;  // as another process would write it
  for (char& c : second) {
    if (c == '5') c = '6';
  }
  EXPECT_EQ(reported(first).signature(), reported(second).signature());
}

TEST(SanitizerText, AnyTextIsJudged) {
  for (const char* text :
       {"ERROR: AddressSanitizer: ", "runtime error: ", "WARNING: ThreadSanitizer: ",
        "ERROR: libFuzzer: \n#0 (((<<<", "#0 operator", "#0 0x1 in operator("}) {
    judge_crash(SIGSEGV, 0, text);
    function_of_frame(text);
  }
  EXPECT_EQ(reported("ERROR: AddressSanitizer: ").kind, "unknown in unknown function");
}

}  // namespace
}  // namespace concertina::fuzzers
