#include "host/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <thread>

#include "host/own_folder_testing.h"
#include "host/own_process_testing.h"

namespace concertina::fuzzers {
namespace {

class Files : public OwnFolder {
 protected:
  std::string read(const std::string& name, std::size_t bytes_max = 1000) const {
    std::string content;
    const std::string why = read_file(path(name), bytes_max, content);
    return why.empty() ? content : "(" + why + ")";
  }
  /// All names in the folder: nothing else may be left.
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      result.push_back(entry.path().filename().string());
    }
    std::sort(result.begin(), result.end());
    return result;
  }
  using Names = std::vector<std::string>;
};

TEST_F(Files, WhatIsWrittenIsRead) {
  const std::string content("any\0bytes\n", 10);
  EXPECT_EQ(write_file(path("a"), content), "");
  EXPECT_EQ(read("a"), content);
  EXPECT_EQ(write_file(path("a"), ""), "");
  EXPECT_EQ(read("a"), "");
  EXPECT_EQ(names(), Names{"a"});
}

TEST_F(Files, ANewFileHasTheUsualPermissionsAndAnOldOneItsOwn) {
  const mode_t mask = umask(022);
  EXPECT_EQ(write_file(path("a"), "x"), "");
  umask(mask);
  struct stat status{};
  ASSERT_EQ(stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644U);
  ASSERT_EQ(chmod(path("a").c_str(), 0750), 0);
  EXPECT_EQ(write_file(path("a"), "y"), "");
  ASSERT_EQ(stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0750U);
}

// A limit that kills stands for any kill: it comes in the middle of the write.
TEST_F(Files, WhoIsKilledWhileItWritesLeavesNothing) {
  const int unnamed = open(folder_.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (unnamed < 0) GTEST_SKIP() << "this file system has no files without a name";
  close(unnamed);
  ASSERT_EQ(write_file(path("old"), "what was there"), "");
  for (const char* name : {"old", "new"}) {
    const pid_t child = fork();
    if (child == 0) {
      std::signal(SIGXFSZ, SIG_DFL);
      const rlimit none{0, 0}, limit{1000, 1000};
      setrlimit(RLIMIT_CORE, &none);
      setrlimit(RLIMIT_FSIZE, &limit);
      static_cast<void>(write_file(path(name), std::string(5000, 'x')));
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) << status;
    EXPECT_EQ(names(), Names{"old"});
    EXPECT_EQ(read("old"), "what was there");
  }
}

// Those that an older version, or one on another file system, has left.
// A limit stands for a full disk: the write fails in the middle.
TEST_F(Files, WhenWritingFailsTheOldFileIsWholeAndNothingElseIsLeft) {
  ASSERT_EQ(write_file(path("old"), "what was there"), "");
  in_own_process([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const std::string large(5000, 'x');
    EXPECT_EQ(write_file(path("old"), large), std::strerror(EFBIG));
    EXPECT_EQ(write_file(path("new"), large), std::strerror(EFBIG));
  });
  EXPECT_EQ(read("old"), "what was there");
  EXPECT_EQ(names(), Names{"old"});
}

/// The temporary file of a writer of `name`.
std::string partial(const std::string& name, pid_t writer) {
  return "." + name + "." + std::to_string(writer) + ".partial";
}

TEST_F(Files, WhatAKilledWriterLeftIsRemovedByTheNextOne) {
  const pid_t dead = fork();
  ASSERT_GE(dead, 0);
  if (dead == 0) _exit(0);
  ASSERT_EQ(waitpid(dead, nullptr, 0), dead);
  const Names stay = {".a.1x.partial", ".a.partial", "a.1.partial", partial("a", getppid())};
  for (const std::string& name : stay) ASSERT_EQ(mkdir(path(name).c_str(), 0755), 0);
  for (const char* const name : {"a", "b"}) {
    close(open(path(partial(name, dead)).c_str(), O_CREAT | O_WRONLY, 0600));
  }
  EXPECT_EQ(names().size(), stay.size() + 2);
  EXPECT_EQ(write_file(path("a"), "x"), "");
  EXPECT_EQ(names().size(), stay.size() + 1);
  EXPECT_EQ(read("a"), "x");
}

// At no moment is there half of a file, whenever the writer is killed.
TEST_F(Files, AWriterThatIsKilledLeavesTheOldFileOrTheNewOne) {
  const std::string old(100'000, 'o'), wanted(100'000, 'n');
  ASSERT_EQ(write_file(path("a"), old), "");
  for (int i = 0; i < 40; ++i) {
    const pid_t writer = fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) {
      for (unsigned turn = 0;; ++turn) write_file(path("a"), turn % 2 != 0 ? old : wanted);
    }
    usleep(static_cast<useconds_t>(100 * i));
    kill(writer, SIGKILL);
    ASSERT_EQ(waitpid(writer, nullptr, 0), writer);
    const std::string content = read("a", old.size());
    EXPECT_TRUE(content == old || content == wanted) << content.size();
  }
}

