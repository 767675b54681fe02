// For tests: the tool `concertina` as a process, with what it says and its exit code.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "host/files.h"
#include "host/own_folder_testing.h"
#include "host/program.h"
#include "host/sealed.h"
#include "host/shared_memory.h"

namespace concertina::fuzzers {

using Words = std::vector<std::string>;

inline constexpr char kCase[] = CONCERTINA_SOURCE_DIR "/corpus/litmus/ping-pong.case";

struct Ended {
  int code = -1;  // -1: of a signal
  std::string said;
  std::string complaint;
};

struct How {
  const char* stdout_path = nullptr;
  rlim_t file_bytes_max = RLIM_INFINITY;
  std::string program = CONCERTINA_TOOL;
};

[[noreturn]] inline void become_tool(const Words& words, const How& how, const MemoryFile& said,
                                     const MemoryFile& complaint) {
  const int out = how.stdout_path != nullptr ? open(how.stdout_path, O_WRONLY) : said.descriptor();
  dup2(out, STDOUT_FILENO);
  dup2(complaint.descriptor(), STDERR_FILENO);
  const rlimit limit{how.file_bytes_max, how.file_bytes_max};
  if (how.file_bytes_max != RLIM_INFINITY) setrlimit(RLIMIT_FSIZE, &limit);
  std::vector<char*> arguments{const_cast<char*>(how.program.c_str())};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(how.program.c_str(), arguments.data());
  _exit(127);
}

inline Ended tool(const Words& words, const How& how = {}) {
  const MemoryFile said("said"), complaint("complaint");
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) become_tool(words, how, said, complaint);
  int status = 0;
  waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, said.read_all(), complaint.read_all()};
}

inline std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += word.substr(0, 60) + " ";
  return text;
}

/// It could not run, and says why in one line, of a length for people, that has the piece.
inline void expect_unusable(const Words& words, const std::string& piece, const How& how = {}) {
  const Ended ended = tool(words, how);
  EXPECT_EQ(ended.code, kExitUnusable) << joined(words) << ended.said << ended.complaint;
  EXPECT_NE(ended.complaint.find(piece), std::string::npos) << joined(words) << ended.complaint;
  EXPECT_EQ(std::count(ended.complaint.begin(), ended.complaint.end(), '\n'), 1)
      << joined(words) << ended.complaint;
  EXPECT_LT(ended.complaint.size(), 600U) << joined(words);
}

class ToolTest : public OwnFolder {
 protected:
  std::string read(const std::string& name) const {
    std::string content;
    const std::string why = read_file(path(name), 1 << 24, content);
    return why.empty() ? content : "(" + why + ")";
  }
  std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator(folder_),
                         std::filesystem::directory_iterator());
  }
};

}  // namespace concertina::fuzzers
