// The samples in testdata/reports are named COMPILER-SHAPE.txt. They are real reports of
// testdata/shapes.cc and, those that clang 19 and glibc have alone, testdata/more_shapes.cc, cut to
// five frames a stack. "written-..." are by hand, after public ones, for compilers and shapes that
// were not to be had. The table says what each comes to.
#include "oracle/sanitizer_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <set>
#include <sstream>

#include "oracle/crash.h"
#include "oracle/report_text.h"

namespace concertina::fuzzers {
namespace {

std::filesystem::path folder() {
  return std::string(CONCERTINA_SOURCE_DIR) + "/fuzzers/oracle/testdata/reports";
}

std::string sample(const std::string& name) {
  std::ifstream file(folder() / (name + ".txt"));
  EXPECT_TRUE(file) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

constexpr const char* kAll =
    "clang14 clang15 clang16 clang17 clang18 clang19 clang21 clang22 gcc11 gcc12 gcc13 gcc14";
constexpr const char* kClang = "clang14 clang15 clang16 clang17 clang18 clang19 clang21 clang22";
constexpr const char* kGcc = "gcc11 gcc12 gcc13 gcc14";
constexpr const char* kTwo = "clang19 gcc12";

struct Row {
  const char* compilers;
  const char* shape;
  const char* signature;
};

constexpr Row kRows[] = {
    {kAll, "const-ref", "memory: heap-use-after-free in Frame::at < visit"},
    {kAll, "lambda", "memory: heap-use-after-free in Frame::walk < Frame::walk"},
    {kAll, "bool", "memory: heap-use-after-free in Slot::operator bool < run"},
    {kAll, "double-free", "memory: attempting double-free in release_sudog < release_all"},
    {kAll, "pointers", "memory: heap-use-after-free in choose < run"},
    {kAll, "clone", "memory: heap-use-after-free in copy_part < copy_stack"},
    {kAll, "inlined", "memory: heap-use-after-free in peek < peek_twice"},
    {kAll, "overflow-colour", "memory: signed integer overflow in next < run"},
    {kClang, "tsan-race", "race: data race: Channel::send < race | Channel::send < race"},
    {kClang, "tsan-race-colour", "race: data race: Channel::send < race | Channel::send < race"},
    // gcc's stack through std::thread has lost whose lambda it was.
    {kGcc, "tsan-race", "race: data race: Channel::send | Channel::send < race"},
    {kGcc, "tsan-race-colour", "race: data race: Channel::send | Channel::send < race"},
    {"clang14 clang15 clang16 clang17 clang18 clang19 gcc12 gcc13 gcc14", "check",
     "crash: AddressSanitizer's internal error: CHECK failed at asan_flags.cpp:156 in unknown "
     "function"},
    {"clang21 clang22", "check",
     "crash: AddressSanitizer's internal error: CHECK failed at asan_flags.cpp:170 in unknown "
     "function"},
    {"gcc11", "check",  // before it knows its own name
     "crash: Sanitizer's internal error: CHECK failed at asan_flags.cpp:156 in unknown function"},
    {kTwo, "colour", "memory: heap-use-after-free in Frame::at < visit"},
    {kTwo, "no-symboliser", "memory: heap-use-after-free in unknown function"},
    {kTwo, "abi", "memory: heap-use-after-free in name < run"},
    {kTwo, "rvalue", "memory: heap-use-after-free in Frame::take < run"},
    {kTwo, "index", "memory: heap-use-after-free in Slot::operator[] < run"},
    {kTwo, "deep", "memory: stack-overflow in deep < deep"},
    {kTwo, "size", "memory: requested allocation size in run"},
    {kTwo, "overflow", "memory: signed integer overflow in next < run"},
    {kTwo, "no-memory",
     "crash: AddressSanitizer's internal error: failed to allocate in unknown function"},
    {kTwo, "tsan-segv", "memory: SEGV in peek < peek_twice"},
    {kTwo, "tsan-order", "race: lock-order-inversion (potential deadlock): lock_both < run"},
    {kTwo, "tsan-thread-leak", "race: thread leak: leak_thread < run"},
    {"clang19", "segv", "memory: SEGV in peek < peek_twice"},
    {"gcc12", "segv", "memory: SEGV in peek_twice < run"},
    {"clang19", "leak", "memory: detected memory leaks in leak < run"},
    {"clang19", "msan", "memory: use-of-uninitialized-value in sees_uninitialised < run"},
    {"clang19", "rss-limit", "memory: hard rss limit exhausted in unknown function"},
    {"clang19", "tsan-dangling",
     "race: heap-use-after-free: Waiter::~Waiter < frees | uses < dangling"},
    {"clang19", "tsan-signals", "race: signal-unsafe call inside of a signal: handler < signals"},
    {"clang19", "tsan-unlocks",
     "race: unlock of an unlocked mutex (or by a wrong thread): unlocks < run"},
    {"clang19", "libfuzzer-memory", "crash: out-of-memory in unknown function"},
    {"clang19", "libfuzzer-timeout", "crash: timeout after seconds in LLVMFuzzerTestOneInput"},
    {"glibc", "asserts", "crash: SIGABRT: Assertion `n > 3 && \"room for it\"' failed."},
    {"glibc", "smash", "crash: SIGABRT: stack smashing detected"},
    {"glibc", "throws",  // "what():  runtime error: ..." is no report
     "crash: SIGABRT: terminate called after throwing an instance of 'std::runtime_error'"},

    {"written", "clang20-lambda", "memory: heap-use-after-free in Frame::walk < each"},
    {"written", "clang19-blanks-in-paths", "memory: SEGV in Queue::pop < choose"},
    {"written", "clang15-hwasan", "memory: tag-mismatch in Slot::operator[] < operator<<"},
    {"written", "clang16-tsan-vptr",
     "race: data race on vptr (ctor/dtor vs virtual call): "
     "Waiter::~Waiter < SelectWaiter::~SelectWaiter | unknown function"},
    {"written", "gcc14-leak", "memory: detected memory leaks in make_sudog < park"},
    {"written", "clang19-ubsan-minimal", "memory: add-overflow in unknown function"},
    {"written", "clang21-summary-alone", "memory: double-free in release_sudog"},
    {"written", "clang19-signal-alone", "memory: deadly signal in unknown function"},
    {"written", "clang18-check-on-the-way", "memory: stack-use-after-scope in unknown function"},
    {"written", "clang18-check-with-frames",
     "crash: AddressSanitizer's internal error: CHECK failed at asan_thread.cpp:383 in copy_stack "
     "< shrink_stack"},
    {"written", "clang14-tsan-check",
     "crash: ThreadSanitizer's internal error: CHECK failed at tsan_rtl.cpp:420 in run_machine"},
    {"written", "gcc9-check",
     "crash: AddressSanitizer's internal error: CHECK failed at sanitizer_posix_libcdep.cc:179 in "
     "Machine::start < start_machine"},
    {"written", "clang17-tsan-mapping",
     "crash: ThreadSanitizer's internal error: unexpected memory mapping in unknown function"},
    {"written", "gcc11-nested",
     "crash: AddressSanitizer's internal error: nested bug in the same thread in unknown function"},
    {"written", "clang13-lsan-fatal",
     "crash: LeakSanitizer's internal error: a fatal error in unknown function"},
    {"written", "glibc-double-free", "crash: SIGABRT: free(): double free detected in tcache"},
};

struct Sample {
  std::string name;
  std::string signature;
};

std::ostream& operator<<(std::ostream& out, const Sample& sample) { return out << sample.name; }

std::vector<Sample> samples() {
  std::vector<Sample> result;
  for (const Row& row : kRows) {
    std::istringstream compilers(row.compilers);
    for (std::string compiler; compilers >> compiler;)
      result.push_back({compiler + "-" + row.shape, row.signature});
  }
  return result;
}

std::string signature_of(std::string_view text) {
  return judge_crash(SIGABRT, 0, text).signature();
}

/// The text with `line` before each of its lines, and at its end.
std::string with_line_between(const std::string& text, const std::string& line) {
  std::string result = line;
  for (const char c : text) {
    result += c;
    if (c == '\n') result += line;
  }
  return result;
}

class Reports : public testing::TestWithParam<Sample> {
 protected:
  const std::string text_ = sample(GetParam().name);
  const std::string& signature_ = GetParam().signature;
};

TEST_P(Reports, HasItsSignature) { EXPECT_EQ(signature_of(text_), signature_); }

TEST_P(Reports, IsTheSameWhateverElseIsWrittenInBetween) {
  for (const char* const line :
       {"the program says something\n", "\n", "#2\tpulse  cov: 3 ft: 7\n", "#1 of 7 is done\n",
        "==99==WARNING: Can't read from symbolizer at fd 5\n",
        "llvm-symbolizer: error: '[stack]': No such file or directory\n",
        "LLVMSymbolizer: error reading file: no such file\n", "SUMMARY: 3 of 7\n",
        "warning: x.cc:12:7: unused\n"}) {
    EXPECT_EQ(signature_of(with_line_between(text_, line)), signature_) << line;
  }
}

TEST_P(Reports, IsTheSameWithColoursAndWithEndsOfLinesOfOthers) {
  std::string coloured, dos;
  for (const char c : text_) {
    if (c == '\n') dos += '\r';
    dos += c;
    coloured += c;
    if (c == ' ' || c == ':' || c == '\n') coloured += "\x1b[1m\x1b[38;5;1m";
  }
  EXPECT_EQ(signature_of(coloured), signature_);
  EXPECT_EQ(signature_of(dos), signature_);
  EXPECT_EQ(judge_crash(SIGABRT, 0, coloured).detail, judge_crash(SIGABRT, 0, text_).detail);
}

INSTANTIATE_TEST_SUITE_P(Table, Reports, testing::ValuesIn(samples()), [](const auto& row) {
  std::string name = row.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(ReportsTable, HasEverySample) {
  std::set<std::string> in_table, in_folder;
  for (const Sample& one : samples()) in_table.insert(one.name);
  for (const auto& file : std::filesystem::directory_iterator(folder()))
    in_folder.insert(file.path().stem());
  EXPECT_EQ(in_table, in_folder);
}

TEST(SanitizerReport, StacksEndWhereTheNextOnesBegin) {
  const std::string text =
      "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x5\n"
      "    #0 0x1 in concertina::a() /x.cc:1\n"
      "freed by thread T0 here:\n"  // without a blank line
      "    #0 0x1 in concertina::b() /x.cc:2\n"
      "a line\n\n"
      "    #1 0x1 in concertina::c() /x.cc:3\n"
      "    #3 0x1 in concertina::d() /x.cc:3\n"
      "==7==ERROR: AddressSanitizer: SEGV on unknown address 0x0\n"
      "    #0 0x1 in concertina::e() /x.cc:4\n"
      "SUMMARY: AddressSanitizer: SEGV\n"
      "    #1 0x1 in concertina::f() /x.cc:4\n";
  const std::vector<std::string_view> lines = split_lines(text);
  const std::vector<SanitizerReport> reports = read_reports(lines);
  ASSERT_EQ(reports.size(), 2u);
  ASSERT_EQ(reports[0].stacks.size(), 2u);
  EXPECT_EQ(reports[0].where(), "a");
  EXPECT_EQ(reports[0].stacks[1].top_functions(), "b < c");
  EXPECT_EQ(reports[0].stacks[1].heading, "freed by thread T0 here:");
  EXPECT_EQ(reports[1].where(), "e");
}

TEST(SanitizerReport, WhoseStackIsLostHasNotTheNextOne) {
  const std::string freed = "freed by thread T0 here:\n    #0 0x1 in concertina::b() /x.cc:2\n";
  const std::string head = "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x5\n";
  EXPECT_EQ(signature_of(head + freed), "memory: heap-use-after-free in unknown function");
  const std::string unknown =
      "as another version might say:\n    #0 0x1 in concertina::c() /x.cc:3\n";
  EXPECT_EQ(signature_of(head + "    <empty stack>\n\n" + unknown),
            "memory: heap-use-after-free in unknown function");
}

TEST(SanitizerReport, AnAccessWithoutFramesHasNotTheNextStack) {
  EXPECT_EQ(signature_of("WARNING: ThreadSanitizer: data race (pid=5)\n"
                         "  Write of size 8 at 0x7b by main thread:\n"
                         "    #0 concertina::a() /f.cc:1 (m+0x1)\n\n"
                         "  Previous write of size 8 at 0x7b by thread T1:\n\n"
                         "  Thread T1 (tid=5, running) created by main thread at:\n"
                         "    #0 concertina::c() /f.cc:9 (m+0x1)\n"),
            "race: data race: a | unknown function");
}

TEST(SanitizerReport, ARaceIsToldBeforeWhatFollowsFromIt) {
  const std::string race = sample("clang19-tsan-race"), segv = sample("clang19-tsan-segv");
  EXPECT_EQ(signature_of(race + segv), signature_of(race));
  EXPECT_EQ(signature_of(segv + race), signature_of(race));
  const std::string check = sample("clang19-check"), free = sample("gcc12-double-free");
  EXPECT_EQ(signature_of(free + check), signature_of(free));
  EXPECT_EQ(signature_of(check + free), signature_of(check));
  EXPECT_EQ(signature_of(sample("clang19-libfuzzer-timeout") + free), signature_of(free));
}

TEST(SanitizerReport, ASanitizersDeathIsNeverOfAnotherKind) {
  for (const Sample& one : samples()) {
    const std::string text = sample(one.name);
    for (const int signal : {0, SIGABRT, SIGSEGV, SIGKILL}) {
      const Verdict verdict = judge_crash(signal, 1, text);
      EXPECT_TRUE(verdict.failed());
      if (text.find("Sanitizer") == std::string::npos) continue;
      EXPECT_EQ(verdict.signature(), one.signature) << "signal " << signal;
    }
  }
}

TEST(SanitizerReport, WhatIsNoReportIsNone) {
  for (const char* const text :
       {"panic: runtime error: index out of range\n", "  what():  runtime error: no\n",
        "==7==WARNING: AddressSanitizer failed to allocate 0x7f bytes\n",
        "==7==AddressSanitizer: libc interceptors initialized\n",
        "ThreadSanitizer: reported 1 warnings\n", "MyErrorSanitizerPass: done\n",
        "==7==HINT: LeakSanitizer does not work under ptrace\n",
        "AddressSanitizer can not provide additional info.\n", "ubsan: \n"}) {
    EXPECT_EQ(signature_of(text), "crash: SIGABRT") << text;
    EXPECT_FALSE(judge_crash(0, 0, text).failed()) << text;
  }
}

std::set<std::string> functions_in(std::string_view text) {
  std::set<std::string> functions;
  const std::vector<std::string_view> lines = report_lines(text);
  for (const SanitizerReport& report : read_reports(lines)) {
    for (const ReportedStack& stack : report.stacks) {
      for (const StackFrame& frame : stack.frames) functions.insert(frame.function);
    }
  }
  return functions;
}

// A process was killed, or its disk was full, while it wrote.
TEST(SanitizerReport, WhoseLogIsCutAnywhereNamesNobodyElse) {
  for (const char* const name : {"clang19-const-ref", "clang19-lambda", "clang19-bool",
                                 "clang19-tsan-race", "clang19-no-symboliser", "gcc12-pointers",
                                 "gcc12-abi", "gcc12-tsan-order", "written-clang15-hwasan"}) {
    const std::string whole = sample(name);
    const std::set<std::string> functions = functions_in(whole);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string cut = whole.substr(0, size);
      for (const std::string& function : functions_in(cut))
        EXPECT_TRUE(functions.contains(function)) << name << ", " << size << ": " << function;
    }
  }
  EXPECT_EQ(signature_of("==7==ERROR: AddressSanitizer: SEGV on unknown address\n"
                         "    #0 0x1 in concertina::a() /x.cc:1\n    #1 0x1 in concertina::b"),
            "memory: SEGV in a");
}

// libFuzzer's -malloc_limit_mb has the size in it.
TEST(SanitizerReport, SizesAreNoPartOfASignature) {
  for (const char* const size : {"1", "2147483649"}) {
    EXPECT_EQ(signature_of("==7== ERROR: libFuzzer: out-of-memory (malloc(" + std::string(size) +
                           "))\n    #0 0x1 in concertina::a() /x.cc:1\n"),
              "crash: out-of-memory in a");
  }
}

TEST(SanitizerReport, RemaindersCountForTheDeadOnly) {
  EXPECT_FALSE(judge_crash(0, 0, "ThreadSanitizer:DEADLYSIGNAL\n").failed());
  EXPECT_TRUE(judge_crash(0, 0, sample("gcc12-overflow")).failed());  // reported, and went on
  EXPECT_FALSE(judge_reports("ThreadSanitizer:DEADLYSIGNAL\n", true).failed());
  EXPECT_FALSE(
      judge_reports("SUMMARY: ThreadSanitizer: data race /x.cc:1 in f()\n", true).failed());
  EXPECT_EQ(signature_of("SUMMARY: ThreadSanitizer: data race x.cc:1 in concertina::f(int)\n"),
            "race: data race: f");
}

}  // namespace
}  // namespace concertina::fuzzers
