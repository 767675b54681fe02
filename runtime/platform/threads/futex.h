// The kernel's part in waiting: sleep while a word has a value, wake who sleeps on it. Linux only.
//
// Both may return without cause; callers look at their word again. Only these functions block a
// thread of a run, and each of their callers does it through Thread::wait_while (run.h), because a
// run that is stopped must find its sleepers.
#pragma once

#include <atomic>
#include <cstdint>

namespace concertina::threaded {

using FutexWord = std::atomic<std::uint32_t>;
static_assert(sizeof(FutexWord) == 4 && FutexWord::is_always_lock_free);

inline constexpr std::uint64_t kForEver = ~std::uint64_t{0};

/// Sleeps while `word` holds `value`, at most for `timeout_ns`.
void futex_wait(const FutexWord& word, std::uint32_t value, std::uint64_t timeout_ns);
void futex_wake(const FutexWord& word, int sleepers);
inline constexpr int kAllSleepers = 0x7fffffff;

/// Tells the processor that this is a loop that waits.
inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// CLOCK_MONOTONIC.
std::uint64_t monotonic_ns();

}  // namespace concertina::threaded
