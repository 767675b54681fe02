#include "host/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <new>
#include <stdexcept>

#include "host/shared_memory.h"

namespace concertina::fuzzers {
namespace {

struct Ended {
  int code;  // -1: of a signal
  std::string complaint;
};

/// The program, in a process of its own with that as its stdout.
Ended ended(int out, const std::function<int()>& body) {
  const MemoryFile complaint("complaint");
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(out, STDOUT_FILENO);
    dup2(complaint.descriptor(), STDERR_FILENO);
    close(out);
    _exit(run_program("program", body));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, complaint.read_all()};
}

Ended ended_on(const char* path, const std::function<int()>& body) {
  const int out = open(path, O_WRONLY);
  Ended result = ended(out, body);
  close(out);
  return result;
}

int print_and_end(int code) {
  std::printf("a word\n");
  return code;
}

TEST(Program, ItsCodeIsWhatItReturns) {
  for (const int code : {kExitAsExpected, kExitFailed, kExitUnusable, kExitNotComplete}) {
    const Ended result = ended_on("/dev/null", [code] { return print_and_end(code); });
    EXPECT_EQ(result.code, code);
    EXPECT_EQ(result.complaint, "");
  }
}

TEST(Program, AnExceptionIsOneLineAndUnusable) {
  const Ended thrown = ended_on("/dev/null", []() -> int { throw std::runtime_error("no\nroom"); });
  EXPECT_EQ(thrown.code, kExitUnusable);
  EXPECT_EQ(thrown.complaint, "program: no\\x0aroom\n");
  const Ended full = ended_on("/dev/null", []() -> int { throw std::bad_alloc(); });
  EXPECT_EQ(full.code, kExitUnusable);
  EXPECT_EQ(full.complaint, "program: out of memory\n");
}

TEST(Program, WhatCannotBePrintedIsUnusableWithTheReason) {
  for (const int code : {kExitAsExpected, kExitFailed}) {
    const Ended late = ended_on("/dev/full", [code] { return print_and_end(code); });
    EXPECT_EQ(late.code, kExitUnusable);
    EXPECT_EQ(late.complaint, "program: cannot write its output: No space left on device\n");
    const Ended early = ended_on("/dev/full", [code] {
      print_and_end(code);
      flush_output();
      return code;
    });
    EXPECT_EQ(early.code, kExitUnusable);
    EXPECT_EQ(early.complaint, late.complaint);
  }
}

TEST(Program, WithoutAReaderItEndsAtOnceAndIsUnusable) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  const Ended result = ended(ends[1], []() -> int {
    for (;;) print_and_end(0);
  });
  close(ends[1]);
  EXPECT_EQ(result.code, kExitUnusable);
  EXPECT_EQ(result.complaint, "program: cannot write its output: the reader is gone\n");
}

}  // namespace
}  // namespace concertina::fuzzers
