#include "stress/session.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "host/files.h"
#include "host/own_folder_testing.h"
#include "host/own_process_testing.h"
#include "host/program.h"

namespace concertina::stress {
namespace {

class SessionTest : public fuzzers::OwnFolder {
 protected:
  void SetUp() override {
    OwnFolder::SetUp();
    options_.job = "ring";
    options_.batches = 1;
    options_.scale = 1;
    options_.size = Size::kSmall;
  }
  int run() const {
    testing::internal::CaptureStdout();
    const int code = run_session(options_);
    testing::internal::GetCapturedStdout();
    return code;
  }
  /// The exit code, and a piece of what it says.
  void expect_unusable(const std::string& piece) const {
    testing::internal::CaptureStderr();
    EXPECT_EQ(run(), fuzzers::kExitUnusable);
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find(piece), std::string::npos) << said;
  }

  Options options_;
};

TEST_F(SessionTest, LeavesItsFiguresAndWhatItWasDoing) {
  options_.json = path("figures");
  EXPECT_EQ(run(), fuzzers::kExitAsExpected);
  std::string figures, batch;
  EXPECT_EQ(fuzzers::read_file(path("figures"), 10'000, figures), "");
  EXPECT_NE(figures.find("\"failures\": 0"), std::string::npos) << figures;
  EXPECT_EQ(fuzzers::read_file(path("figures.batch"), 10'000, batch), "");
  EXPECT_NE(batch.find("stress_jobs --job ring --seed 1"), std::string::npos) << batch;
}

TEST_F(SessionTest, AFailureIsInItsFiguresInItsOwnWords) {
  options_.json = path("figures");
  options_.batches = 0;
  options_.size = Size::kLarge;
  options_.hang_seconds = 0;  // the watchdog's first look
  EXPECT_EXIT(run_session(options_), testing::ExitedWithCode(fuzzers::kExitFailed), "");
  std::string figures;
  EXPECT_EQ(fuzzers::read_file(path("figures"), 10'000, figures), "");
  EXPECT_NE(figures.find("\"failure\": \"no progress for 0 seconds\""), std::string::npos)
      << figures;
}

TEST_F(SessionTest, FiguresThatCannotBeWrittenMakeItUnusable) {
  options_.json = path("none/figures");
  expect_unusable("cannot write: No such file");
  ASSERT_EQ(mkdir(path("figures").c_str(), 0755), 0);
  options_.json = path("figures");
  expect_unusable("cannot write: it is a folder");
}

// A limit stands for a full disk: the second batch's seed has a digit more. The figures go into a
// pipe, which has no limit.
TEST_F(SessionTest, ALaterBatchThatCannotBeWrittenDoesNotTakeTheFiguresAlong) {
  options_.seed = 9;
  options_.json = path("figures");
  // In processes of their own, both: ThreadSanitizer wants no threads before a fork.
  fuzzers::in_own_process([&] { EXPECT_EQ(run(), fuzzers::kExitAsExpected); });
  const rlim_t limit = std::filesystem::file_size(path("figures.batch"));
  ASSERT_EQ(unlink(path("figures").c_str()), 0);
  ASSERT_EQ(mkfifo(path("figures").c_str(), 0644), 0);
  const int pipe = open(path("figures").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  options_.batches = 3;
  options_.is_quiet = true;
  fuzzers::in_own_process([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{limit, limit};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    EXPECT_EQ(run_session(options_), fuzzers::kExitUnusable);
  });
  std::string figures(10'000, '\0');
  const ssize_t size = read(pipe, figures.data(), figures.size());
  close(pipe);
  figures.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  EXPECT_NE(figures.find("\"batches\": 1,"), std::string::npos) << figures;
}

TEST_F(SessionTest, ProgramsAreFilesOfABoundedSize) {
  options_.job = "programs";
  options_.programs = folder_;
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0644), 0);
  expect_unusable("no programs in it");
  ASSERT_EQ(fuzzers::write_file(path("large"), std::string((1 << 20) + 1, '#')), "");
  expect_unusable("it has 1048577 bytes");
  options_.programs = path("none\x1b[2J");
  expect_unusable("none\\x1b[2J: No such file");
}

TEST_F(SessionTest, ProgramsAreCasesOrCalledBytes) {
  options_.job = "programs";
  options_.programs = folder_;
  ASSERT_EQ(fuzzers::write_file(path("a"), "\x01\x02"), "");
  expect_unusable("/a:1:1: not a case: it is binary");
  std::filesystem::rename(path("a"), path("a.bytes"));
  EXPECT_EQ(run(), fuzzers::kExitAsExpected);
  ASSERT_EQ(fuzzers::write_file(path("b.case"), "version 4\nfunc f0 frame=0 {\n}\n"), "");
  expect_unusable("/b.case:4:1: there is no 'end': the case is cut");
}

}  // namespace
}  // namespace concertina::stress
