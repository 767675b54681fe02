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
Verdict act(char what, std::size_t place) {
  switch (what) {
    case 'f':
      return {"channels", "lost value", "token " + std::to_string(place)};
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
}

FirstFailure first(const std::string& jobs, std::size_t begin = 0) {
  return first_failure(begin, jobs.size(), [&](std::size_t i) { return act(jobs[i], i); }, 1);
}

/// Of all jobs: 'F' for one that has failed, '.' for another.
std::string verdicts(const std::string& jobs) {
  std::string said;
  const bool has_failed = each_verdict(
      jobs.size(), [&](std::size_t i) { return act(jobs[i], i); }, 1,
      [&](std::size_t place, const Verdict& verdict) {
        EXPECT_EQ(place, said.size());
        said += verdict.failed() ? 'F' : '.';
      });
  EXPECT_EQ(has_failed, said.find('F') != std::string::npos);
  return said;
}

TEST(FirstFailure, IsTheFirstAndTheRestIsLeft) {
  const FirstFailure found = first("..f.f");
  EXPECT_EQ(found.place, 2U);
  EXPECT_EQ(found.verdict.signature(), "channels: lost value");
  EXPECT_EQ(found.verdict.detail, "token 2");
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
    EXPECT_EQ(found.verdict.signature().rfind(signature, 0), 0U) << found.verdict.signature();
    EXPECT_EQ(first(jobs, 2).place, 3U) << "the others are done by another child";
  }
}

TEST(EachVerdict, IsToldOnceAndInOrder) {
  for (const char* const jobs : {"", "..", "f", ".f", "f.", "ff", ".e.ft", "..fe.."}) {
    std::string expected = jobs;
    for (char& c : expected) c = c == '.' ? '.' : 'F';
    EXPECT_EQ(verdicts(jobs), expected);
  }
}

TEST(FirstFailure, OneThatIsKilledFromOutsideIsNoFailureOfTheJob) {
  EXPECT_THROW(first(".k."), std::runtime_error);
}

}  // namespace
}  // namespace concertina::fuzzers
