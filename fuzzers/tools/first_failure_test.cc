#include "tools/first_failure.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace concertina::fuzzers {
namespace {

// What the jobs of a list do, a letter each.
FirstFailure first(const std::string& jobs, std::size_t begin = 0) {
  const auto act = [&](std::size_t i) -> Verdict {
    switch (jobs[i]) {
      case 'f':
        return {"channels", "lost value", "token " + std::to_string(i)};
      case 'x':
        std::fprintf(stderr,
                     "ERROR: AddressSanitizer: heap-use-after-free on address 0x1\n"
                     "    #0 0x1 in adjust /x/y.cc:1:2\n");
        std::_Exit(1);
      case 'e':
        std::_Exit(1);
      case 't':
        raise(SIGTRAP);
        return {};
      case 'k':
        raise(SIGKILL);
        return {};
      case 'h':
        for (;;) {
        }
      default:
        return {};
    }
  };
  return first_failure(begin, jobs.size(), act, 1);
}

TEST(FirstFailure, IsTheFirstAndTheRestIsLeft) {
  const FirstFailure found = first("..f.f");
  EXPECT_EQ(found.place, 2U);
  EXPECT_EQ(found.verdict.signature(), "channels: lost value");
  EXPECT_EQ(found.verdict.detail, "token 2");
  EXPECT_FALSE(found.died);
  EXPECT_EQ(first("..f.f", 3).place, 4U);
}

TEST(FirstFailure, ThereMayBeNone) {
  EXPECT_EQ(first("...").place, 3U);
  EXPECT_FALSE(first("...").verdict.failed());
  EXPECT_EQ(first("").place, 0U);
  EXPECT_EQ(first("f..", 1).place, 3U);
}

TEST(FirstFailure, ADeathIsReportedAsWhatItIs) {
  const struct {
    const char* jobs;
    const char* signature;
  } deaths[] = {{".x.f", "memory: heap-use-after-free in adjust"},
                {".e.f", "crash: exited early"},
                {".t.f", "crash: SIGTRAP"},
                {".h.f", "progress: watchdog"}};
  for (const auto& [jobs, signature] : deaths) {
    const FirstFailure found = first(jobs);
    EXPECT_EQ(found.place, 1U) << jobs;
    EXPECT_TRUE(found.died) << jobs;
    EXPECT_EQ(found.verdict.signature().rfind(signature, 0), 0U) << found.verdict.signature();
    EXPECT_EQ(first(jobs, 2).place, 3U) << "the others are done by another child";
  }
}

TEST(FirstFailure, OneThatIsKilledFromOutsideIsNoFailureOfTheJob) {
  EXPECT_THROW(first(".k."), std::runtime_error);
}

}  // namespace
}  // namespace concertina::fuzzers
