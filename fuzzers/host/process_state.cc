#include "host/process_state.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace concertina::fuzzers {
namespace {

/// Empty, or what there was to read, when the thread or process ends meanwhile: the read fails then
/// (ESRCH), and a stream's buffer would throw.
std::string content_of(const std::string& path) {
  std::string text;
  std::FILE* const file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return text;
  char block[1024];
  while (const std::size_t bytes = std::fread(block, 1, sizeof block, file)) {
    text.append(block, bytes);
  }
  std::fclose(file);
  return text;
}

/// The letter after the name, which is in brackets and may hold anything.
char state_in(const std::string& stat) {
  const std::size_t end = stat.rfind(") ");
  return end == std::string::npos || end + 2 >= stat.size() ? '\0' : stat[end + 2];
}

std::string folder_of(pid_t process) { return "/proc/" + std::to_string(process); }

/// Of its first thread.
std::vector<pid_t> children_of(pid_t process) {
  std::istringstream list(
      content_of(folder_of(process) + "/task/" + std::to_string(process) + "/children"));
  return {std::istream_iterator<pid_t>(list), {}};
}

}  // namespace

double processor_seconds(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double processor_seconds_with_children(pid_t process) {
  double sum = processor_seconds(process);
  for (const pid_t child : children_of(process)) sum += processor_seconds(child);
  return sum;
}

char state_of(pid_t process) { return state_in(content_of(folder_of(process) + "/stat")); }

bool is_asleep(pid_t process) {
  if (state_of(process) != 'S') return false;
  for (const pid_t child : children_of(process)) {
    const char state = state_of(child);
    if (state != 'S' && state != 'Z' && state != '\0') return false;
  }
  return true;
}

bool are_other_threads_asleep() {
  const std::string self = std::to_string(syscall(SYS_gettid));
  std::error_code error;
  std::filesystem::directory_iterator thread("/proc/self/task", error);
  for (; !error && thread != std::filesystem::directory_iterator(); thread.increment(error)) {
    if (thread->path().filename() == self) continue;
    const char state = state_in(content_of(thread->path().string() + "/stat"));
    if (state != 'S' && state != '\0') return false;
  }
  return !error;
}

}  // namespace concertina::fuzzers
