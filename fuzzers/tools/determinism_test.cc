// `determinism` and `run` with a run that differs, or ends its process: each input is named with
// what it did, and the others are run all the same.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "host/files.h"
#include "host/own_process_testing.h"
#include "host/program.h"
#include "tools/commands.h"
#include "tools/generator.h"

namespace concertina::fuzzers {
namespace {

constexpr char kCase[] = CONCERTINA_SOURCE_DIR "/corpus/litmus/ping-pong.case";
constexpr std::uint64_t kSeed = 7;

bool is_generated(const Input& input, std::uint64_t index) {
  return input.schedule.seed == generated_input(kSeed, index).schedule.seed;
}

/// A sanitizer's report at generated input 1, an exit at 2; 3 has another hash each time.
Trace run_badly(const Input& input) {
  static std::uint64_t runs = 0;
  if (is_generated(input, 1)) {
    std::fprintf(stderr,
                 "ERROR: AddressSanitizer: heap-use-after-free on address 0x1\n"
                 "    #0 0x1 in adjust /x/y.cc:1:2\n");
    std::_Exit(1);
  }
  if (is_generated(input, 2)) std::_Exit(1);
  Trace trace = run(input);
  if (is_generated(input, 3)) trace.hash += ++runs;
  return trace;
}

/// Dies under seed 5.
Trace run_until_five(const Input& input) {
  if (input.schedule.seed == 5) std::_Exit(1);
  return run(input);
}

struct Ended {
  int code;
  std::string said, complained;

  std::ptrdiff_t lines() const { return std::count(said.begin(), said.end(), '\n'); }
  bool has(const std::string& piece) const { return said.find(piece) != std::string::npos; }
};

template <class Command>
Ended end_of(const Command& command) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = command();
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

Ended determinism_of(DeterminismOptions options) {
  options.generated = 5;
  options.seed = kSeed;
  return end_of([&] { return determinism(options); });
}

// Children come before the first run of a process (host/forked.h).
TEST(Determinism, ADeathIsNoDifferenceAndTheOthersAreRun) {
  in_own_process([] {
    const Ended ended = determinism_of({.files = {kCase}, .json = true, .run = &run_badly});
    EXPECT_EQ(ended.code, kExitFailed);
    EXPECT_EQ(ended.lines(), 6) << ended.said;
    EXPECT_TRUE(ended.has("\"generated-7-1\", \"signature\": \"memory: heap-use-after-free"))
        << ended.said;
    EXPECT_TRUE(
        ended.has("\"generated-7-2\", \"signature\": \"crash: exited early, exit status 1\""));
    EXPECT_TRUE(ended.has("\"generated-7-3\", \"signature\": \"determinism: hashes differ\""));
    EXPECT_TRUE(ended.has("\"generated-7-4\", \"signature\": \"pass\""));
  });
}

TEST(Determinism, TheLinesThatBuildsCompareAreThoseOfOneProcess) {
  in_own_process([] {
    const Ended bad = determinism_of({.files = {}, .after = 3, .run = &run_badly});
    const Ended good = determinism_of({.files = {}, .after = 3});
    EXPECT_EQ(bad.code, kExitFailed);
    EXPECT_EQ(good.code, kExitAsExpected);
    EXPECT_EQ(good.complained, "");
    EXPECT_EQ(good.lines(), 5);
    EXPECT_EQ(bad.lines(), 5);
    EXPECT_TRUE(bad.has("generated-7-2 died: crash: exited early, exit status 1\n")) << bad.said;
    const std::string first = good.said.substr(0, good.said.find('\n') + 1);
    const std::string last = good.said.substr(good.said.rfind("generated-7-4"));
    EXPECT_TRUE(bad.has(first)) << first << bad.said;
    EXPECT_TRUE(bad.has(last)) << last << bad.said;
    EXPECT_NE(bad.complained.find("generated-7-3: determinism: hashes differ"), std::string::npos);
  });
}

TEST(Run, ADeathHasItsSeedAndTheOthersAreRun) {
  in_own_process([] {
    const RunCommandOptions options{
        .files = {kCase, kCase}, .has_seed = true, .seed = 4, .runs = 3, .run = &run_until_five};
    const Ended ended = end_of([&] { return run_command(options); });
    EXPECT_EQ(ended.code, kExitFailed);
    EXPECT_TRUE(ended.has(": seed 4: pass; ")) << ended.said;
    EXPECT_TRUE(
        ended.has(": seed 5: crash: exited early, exit status 1; the process ended in the run\n"))
        << ended.said;
    EXPECT_TRUE(ended.has(": seed 6: pass; ")) << ended.said;
  });
}

TEST(Signature, IsTheOraclesOwn) {
  const std::string path = testing::TempDir() + "/log-" + std::to_string(getpid());
  ASSERT_EQ(write_file(path,
                       "ring  1 s\nWARNING: ThreadSanitizer: data race (pid=1)\n"
                       "  Write of size 8 at 0x1 by thread T1:\n    #0 adjust /x/y.cc:1:2\n"
                       "  Previous read of size 8 at 0x1 by thread T2:\n"
                       "    #0 send /x/y.cc:3:4\n"),
            "");
  const Ended race =
      end_of([&] { return signature({.file = path, .exit_status = 66, .json = true}); });
  EXPECT_EQ(race.code, kExitFailed);
  EXPECT_TRUE(race.has("\"signature\": \"race: data race: adjust | send\"")) << race.said;
  ASSERT_EQ(write_file(path, "ring  1 s\n"), "");
  EXPECT_TRUE(
      end_of([&] { return signature({.file = path, .signal = 11}); }).has("crash: SIGSEGV"));
  EXPECT_EQ(end_of([&] { return signature({.file = path}); }).said, "pass\n");
  EXPECT_EQ(end_of([&] { return signature({.file = path + "/x"}); }).code, kExitUnusable);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace concertina::fuzzers
