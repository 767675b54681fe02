#include "targets/in_flight.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace concertina::fuzzers {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string in_flight(const std::string& path) {
  const std::string file = read_file(path);
  std::uint32_t size = 0;
  if (file.size() < kInFlightHeaderSize + 2 * kInFlightSizeMax) return "(not a slot)";
  std::memcpy(&size, file.data() + sizeof(std::uint64_t), sizeof(size));
  return file.substr(kInFlightHeaderSize, size);
}

std::string what_killed(const std::string& path) {
  const std::string file = read_file(path);
  std::uint32_t size = 0;
  std::memcpy(&size, file.data() + kInFlightHeaderSize - sizeof(size), sizeof(size));
  return file.substr(kInFlightHeaderSize + kInFlightSizeMax, size);
}

std::uint64_t runs(const std::string& path) {
  std::uint64_t count = 0;
  const std::string file = read_file(path);
  if (file.size() >= sizeof(count)) std::memcpy(&count, file.data(), sizeof(count));
  return count;
}

void keep(const std::string& text) {
  begin_run(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

void keep_to_its_end(const std::string& text) {
  keep(text);
  end_run();
}

/// Runs `body` in a child, which is then killed, or ends by itself without the variable.
template <class Body>
void run_and_kill(const std::string& path, Body body) {
  const pid_t child = fork();
  if (child == 0) {
    if (!path.empty()) setenv(kInFlightVariable, path.c_str(), 1);
    body();
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
}

class InFlight : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/in_flight_XXXXXX";
    const int file = mkstemp(name);
    ASSERT_GE(file, 0);
    close(file);
    path_ = name;
  }
  void TearDown() override { unlink(path_.c_str()); }

  std::string path_;
};

TEST_F(InFlight, SurvivesSigkill) {
  run_and_kill(path_, [] {
    keep("a longer input, run before");
    keep("the last one");
  });
  EXPECT_EQ(in_flight(path_), "the last one");
}

TEST_F(InFlight, TheNextProcessCountsOn) {
  for (int i = 0; i < 2; ++i) {
    run_and_kill(path_, [] {
      keep("one");
      keep("two");
      begin_run(nullptr, 0);
    });
  }
  EXPECT_EQ(runs(path_), 6u);
}

TEST_F(InFlight, WithoutTheVariableNothingIsWritten) {
  unsetenv(kInFlightVariable);
  run_and_kill("", [] { keep("input"); });
  EXPECT_EQ(read_file(path_), "");
}

TEST_F(InFlight, WhatDoesNotFitIsNotKeptCutOff) {
  run_and_kill(path_, [] {
    keep("input");
    keep(std::string(kInFlightSizeMax, 'x'));
  });
  EXPECT_EQ(in_flight(path_), std::string(kInFlightSizeMax, 'x'));
  run_and_kill(path_, [] { keep(std::string(kInFlightSizeMax + 1, 'x')); });
  EXPECT_EQ(in_flight(path_), "");
}

TEST_F(InFlight, AnEmptyInputIsNothing) {
  run_and_kill(path_, [] {
    keep("input");
    begin_run(nullptr, 0);
  });
  EXPECT_EQ(in_flight(path_), "");
}

TEST_F(InFlight, WhatKilledAProcessIsKeptWhenTheNextOnesRunOn) {
  run_and_kill(path_, [] {
    keep_to_its_end("harmless");
    keep("kills");
  });
  EXPECT_EQ(what_killed(path_), "");  // nobody has looked
  for (int i = 0; i < 2; ++i) {
    run_and_kill(path_, [] {
      keep_to_its_end("first of each process");
      keep_to_its_end("another");
    });
    EXPECT_EQ(in_flight(path_), "another");
    EXPECT_EQ(what_killed(path_), "kills");
  }
}

TEST_F(InFlight, ItsRoomIsReservedBeforeTheFirstRun) {
  run_and_kill(path_, [] { keep("input"); });
  struct stat status = {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_GE(status.st_blocks * 512, status.st_size);  // no holes, which a full disk could not fill
}

void keep_with_room_for(rlim_t bytes, const char* path) {
  const rlimit limit = {bytes, bytes};
  setrlimit(RLIMIT_FSIZE, &limit);
  signal(SIGXFSZ, SIG_IGN);
  setenv(kInFlightVariable, path, 1);
  keep("input");
}

TEST_F(InFlight, WithoutRoomTheProcessEndsBeforeTheRunAndNotByASignal) {
  EXPECT_EXIT(keep_with_room_for(kInFlightSizeMax, path_.c_str()),
              testing::ExitedWithCode(kExitWithoutSlot),
              "no room for the input in flight: .*in_flight_");
  EXPECT_EXIT(keep_with_room_for(RLIM_INFINITY, "/nowhere/slot"),
              testing::ExitedWithCode(kExitWithoutSlot), "/nowhere/slot: No such file");
}

}  // namespace
}  // namespace concertina::fuzzers
