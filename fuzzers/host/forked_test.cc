#include "host/forked.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>

#include "host/die_with_parent.h"
#include "host/files.h"
#include "host/own_process_testing.h"
#include "host/process_state.h"
#include "host/shared_memory.h"

namespace concertina::fuzzers {
namespace {

Forked forked(const std::function<std::string()>& work, const Watch& watch = {}) {
  return run_forked(work, watch);
}

std::string spin() {
  for (volatile bool on = true; on;) {
  }
  return "";
}

/// Works until this process has used that much.
void work_for(double seconds) {
  const double begin = processor_seconds(getpid());
  while (processor_seconds(getpid()) - begin < seconds) {
  }
}

TEST(Forked, GivesWhatTheWorkReturnsAndWhatItSaid) {
  const std::string answer("any\nbytes\0in it", 15);
  const Forked result = forked([&] {
    std::fputs("a word\n", stderr);
    return answer;
  });
  EXPECT_TRUE(result.answered());
  EXPECT_EQ(result.answer, answer);
  EXPECT_EQ(result.log, "a word\n");
}

TEST(Forked, SaysHowOneDied) {
  const Forked killed = forked([]() -> std::string {
    std::raise(SIGUSR1);
    return "no";
  });
  EXPECT_EQ(killed.end, ForkedEnd::kDied);
  EXPECT_EQ(killed.signal, SIGUSR1);
  const Forked exited = forked([]() -> std::string { _exit(7); });
  EXPECT_EQ(exited.end, ForkedEnd::kDied);
  EXPECT_EQ(exited.signal, 0);
  EXPECT_EQ(exited.exit_status, 7);
  // Well, as the exit status has it, but without having finished.
  EXPECT_EQ(forked([]() -> std::string { _exit(0); }).end, ForkedEnd::kDied);
}

TEST(Forked, AnExceptionIsTroubleOfTheToolAndNoEndOfTheWork) {
  try {
    forked([]() -> std::string { throw std::runtime_error("no room"); });
    FAIL() << "it went on";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "in a child process: no room");
  }
}

// A person's Ctrl-Z is for the tool and for what it does.
TEST(Forked, IsSuspendedWithItsToolAndGoesOnWithIt) {
  struct Meeting {
    std::atomic<pid_t> child{0};
    std::atomic<bool> may_end{false};
  };
  const Shared<Meeting> meeting;
  std::fflush(nullptr);
  const pid_t tool = fork();
  ASSERT_GE(tool, 0);
  if (tool == 0) {
    const Forked result = forked([&]() -> std::string {
      meeting->child = getpid();
      while (!meeting->may_end) usleep(1000);
      return "done";
    });
    _exit(result.answer == "done" ? 0 : 1);
  }
  while (meeting->child == 0) usleep(1000);
  kill(tool, SIGTSTP);
  int status = 0;
  ASSERT_EQ(waitpid(tool, &status, WUNTRACED), tool);
  EXPECT_TRUE(WIFSTOPPED(status));
  const pid_t child = meeting->child;
  for (int i = 0; i < 60'000 && state_of(child) != 'T'; ++i) usleep(1000);
  EXPECT_EQ(state_of(child), 'T');
  kill(tool, SIGCONT);
  meeting->may_end = true;
  ASSERT_EQ(waitpid(tool, &status, 0), tool);
  EXPECT_EQ(status, 0);
}

// The kernel kills when memory runs out, and people do; the work itself does not.
TEST(Forked, SigkillFromOutsideIsTroubleOfTheToolAndNoEndOfTheWork) {
  EXPECT_THROW(forked([]() -> std::string {
                 std::raise(SIGKILL);
                 return "no";
               }),
               std::runtime_error);
}

// Nor is an answer that cannot be kept. A limit stands for memory that runs out.
TEST(Forked, WithoutRoomForTheAnswerItIsTroubleOfTheTool) {
  const auto work = []() -> std::string {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    return std::string(5000, 'x');
  };
  EXPECT_THROW(forked(work), std::runtime_error);
}

TEST(Forked, SignalsAreAsByDefault) {
  std::signal(SIGTERM, SIG_IGN);
  const Forked result = forked([]() -> std::string {
    std::raise(SIGTERM);
    return "ignored";
  });
  std::signal(SIGTERM, SIG_DFL);
  EXPECT_EQ(result.signal, SIGTERM);
}

TEST(Forked, WhoSpinsHasHung) {
  const Forked result = forked(&spin, {.timeout_s = 1});
  EXPECT_EQ(result.end, ForkedEnd::kHung);
  EXPECT_NE(result.hang.find("of processor time"), std::string::npos) << result.hang;
}

TEST(Forked, WhoSpinsAndGetsOnHasNot) {
  const Shared<std::atomic<std::uint64_t>> progress;
  const Forked result = forked(
      [&] {
        for (unsigned i = 0; i < 8; ++i, ++*progress) work_for(0.25);
        return "done";
      },
      {.timeout_s = 1, .progress = progress.get()});
  EXPECT_EQ(result.answer, "done");
}

TEST(Forked, WhoSleepsForEverHasHung) {
  const Forked result = forked(
      []() -> std::string {
        for (;;) pause();
      },
      {.timeout_s = 1000, .asleep_max_s = 0.3});
  EXPECT_EQ(result.end, ForkedEnd::kHung);
  EXPECT_NE(result.hang.find("asleep"), std::string::npos) << result.hang;
}

// It stops itself; its watcher wakes it after several times what it may sleep or work.
TEST(Forked, WhoIsSuspendedForLongerHasNotHung) {
  using Clock = std::chrono::steady_clock;
  const Shared<std::atomic<pid_t>> child;
  Clock::time_point stopped{};
  const auto wake = [&] {
    const pid_t process = *child;
    if (process == 0 || state_of(process) != 'T') return;
    if (stopped == Clock::time_point{}) stopped = Clock::now();
    if (Clock::now() - stopped >= std::chrono::seconds(3)) kill(process, SIGCONT);
  };
  const Forked result = forked(
      [&]() -> std::string {
        *child = getpid();
        std::raise(SIGSTOP);
        return "awake again";
      },
      {.timeout_s = 1, .asleep_max_s = 1, .look = wake});
  EXPECT_EQ(result.answer, "awake again") << result.hang;
}

// As a sanitizer waits for its symboliser.
TEST(Forked, WhoWaitsForAChildThatWorksHasNotHung) {
  const Forked result = forked(
      []() -> std::string {
        const pid_t helper = fork();
        if (helper == 0) {
          work_for(1.5);
          _exit(0);
        }
        waitpid(helper, nullptr, 0);
        return "helped";
      },
      {.timeout_s = 1000, .asleep_max_s = 0.3});
  EXPECT_EQ(result.answer, "helped") << result.hang;
}

TEST(Forked, WhoWaitsForAChildThatSpinsHasHung) {
  const Forked result = forked(
      []() -> std::string {
        const pid_t helper = fork();
        if (helper == 0) spin();
        waitpid(helper, nullptr, 0);
        return "helped";
      },
      {.timeout_s = 1, .asleep_max_s = 1000});
  EXPECT_EQ(result.end, ForkedEnd::kHung);
  EXPECT_NE(result.hang.find("of processor time"), std::string::npos) << result.hang;
}

TEST(Forked, WhatItHasStartedEndsWithIt) {
  for (const bool answers : {true, false}) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const Forked result = forked(
        [&]() -> std::string {
          if (fork() == 0) {
            for (;;) pause();
          }
          return answers ? "" : spin();
        },
        {.timeout_s = 1});
    EXPECT_EQ(result.answered(), answers);
    close(ends[1]);
    pollfd end{.fd = ends[0], .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&end, 1, 120'000), 1) << "somebody holds the other end";
    close(ends[0]);
  }
}

TEST(Forked, NobodyOutlivesAKilledTool) {
  expect_nobody_outlives([] { forked([]() -> std::string { stay_until_killed(); }); });
}

TEST(Forked, NoMemoryForTheSimulatorIsNoCrashOfWhatItRuns) {
  const auto die_saying = [](const char* words) {
    return forked([words]() -> std::string {
      std::fputs(words, stderr);
      std::abort();
    });
  };
  EXPECT_THROW(die_saying("concertina: no memory for the arena: Cannot allocate memory\n"),
               std::runtime_error);
  // With a sanitizer that handles SIGABRT it is an exit.
  EXPECT_FALSE(die_saying("somebody's concertina: no memory for x\n").answered());
  for (const char* name : {"arena.cc", "fiber.cc"}) {
    std::string source;
    ASSERT_EQ(read_file(std::string(CONCERTINA_SOURCE_DIR) + "/runtime/platform/sim/" + name,
                        1 << 20, source),
              "");
    EXPECT_NE(source.find("\"concertina: no memory for "), std::string::npos) << name;
  }
}

// The parent is gone before its child asks for the signal, which would never come.
TEST(DieWithParent, EndsAChildThatAsksTooLate) {
  int ends[2], gone[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(pipe(gone), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    const pid_t self = getpid();
    if (fork() != 0) _exit(0);
    char byte = 0;
    close(gone[1]);
    [[maybe_unused]] const ssize_t end =
        read(gone[0], &byte, 1);  // until the test has reaped the parent
    die_with_parent(self);
    _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
  }
  close(ends[1]);
  waitpid(parent, nullptr, 0);
  close(gone[1]);
  close(gone[0]);
  char byte = 0;
  EXPECT_EQ(read(ends[0], &byte, 1), 0) << "the child went on";
  close(ends[0]);
}

TEST(ProcessState, TellsWhoSleepsAndWhoWorks) {
  EXPECT_EQ(state_of(getpid()), 'R');
  EXPECT_FALSE(is_asleep(getpid()));
  EXPECT_GT(processor_seconds(getpid()), 0);
  const pid_t dead = fork();
  if (dead == 0) _exit(0);
  waitpid(dead, nullptr, 0);
  EXPECT_EQ(state_of(dead), '\0');
  EXPECT_EQ(processor_seconds(dead), 0);
}

}  // namespace
}  // namespace concertina::fuzzers
