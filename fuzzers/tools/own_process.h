// A part of a test in a process of its own: the tests of this room fork processes that run inputs, and
// ThreadSanitizer takes what their parent has run before for the work of other threads (child.h).
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace concertina::fuzzers {

template <class Body>
void in_own_process(const Body& body) {
  std::fflush(nullptr);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    body();
    std::fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "see above";
}

}  // namespace concertina::fuzzers
