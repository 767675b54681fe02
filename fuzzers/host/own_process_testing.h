// For tests. A part of one in a process of its own: where tests fork processes that run inputs,
// ThreadSanitizer takes what their parent has run before for the work of other threads (forked.h).
// And what becomes of a tool's child when the tool is killed.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
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

/// Held by a tool under test and by all that it starts: it is open while any of them lives.
inline int held_pipe = -1;

/// For the child of such a tool: says that it is there, and stays until it is killed.
[[noreturn]] inline void stay_until_killed() {
  const pid_t self = getpid();
  if (write(held_pipe, &self, sizeof self) != sizeof self) _exit(1);
  for (;;) pause();
}

/// Kills a tool by SIGKILL as soon as one of its processes has called stay_until_killed, and
/// expects that none outlives it.
template <class Tool>
void expect_nobody_outlives(const Tool& tool) {
  constexpr int kAsGoodAsForEverMs = 120'000;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::fflush(nullptr);
  const pid_t parent = fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    close(ends[0]);
    held_pipe = ends[1];
    tool();
    _exit(1);
  }
  close(ends[1]);
  pid_t child = 0;
  const bool has_begun = read(ends[0], &child, sizeof child) == sizeof child;
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  pollfd end{.fd = ends[0], .events = POLLIN, .revents = 0};
  const bool is_closed = poll(&end, 1, kAsGoodAsForEverMs) == 1;
  close(ends[0]);
  EXPECT_TRUE(has_begun);
  EXPECT_TRUE(is_closed) << "process " << child << " is still there";
  if (has_begun && !is_closed) kill(child, SIGKILL);
}

}  // namespace concertina::fuzzers
