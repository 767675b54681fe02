#include "report/accesses.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "report/testing.h"

namespace concertina::fuzzers {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(std::string(CONCERTINA_SOURCE_DIR) + "/fuzzers/" + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// T1, the scanner, has stored an element's address while it copied g0.0's stack; then T0, which
/// runs g0, loads it.
Sample race() {
  Sample sample;
  sample.two_goroutines();
  sample.step(1, kNoGoroutine, Site::kScanSuspend).path = kScannerPath;
  sample.event(event::CopyBegin{.goroutine = 2});
  sample.step(1, kNoGoroutine, Site::kSudogElementLoad, 55).path = kScannerPath;
  sample.step(1, kNoGoroutine, Site::kSudogElementStore, 55).path = kScannerPath;
  sample.step(1, kNoGoroutine, Site::kCopyStackHigh).path = kScannerPath;
  sample.step(0, 1, Site::kSudogElementLoad, 55);
  return sample;
}

TEST(Accesses, OfARace) {
  const Sample sample = race();
  const Trace trace = sample.trace();
  const auto both = accesses(read("report/testdata/race_during_a_shrink.txt"), trace);
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0].thread, 0);
  EXPECT_EQ(both[0].step, 5u);
  EXPECT_EQ(both[0].goroutine, 1);
  EXPECT_TRUE(both[1].is_previous);
  EXPECT_EQ(both[1].thread, 1);  // the sanitizer calls it T2
  EXPECT_EQ(both[1].step, 3u);
  EXPECT_EQ(both[1].goroutine, 2);
}

TEST(Accesses, AreTheSameWithColoursAndWithOtherLinesBetweenFrames) {
  const Sample sample = race();
  const Trace trace = sample.trace();
  const Program program;
  const std::string plain = read("report/testdata/race_during_a_shrink.txt");
  std::string noisy;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    noisy += plain[i];
    if (plain[i] == ' ') noisy += "\x1b[1m";
    if (plain[i] == '\n' && plain.substr(i + 1).starts_with("    #") && plain[i + 6] != '0')
      noisy += "the program says something\nSUMMARY: 3 of 7\n";
  }
  const auto words = [&](const std::string& log) {
    return say_accesses(accesses(log, trace), Names(program, trace));
  };
  EXPECT_EQ(words(noisy), words(plain));
}

TEST(Accesses, InWords) {
  const Sample sample = race();
  const Trace trace = sample.trace();
  const Program program;
  const std::string text = say_accesses(
      accesses(read("report/testdata/race_during_a_shrink.txt"), trace), Names(program, trace));
  EXPECT_EQ(text,
            "  read of 8 bytes by T0 (machine), running g0, step 5\n"
            "      transfer_to_receiver          chan/transfer.cc:57\n"
            "      send_now_or_wait              chan/channel.cc:141\n"
            "      send_step                     chan/channel.cc:179\n"
            "  earlier write of 8 bytes by T1 (scanner), at work on g0.0's stack, step 3\n"
            "      adjust_sudogs                 stack/copy.cc\n"
            "      copy_stack                    stack/copy.cc:162\n"
            "      shrink_stack                  stack/stack.cc:101\n"
            "      scan_stack                    scan/scanner.cc:71\n"
            "      scan_goroutine                scan/scanner.cc:81\n");
}

TEST(Accesses, OfAnAddressError) {
  const Sample sample = race();
  const auto found = accesses(read("oracle/testdata/asan_use_after_free.txt"), sample.trace());
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].what, "read of 64 bytes");
  EXPECT_EQ(found[0].thread, 0);
  EXPECT_EQ(found[1].what, "freed here");
  EXPECT_EQ(found[1].step, 0u);
}

TEST(Accesses, NoAddressesAndNoProcessIds) {
  const Sample sample = race();
  const Trace trace = sample.trace();
  const Program program;
  for (const char* name : {"asan_use_after_poison", "tsan_race", "tsan_segv", "ubsan_overflow"}) {
    const std::string log = read("oracle/testdata/" + std::string(name) + ".txt");
    const auto found = accesses(log, trace);
    EXPECT_FALSE(found.empty()) << name;
    const std::string text = say_accesses(found, Names(program, trace));
    EXPECT_FALSE(contains(text, "0x")) << text;
    EXPECT_FALSE(contains(text, "pid")) << text;
  }
}

TEST(Accesses, OfNothing) {
  EXPECT_TRUE(accesses("", Trace{}).empty());
  EXPECT_TRUE(accesses("killed\n", Trace{}).empty());
}

}  // namespace
}  // namespace concertina::fuzzers