TEST_F(Files, SymbolicLinksAreFollowed) {
  ASSERT_EQ(mkdir(path("below").c_str(), 0755), 0);
  ASSERT_EQ(symlink("below/target", path("link").c_str()), 0);
  EXPECT_EQ(write_file(path("link"), "first"), "") << "there is nothing yet";
  EXPECT_EQ(read("below/target"), "first");
  EXPECT_EQ(write_file(path("link"), "second"), "");
  EXPECT_EQ(read("below/target"), "second");
  EXPECT_TRUE(std::filesystem::is_symlink(path("link")));
  ASSERT_EQ(symlink("loop", path("loop").c_str()), 0);
  EXPECT_EQ(write_file(path("loop"), "x"), std::strerror(ELOOP));
}

TEST_F(Files, RefusesToWriteWhereNoFileCanBe) {
  EXPECT_EQ(write_file(folder_, "x"), "it is a folder");
  EXPECT_EQ(write_file(path("none/x"), "x"), std::strerror(ENOENT));
  ASSERT_EQ(write_file(path("file"), "x"), "");
  EXPECT_EQ(write_file(path("file/x"), "x"), std::strerror(ENOTDIR));
  EXPECT_EQ(write_file("", "x"), std::strerror(ENOENT));
  EXPECT_EQ(why_not_writable(folder_), "it is a folder");
  EXPECT_EQ(why_not_writable(path("none/x")), std::strerror(ENOENT));
  EXPECT_EQ(why_not_writable(path("new")), "");
  EXPECT_EQ(why_not_writable("/dev/null"), "");
}

// A file is replaced, which is up to its folder.
TEST_F(Files, AFolderThatIsNotWritableIsKnownBeforeTheWork) {
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(write_file(path("old"), "what was there"), "");
  ASSERT_EQ(chmod(path("old").c_str(), 0666), 0);
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  in_own_process([&] {
    if (geteuid() == 0) ASSERT_EQ(setresuid(kNobody, kNobody, kNobody), 0);  // root may do all
    EXPECT_EQ(why_not_writable(path("old")), std::strerror(EACCES));
    EXPECT_EQ(why_not_writable(path("new")), std::strerror(EACCES));
    // Written through, not replaced.
    ASSERT_NE(std::freopen(path("old").c_str(), "a", stdout), nullptr);
    EXPECT_EQ(write_file(path("old"), ", and more"), "");
  });
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  EXPECT_EQ(read("old"), "what was there, and more");
}

TEST_F(Files, PipesAndDevicesAreWrittenThroughAndStay) {
  EXPECT_EQ(write_file("/dev/null", "x"), "");
  EXPECT_EQ(write_file("/dev/full", "x"), std::strerror(ENOSPC));
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0644), 0);
  std::string got(3, '\0');
  std::thread reader([&] {
    const int file = open(path("pipe").c_str(), O_RDONLY);
    got.resize(
        static_cast<std::size_t>(std::max<ssize_t>(::read(file, got.data(), got.size()), 0)));
    close(file);
  });
  EXPECT_EQ(write_file(path("pipe"), "abc"), "");
  reader.join();
  EXPECT_EQ(got, "abc");
  EXPECT_TRUE(std::filesystem::is_fifo(path("pipe")));
}

// "-o /dev/stdout >file": after what was printed, not in place of the file.
TEST_F(Files, WhatIsStdoutIsWrittenBehindWhatWasPrinted) {
  in_own_process([&] {
    ASSERT_NE(std::freopen(path("out").c_str(), "w", stdout), nullptr);
    std::printf("printed\n");
    const std::string first = write_file("/dev/stdout", "written\n");
    const std::string second = write_file(path("out"), "by name\n");
    std::printf("printed again\n");
    std::fflush(stdout);
    EXPECT_EQ(first + second, "");
  });
  EXPECT_EQ(read("out"), "printed\nwritten\nby name\nprinted again\n");
}

TEST_F(Files, OnlyRegularFilesAreRead) {
  std::string content;
  EXPECT_EQ(read_file(folder_, 10, content), "it is a folder, not a file");
  EXPECT_EQ(read_file("/dev/zero", 10, content), "it is a device, not a file");
  EXPECT_EQ(read_file(path("none"), 10, content), std::strerror(ENOENT));
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0644), 0);
  EXPECT_EQ(read("pipe"), "(it is a pipe, not a file)");
  const int socket_end = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  ASSERT_LT(path("socket").size(), sizeof address.sun_path);
  path("socket").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(socket_end, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(read("socket"), "(it is a socket, not a file)");
  close(socket_end);
}

TEST_F(Files, NoMoreThanSoManyBytesAreRead) {
  ASSERT_EQ(write_file(path("a"), "12345"), "");
  EXPECT_EQ(read("a", 5), "12345");
  EXPECT_EQ(read("a", 4), "(it has 5 bytes, at most 4 are read)");
  std::string content;
  // It says that it has none.
  EXPECT_NE(read_file("/proc/self/maps", 10, content), "");
  EXPECT_EQ(read_file("/proc/self/maps", 1 << 20, content), "");
  EXPECT_GT(content.size(), 10U);
}

}  // namespace
}  // namespace concertina::fuzzers
