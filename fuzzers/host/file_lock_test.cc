#include "host/file_lock.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "host/own_folder_testing.h"
#include "host/own_process_testing.h"

namespace concertina::fuzzers {
namespace {

class FileLockTest : public OwnFolder {
 protected:
  void SetUp() override {
    OwnFolder::SetUp();
    path_ = path("x.lock");
  }

  std::string path_;
};

TEST_F(FileLockTest, IsOnesAtATimeAndLeavesNothing) {
  {
    FileLock mine;
    ASSERT_EQ(mine.take(path_), "");
    const pid_t holder = getpid();
    in_own_process([&] {
      FileLock other;
      EXPECT_EQ(other.take(path_), "process " + std::to_string(holder) + " is at work with it");
    });
    EXPECT_TRUE(std::filesystem::exists(path_)) << "the one that was refused has removed it";
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  FileLock again;
  EXPECT_EQ(again.take(path_), "");
}

TEST_F(FileLockTest, EndsWithAHolderThatIsKilled) {
  const pid_t holder = fork();
  ASSERT_GE(holder, 0);
  if (holder == 0) {
    FileLock lock;
    if (!lock.take(path_).empty()) _exit(1);
    std::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(holder, &status, 0), holder);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(std::filesystem::exists(path_));
  {
    FileLock mine;
    EXPECT_EQ(mine.take(path_), "");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(FileLockTest, SaysWhyItCannotBeHad) {
  FileLock lock;
  EXPECT_EQ(lock.take(folder_ + "/none/x.lock"), "cannot lock it: No such file or directory");
  ASSERT_EQ(symlink("/dev/null", path_.c_str()), 0);
  EXPECT_EQ(lock.take(path_), "cannot lock it: Too many levels of symbolic links");
}

// "--resume yarn" would take yarn.lock, and remove it.
TEST_F(FileLockTest, DoesNotTakeWhatIsSomebodys) {
  const std::string why = "cannot lock it: '" + path_ + "' exists, and is not a lock";
  for (const bool is_pipe : {false, true}) {
    if (is_pipe) {
      ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    } else {
      std::ofstream(path_) << "lockfile of another program";
    }
    {
      FileLock lock;
      EXPECT_EQ(lock.take(path_), why);
    }
    EXPECT_TRUE(std::filesystem::remove(path_));
  }
}

}  // namespace
}  // namespace concertina::fuzzers
