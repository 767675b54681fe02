// The tool as a process: its exit codes, what it says when it cannot run, and what it does to
// files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <sstream>

#include "host/file_lock.h"
#include "host/files.h"
#include "host/own_folder_testing.h"
#include "host/program.h"
#include "host/sealed.h"
#include "host/shared_memory.h"
#include "tools/testing.h"

namespace concertina::fuzzers {
namespace {

/// The commands that read inputs, with little to do.
const Words kReaders[] = {{"show"},
                          {"run"},
                          {"replay", "-q"},
                          {"minimize"},
                          {"neighbours", "--count", "3"},
                          {"explore", "--runs", "3"},
                          {"verify", "--bound", "0"},
                          {"depth"},
                          {"determinism"}};

constexpr int kAsGoodAsForEverMs = 60'000;
constexpr rlim_t kSmall = 100;  // bytes that a file may have, in place of a full disk

class Concertina : public ToolTest {};

TEST_F(Concertina, WhatItCannotPrintMakesEveryCommandUnusable) {
  const Words commands[] = {{"--help"},
                            {"--version"},
                            {"verify", "--help"},
                            {"show", kCase},
                            {"run", kCase},
                            {"replay", kCase},
                            {"replay", "-q", kCase, kCase},
                            {"replay", "--json", kCase},
                            {"neighbours", "--count", "3", kCase},
                            {"explore", "--runs", "3", kCase},
                            {"verify", "--bound", "0", kCase},
                            {"verify", "--bound", "0", "--json", kCase},
                            {"generate"},
                            {"health", "--count", "5"},
                            {"bench", "--count", "3"},
                            {"determinism", kCase},
                            {"determinism", "--json", kCase},
                            {"signature", kCase}};
  for (const Words& words : commands) {
    expect_unusable(words, "cannot write its output: No space left", {.stdout_path = "/dev/full"});
  }
}

TEST_F(Concertina, HelpFitsATerminalOf80Columns) {
  for (const char* command : {"", "show", "run", "replay", "minimize", "neighbours", "explore",
                              "verify", "depth", "generate", "health", "bench", "determinism"}) {
    Words words{"--help"};
    if (*command != 0) words.insert(words.begin(), command);
    const Ended ended = tool(words);
    EXPECT_EQ(ended.code, kExitAsExpected) << command;
    EXPECT_NE(ended.said.find(*command != 0 ? "--help" : "determinism"), std::string::npos);
    std::istringstream lines(ended.said);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST_F(Concertina, NumbersThatAreNoneAreRefusedWithTheirOption) {
  const Words with_file[] = {{"run", "--seed", "--runs", "--timeout"},
                             {"replay", "--last", "--timeout", "--times"},
                             {"minimize", "--seed", "--attempts", "--budget", "--timeout"},
                             {"minimize", "--depth-budget"},
                             {"neighbours", "--count", "--seed", "--timeout"},
                             {"explore", "--runs", "--seed", "--seeds", "--timeout"},
                             {"verify", "--bound", "--budget", "--schedules", "--timeout"},
                             {"signature", "--signal", "--exit-status"},
                             {"depth", "--bound", "--budget", "--starts", "--reducing-runs"}};
  const Words without_file[] = {{"generate", "--count", "--seed"},
                                {"health", "--count", "--seed"},
                                {"bench", "--count", "--seed"},
                                {"explore", "--generated"},
                                {"determinism", "--generated", "--seed", "--after"},
                                {"determinism", "--timeout"}};
  const char* const values[] = {"nan", "-1", "99999999999999999999999"};
  const auto try_all = [&](const Words& options, const Words& file) {
    for (std::size_t i = 1; i < options.size(); ++i) {
      for (const std::string value : values) {
        Words words{options[0], options[i] + "=" + value};
        words.insert(words.end(), file.begin(), file.end());
        expect_unusable(words, options[i]);
      }
    }
  };
  for (const Words& options : with_file) try_all(options, {kCase});
  for (const Words& options : without_file) try_all(options, {});
  // Two kinds of number; what holds for one of a kind holds for all.
  for (const std::string value : {"inf", "1e30", "x", "", "7 ", " 7", "0x", "+7"}) {
    expect_unusable({"generate", "--count=" + value}, "--count");
    expect_unusable({"verify", "--budget=" + value, kCase}, "--budget");
  }
  expect_unusable({"generate", "--count", "4294967296"}, "--count");
  expect_unusable({"generate", "--seed", std::string(100'000, '9')}, "--seed");
  EXPECT_EQ(tool({"generate", "--seed=18446744073709551615"}).code, kExitAsExpected);
  EXPECT_EQ(tool({"generate", "--seed=0xffffffffffffffff"}).said,
            tool({"generate", "--seed=18446744073709551615"}).said);
}

TEST_F(Concertina, InputsThatAreNoFilesAreRefusedAtOnce) {
  ASSERT_EQ(mkfifo(path("pipe.case").c_str(), 0644), 0);
  const std::string large = made("large.case", std::string((1 << 20) + 1, '#'));
  for (Words words : kReaders) {
    words.emplace_back();
    const auto expect = [&](const std::string& file, const std::string& piece) {
      words.back() = file;
      expect_unusable(words, piece);
    };
    expect(path("pipe.case"), "it is a pipe, not a file");
    expect("/dev/zero", "it is a device, not a file");
    expect(folder_, "it is a folder, not a file");
    expect(path("none.case"), "No such file");
    expect(large, "it has 1048577 bytes, at most 1048576 are read");
  }
}

// Another reason than "it is a case that passes": noise is no input, nor is half of one.
TEST_F(Concertina, NoCommandTakesNoiseOrAPieceForAnInput) {
  const std::string whole = tool({"show", kCase}).said,
                    bytes = tool({"show", "--as", "bytes", kCase}).said;
  const std::string piece(whole, 0, whole.find("\nschedule") + 1);
  const struct {
    std::string path, complaint;
  } kRows[] = {
      {CONCERTINA_SOURCE_DIR "/LICENSE", "not a case: expected"},
      {made("empty", ""), "empty:1:1: the file is empty; engine bytes are named"},
      {made("empty.case", ""), "empty.case:1:1: the file is empty\n"},
      {made("empty.bytes", ""), "empty.bytes:1:1: the file is empty, and an"},
      {made("a.case", "\xef\xbb\xbf" + whole), "a.case:1:1: it is UTF-8 with a byte order mark"},
      {made("b", std::string("\xff\xfe#\0", 4)), "b:1:1: it is UTF-16"},
      {made("c.case", "# title: x\nversion\x1b[2J 1\n"), "c.case:2:8: a control character, \\x1b"},
      {made("d", bytes), "d:1:1: not a case: it is binary, and begins with '\\x01"},
      {made("e.case", piece), "there is no 'end': the case is cut"},
      {made("f.case", whole + whole), "only comments come after 'end'"},
      {made("crash-" + std::string(40, 'a'), bytes), "its name says another SHA-1"},
      {made("timeout-" + std::string(40, '0'), ""), "its name says another SHA-1"},
  };
  for (Words words : kReaders) {
    words.emplace_back();
    for (const auto& row : kRows) {
      words.back() = row.path;
      expect_unusable(words, row.complaint);
    }
  }
}

TEST_F(Concertina, EveryCommandTakesBytesThatAreCalledSo) {
  const std::string bytes = tool({"show", "--as", "bytes", kCase}).said;
  const std::string path = made("seed", bytes);
  for (Words words : kReaders) {
    words.insert(words.end(), {"--bytes", path});
    const Ended ended = tool(words);
    const bool wants_a_failure = words[0] == "minimize" || words[0] == "depth";
    EXPECT_EQ(ended.code, wants_a_failure ? kExitUnusable : kExitAsExpected) << ended.complaint;
    if (wants_a_failure) expect_unusable(words, "it does not fail");
    words.back() = kCase;
    expect_unusable(words, "ping-pong.case:1:1: its name says that it is text");
  }
  EXPECT_EQ(tool({"replay", "-q", "--bytes", made("empty", "")}).code, kExitAsExpected);
}

TEST_F(Concertina, BytesThatItWritesIntoAFolderAreNamedAsSuch) {
  ASSERT_EQ(tool({"show", "--as", "bytes", "-o", folder_, kCase, kCase}).code, kExitAsExpected);
  ASSERT_EQ(tool({"generate", "--as", "bytes", "--seed", "9", "-o", folder_}).code,
            kExitAsExpected);
  EXPECT_EQ(files(), 2);
  EXPECT_EQ(tool({"show", "--as", "bytes", path("ping-pong.bytes")}).said, read("ping-pong.bytes"));
  EXPECT_EQ(tool({"show", "--set", "title=generated-9-0", path("generated-9-0.bytes")}).said,
            tool({"generate", "--seed", "9"}).said);
  EXPECT_NE(tool({"replay", "--help"}).said.find("--bytes"), std::string::npos);
  EXPECT_NE(tool({"--help"}).said.find("NAME.bytes"), std::string::npos);
}

TEST_F(Concertina, WhatAComplaintQuotesIsCutAndEscaped) {
  expect_unusable({"show", made("e.case", "version 1\n" + std::string(900'000, 'x'))},
                  "... (900000 bytes)");
  expect_unusable({"show", path("a\x1b[2J.case")}, "a\\x1b[2J.case:1:1: ");
  expect_unusable({"show", "--set", std::string(100'000, 'x'), kCase}, "is not key=value");
  expect_unusable({"show", "--set", "expect=maybe", kCase}, "expect is pass or fail");
  expect_unusable({"show", "--set", "expect=fail", "--set", "oracle=", kCase}, "names the oracle");
  expect_unusable({"show", "--as", std::string(100'000, 'x'), kCase}, "--as");
  expect_unusable({std::string(100'000, '\x1b')}, "concertina: ");
}

TEST_F(Concertina, NamesMayBeginWithADash) {
  made("-x.case", tool({"show", kCase}).said);
  std::filesystem::current_path(folder_);
  EXPECT_EQ(tool({"show", "--", "-x.case"}).said, tool({"show", kCase}).said);
  EXPECT_EQ(tool({"show", "--output=-y.case", "--", "-x.case"}).code, kExitAsExpected);
  EXPECT_EQ(read("-y.case"), read("-x.case"));
  expect_unusable({"show", "-x.case"}, "--help");
  EXPECT_NE(tool({"--help"}).said.find("begins with a dash"), std::string::npos);
  std::filesystem::current_path("/");
}

TEST_F(Concertina, NamesTheWordThatItDoesNotUnderstand) {
  expect_unusable({"nothing"}, "no subcommand 'nothing'; there are: show, run, replay");
  expect_unusable({}, "A subcommand is required");
  expect_unusable({"replay", "--colour", "always"}, "no option '--colour'");
  expect_unusable({"show", "-x.case"}, "no option '-x.case'");
  expect_unusable({"show"}, "file is required");
}

TEST_F(Concertina, AnEmptyNameIsNoFileToWrite) {
  for (const Words& words :
       {Words{"show", kCase, "-o"}, Words{"explore", kCase, "--out"}, Words{"depth", kCase, "-o"},
        Words{"minimize", kCase, "-o"}, Words{"verify", kCase, "--out"},
        Words{"verify", kCase, "--resume"}, Words{"bench", "--json"}, Words{"generate", "-o"}}) {
    Words empty = words;
    empty.emplace_back("");
    expect_unusable(empty, "the name is empty");
  }
}

TEST_F(Concertina, OptionsThatWouldBeIgnoredAreRefused) {
  expect_unusable({"show", "--as", "go", "--header", kCase}, "excludes");
  expect_unusable({"verify", "--unbounded", "--bound", "1", kCase}, "excludes");
  expect_unusable({"explore", "--without", "pct", "--strategy", "pos", kCase},
                  "--without goes with --strategy portfolio");
  expect_unusable({"generate", "--count", "0"}, "is not a whole number from 1");
}

TEST_F(Concertina, TheNameOfAFileBreaksNoLineAndMovesNoCursor) {
  const std::string file = made("a\x1b[2J\nb.case", tool({"show", kCase}).said);
  for (const Words& words :
       {Words{"replay", "-q", file}, Words{"run", file}, Words{"neighbours", "--count", "3", file},
        Words{"explore", "--runs", "3", file}, Words{"verify", "--bound", "0", file},
        Words{"determinism", file}}) {
    const Ended ended = tool(words);
    EXPECT_EQ(ended.code, kExitAsExpected) << words[0] << ended.complaint;
    EXPECT_EQ(ended.said.find('\x1b'), std::string::npos) << words[0];
    EXPECT_EQ(ended.said.find("\nb.case"), std::string::npos) << words[0];
  }
}

TEST_F(Concertina, OutputsAppearWholeOrNotAtAll) {
  const std::string old = made("old", "what was there");
  const How full{.file_bytes_max = kSmall};
  expect_unusable({"show", kCase, "-o", old}, "cannot write: File too large", full);
  expect_unusable({"bench", "--count", "3", "--json", old}, "cannot write: File too large",
                  {.stdout_path = "/dev/null", .file_bytes_max = kSmall});
  expect_unusable({"generate", "-o", folder_}, "cannot write: File too large", full);
  expect_unusable({"show", kCase, "-o", path("none/x")}, "cannot write: No such file", full);
  EXPECT_EQ(read("old"), "what was there");
  // Known before the work for it.
  for (const Words& words :
       {Words{"explore", kCase, "-o"}, Words{"depth", kCase, "-o"}, Words{"minimize", kCase, "-o"},
        Words{"verify", kCase, "--out"}, Words{"bench", "--json"}}) {
    Words missing = words, folder = words;
    missing.push_back(path("none/x"));
    folder.push_back(folder_);
    expect_unusable(missing, "cannot write: No such file");
    expect_unusable(folder, "cannot write: it is a folder");
  }
  EXPECT_EQ(files(), 1) << "of what could not be written nothing is left";
  EXPECT_EQ(tool({"show", kCase, "-o", old}).code, kExitAsExpected);
  EXPECT_EQ(read("old"), tool({"show", kCase}).said);
  EXPECT_EQ(tool({"show", kCase, "-o", "/dev/stdout"}).said, read("old"));
  EXPECT_EQ(files(), 1);
}

TEST_F(Concertina, OfTwoInputsOfOneNameNoneIsLost) {
  std::filesystem::create_directory(path("out"));
  made("a.case", tool({"show", kCase}).said);
  std::filesystem::create_directory(path("more"));
  made("more/a.case", tool({"show", kCase}).said);
  expect_unusable({"show", path("a.case"), path("more/a.case"), "-o", path("out")},
                  "more/a.case:1:1: it would be written where ");
  EXPECT_EQ(read("out/a.case"), read("a.case"));
}

TEST_F(Concertina, AVerificationThatIsNotCompleteHasACodeOfItsOwnAndGoesOn) {
  expect_unusable({"verify", kCase, "--resume", path("none/state"), "--schedules", "50"},
                  "cannot write: No such file");
  const Words begin{"verify", kCase, "--resume", path("state"), "--schedules", "50"};
  EXPECT_EQ(tool(begin).code, kExitNotComplete);
  const std::string state = read("state");
  EXPECT_EQ(files(), 1);
  EXPECT_EQ(tool({"verify", kCase, "--resume", path("state"), "--bound", "0"}).code,
            kExitAsExpected);
  EXPECT_EQ(read("state"), state) << "it is of bound 1";
  EXPECT_EQ(tool({"verify", kCase, "--resume", path("state")}).code, kExitAsExpected);
  EXPECT_EQ(files(), 0) << "nothing is left to be done";
}

TEST_F(Concertina, AVerificationWithoutABoundSaysNothingOfPreemptions) {
  EXPECT_NE(tool({"verify", "--json", "--schedules", "5", kCase}).said.find("\"preemptions\": 0"),
            std::string::npos);
  const std::string said =
      tool({"verify", "--unbounded", "--json", "--schedules", "5", kCase}).said;
  EXPECT_NE(said.find("\"end\": \"budget\""), std::string::npos) << said;
  EXPECT_EQ(said.find("\"preemptions\""), std::string::npos) << said;
}

TEST_F(Concertina, AStateIsRefusedWithTheReason) {
  EXPECT_EQ(tool({"verify", kCase, "--resume", path("state"), "--schedules", "50"}).code,
            kExitNotComplete);
  const std::string state = read("state");
  const auto expect = [this](const std::string& name, const std::string& piece,
                             const Words& more = {}, const std::string& file = kCase) {
    Words words{"verify", file, "--resume", path(name)};
    words.insert(words.end(), more.begin(), more.end());
    const std::string before = read(name);
    expect_unusable(words, piece);
    EXPECT_EQ(read(name), before) << "refused, and changed";
  };
  expect("state", "state:1:1: it is the state of another verification: --fixed-draws no, now yes",
         {"--fixed-draws"});
  expect("state", "--timeout 20, now 21", {"--timeout", "21"});
  expect("state", "another verification: program ", {},
         CONCERTINA_SOURCE_DIR "/corpus/litmus/close-against-range.case");
  expect("state", "--unbounded", {"--unbounded"});
  expect("state", "the state of one file", {kCase});
  expect_unusable({"verify", kCase, "--resume", "/dev/null"}, "it is a device, not a file");
  made("cut", std::string_view(state).substr(0, state.size() / 2));
  expect("cut", ": cut off");
  std::string flipped = state;
  flipped[state.size() / 2] ^= 1;
  made("flipped", flipped);
  expect("flipped", "damaged at byte ");
  made("other", "concertina verify of 0123456789abcdef by 0123456789abcdef\nbounded-search 1\n");
  expect("other", "other:1:1: it is not the state of a verification");
  EXPECT_EQ(files(), 4) << "nothing was to be left";
}

TEST_F(Concertina, AStateIsFollowedThroughLinks) {
  const std::string link = path("link");
  ASSERT_EQ(symlink("state", link.c_str()), 0);  // to what is not there yet
  const Words begin{"verify", kCase, "--resume", link, "--schedules", "50"};
  const Ended ended = tool(begin);
  EXPECT_EQ(ended.code, kExitNotComplete) << ended.complaint;
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_NE(read("state"), "");
  {
    FileLock other;
    ASSERT_EQ(other.take(path("state.lock")), "");
    expect_unusable(begin, "is at work with it");
  }
  EXPECT_EQ(tool({"verify", kCase, "--resume", link, "--bound", "1"}).code, kExitAsExpected);
  EXPECT_FALSE(std::filesystem::exists(path("state"))) << "nothing is left to be done";
  FileLock other;
  ASSERT_EQ(other.take(path("state.lock")), "");
  expect_unusable(begin, "is at work with it");
}

TEST_F(Concertina, AStateTakesNobodysFile) {
  made("state.lock", "of another program");
  expect_unusable({"verify", kCase, "--resume", path("state")}, "exists, and is not a lock");
  EXPECT_EQ(read("state.lock"), "of another program");
  ASSERT_EQ(symlink("case", path("link").c_str()), 0);
  expect_unusable({"verify", kCase, "--resume", path("case"), "--out", path("link")},
                  "name the same file");
  // A name is shown, and not obeyed.
  const Ended ended = tool({"verify", kCase, "--resume", path("a\x1b[31m"), "--schedules", "50"});
  EXPECT_EQ(ended.code, kExitNotComplete);
  EXPECT_EQ(ended.said.find('\x1b'), std::string::npos) << ended.said;
}

// What another build has explored proves nothing of this one.
TEST_F(Concertina, AStateIsOfOneBuild) {
  EXPECT_EQ(tool({"verify", kCase, "--resume", path("state"), "--schedules", "50"}).code,
            kExitNotComplete);
  std::string content;
  ASSERT_EQ(read_file(CONCERTINA_TOOL, std::size_t{1} << 30, content), "");
  made("other", content + "x");
  ASSERT_EQ(chmod(path("other").c_str(), 0755), 0);
  Ended ended = tool({"verify", kCase, "--resume", path("state")}, {.program = path("other")});
  EXPECT_EQ(ended.code, kExitUnusable);
  EXPECT_NE(ended.complaint.find("another verification: build "), std::string::npos)
      << ended.complaint;
}

// Sealed by hand: the search itself finds out.
TEST_F(Concertina, ABranchThatNoRunHasIsNoReasonToBelieveTheRest) {
  EXPECT_EQ(tool({"verify", kCase, "--resume", path("state"), "--schedules", "50"}).code,
            kExitNotComplete);
  std::string text = unseal(read("state")).text;
  const std::size_t last_line = text.rfind('\n', text.size() - 2) + 1;
  unsigned kind = 0, preemptions = 0;
  ASSERT_EQ(std::sscanf(&text[last_line], "%u %u", &kind, &preemptions), 2);
  text.replace(last_line, std::string::npos, "1 " + std::to_string(preemptions) + " 9 512 0 0\n");
  const std::string elsewhere = seal(text);
  made("elsewhere", elsewhere);
  const Ended ended = tool({"verify", kCase, "--resume", path("elsewhere")});
  EXPECT_EQ(ended.code, kExitUnusable) << ended.said << ended.complaint;
  EXPECT_NE(ended.said.find("cannot be explored"), std::string::npos) << ended.said;
}

TEST_F(Concertina, AStateIsWorkedOnByOneAtATime) {
  FileLock lock;
  ASSERT_EQ(lock.take(path("state.lock")), "");
  expect_unusable({"verify", kCase, "--resume", path("state")},
                  "process " + std::to_string(getpid()) + " is at work with it");
  EXPECT_FALSE(std::filesystem::exists(path("state")));
  made("state", "");
  ASSERT_EQ(symlink("state", path("link").c_str()), 0);
  expect_unusable({"verify", kCase, "--resume", path("link")}, " is at work with it");
}

// A limit stands for a full disk.
TEST_F(Concertina, AStateThatCannotBeWrittenLeavesTheOldOneAndIsSaid) {
  const Words words{"verify", kCase, "--resume", path("state"), "--schedules", "10"};
  EXPECT_EQ(tool(words).code, kExitNotComplete);
  const std::string state = read("state");
  made("twin", state);
  EXPECT_EQ(tool({"verify", kCase, "--resume", path("twin"), "--schedules", "10"}).code,
            kExitNotComplete);
  const rlim_t too_few = read("twin").size() - 10;  // more than the child's answer, without marks
  const Ended ended = tool(words, {.file_bytes_max = too_few});
  EXPECT_EQ(ended.code, kExitUnusable) << ended.said;
  EXPECT_NE(ended.complaint.find("state: cannot write: File too large"), std::string::npos)
      << ended.complaint;
  EXPECT_EQ(read("state"), state);
  EXPECT_EQ(files(), 2);
}

/// Starts a verification that would take for ever, and waits until it has kept a state.
pid_t begin_verifying(const std::string& state) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    const MemoryFile said("said"), complaint("complaint");
    become_tool({"verify", kCase, "--resume", state, "--bound", "15"}, {}, said, complaint);
  }
  struct stat status{};
  for (int i = 0; i < kAsGoodAsForEverMs && stat(state.c_str(), &status) != 0; ++i) usleep(1000);
  EXPECT_EQ(stat(state.c_str(), &status), 0) << "it keeps no state while it works";
  return child;
}

TEST_F(Concertina, AVerificationThatIsKilledGoesOn) {
  const pid_t child = begin_verifying(path("state"));
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  const Ended ended = tool({"verify", kCase, "--resume", path("state"), "--json", "--bound", "1"});
  EXPECT_EQ(ended.code, kExitAsExpected) << ended.complaint;
  const Ended undisturbed = tool({"verify", kCase, "--json", "--bound", "1"});
  EXPECT_NE(ended.said.find("\"bound\": 1, \"complete\": true"), std::string::npos) << ended.said;
  EXPECT_NE(undisturbed.said.find("\"bound\": 1, \"complete\": true"), std::string::npos);
}

TEST_F(Concertina, InterruptedOnceItKeepsItsStateTwiceItDies) {
  pid_t child = begin_verifying(path("state"));
  int status = 0;
  kill(child, SIGINT);
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == kExitNotComplete) << status;
  std::filesystem::remove(path("state"));
  child = begin_verifying(path("state"));
  kill(child, SIGSTOP);  // so that both are there before it has seen one
  kill(child, SIGTERM);
  kill(child, SIGINT);
  kill(child, SIGCONT);
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_EQ(tool({"verify", kCase, "--resume", path("state"), "--bound", "0"}).code,
            kExitAsExpected);
}

/// A pipe that takes no byte more, at the path. Its descriptor.
int full_pipe(const std::string& path) {
  EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
  const int pipe = open(path.c_str(), O_RDWR | O_NONBLOCK);
  while (write(pipe, "x", 1) > 0) {
  }
  return pipe;
}

/// What the process waits for in the kernel, "1 0x1 ..." for write(1, ...); "" when that is secret.
std::string system_call_of(pid_t process) {
  std::string text;
  read_file("/proc/" + std::to_string(process) + "/syscall", 1000, text);
  return text;
}

// The handlers are for the search alone: a process that waits for a reader that is gone must not
// need two signals.
TEST_F(Concertina, AVerificationThatIsOverDiesOfTheFirstSignal) {
  if (system_call_of(getpid()).empty()) GTEST_SKIP() << "what a process waits for is secret here";
  const int pipe = full_pipe(path("pipe"));
  const std::string out = path("pipe");
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    const MemoryFile said("said"), complaint("complaint");
    become_tool({"verify", "--bound", "0", kCase}, {.stdout_path = out.c_str()}, said, complaint);
  }
  const auto is_writing = [child] { return system_call_of(child).starts_with("1 0x1 "); };
  for (int i = 0; i < kAsGoodAsForEverMs && !is_writing(); ++i) usleep(1000);
  EXPECT_TRUE(is_writing());
  kill(child, SIGTERM);
  int status = 0;
  for (int i = 0; i < kAsGoodAsForEverMs && waitpid(child, &status, WNOHANG) == 0; ++i)
    usleep(1000);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it is still waiting";
  if (!WIFSIGNALED(status)) kill(child, SIGKILL);
  close(pipe);
}

}  // namespace
}  // namespace concertina::fuzzers
