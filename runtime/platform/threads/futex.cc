#include "platform/threads/futex.h"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace concertina::threaded {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

void* address(const FutexWord& word) { return const_cast<FutexWord*>(&word); }

}  // namespace

void futex_wait(const FutexWord& word, std::uint32_t value, std::uint64_t timeout_ns) {
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(timeout_ns / kNsPerSecond);
  timeout.tv_nsec = static_cast<long>(timeout_ns % kNsPerSecond);
  syscall(SYS_futex, address(word), FUTEX_WAIT_PRIVATE, value,
          timeout_ns == kForEver ? nullptr : &timeout, nullptr, 0);
}

void futex_wake(const FutexWord& word, int sleepers) {
  syscall(SYS_futex, address(word), FUTEX_WAKE_PRIVATE, sleepers, nullptr, nullptr, 0);
}

const bool kernel_puts_fences =
    syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;

long (*ask_kernel_for_fences)() = [] {
  return syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
};

bool heavy_barrier() {
  if (kernel_puts_fences) return ask_kernel_for_fences() == 0;
  full_fence();
  return true;
}

std::uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNsPerSecond +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace concertina::threaded
