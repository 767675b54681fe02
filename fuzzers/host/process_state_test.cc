#include "host/process_state.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace concertina::fuzzers {
namespace {

// The kernel refuses to read the state of one that ended since its file was opened (ESRCH).
TEST(ProcessState, ThreadsMayEndWhileTheyAreLookedAt) {
  constexpr int kThreads = 3000;
  std::atomic<bool> is_over{false};
  std::thread maker([&is_over] {
    for (int i = 0; i < kThreads; ++i) std::thread([] {}).join();
    is_over = true;
  });
  unsigned looks = 0;
  for (; !is_over; ++looks) are_other_threads_asleep();
  maker.join();
  EXPECT_GT(looks, 0U);
}

TEST(ProcessState, AProcessIsAsleepOrStoppedOrDeadOrGone) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    for (;;) pause();
  }
  while (state_of(child) != 'S') std::this_thread::yield();
  EXPECT_TRUE(is_asleep(child));
  kill(child, SIGSTOP);
  while (state_of(child) != 'T') std::this_thread::yield();
  EXPECT_FALSE(is_asleep(child));
  kill(child, SIGKILL);
  while (state_of(child) != 'Z') std::this_thread::yield();
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(state_of(child), '\0');
  EXPECT_FALSE(is_asleep(child));
}

}  // namespace
}  // namespace concertina::fuzzers
