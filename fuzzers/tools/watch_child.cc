#include "tools/watch_child.h"

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

namespace concertina::fuzzers {

bool watch_child(pid_t child, const std::atomic<std::uint64_t>& progress, unsigned timeout_s,
                 int& status) {
  using Clock = std::chrono::steady_clock;
  std::uint64_t seen = ~std::uint64_t{0};
  Clock::time_point since = Clock::now();
  auto pause = std::chrono::microseconds(50);
  while (waitpid(child, &status, WNOHANG) == 0) {
    const std::uint64_t current = progress.load(std::memory_order_acquire);
    if (current != seen) {
      seen = current;
      since = Clock::now();
    } else if (Clock::now() - since >= std::chrono::seconds(timeout_s)) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return false;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(2000));
  }
  return true;
}

Verdict verdict_from(const std::string& text) {
  const std::size_t first = text.find('\n');
  const std::size_t second = text.find('\n', first + 1);
  if (first == std::string::npos || second == std::string::npos) return {};
  return {text.substr(0, first), text.substr(first + 1, second - first - 1),
          text.substr(second + 1)};
}

}  // namespace concertina::fuzzers
