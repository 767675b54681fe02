// The kernel's part in waiting: sleep while a word has a value, wake its sleepers. Linux only.
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

/// std::atomic_thread_fence, which g++ and clang++ refuse under ThreadSanitizer.
inline void full_fence() { __sync_synchronize(); }

/// Tells the processor that this is a loop that waits.
inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Dekker's protocol with one side that hurries: a thread that writes, calls light_barrier and
/// reads, and a thread that writes, calls heavy_barrier and reads, do not both miss the other's
/// write. The heavy one makes every running thread of the process go through a fence (membarrier),
/// and the light one only keeps the compiler from changing the order; where the kernel cannot do
/// that, both are a fence. ThreadSanitizer need not see either: what they order are atomics, and no
/// plain memory depends on it.
extern const bool kernel_puts_fences;
/// False when the kernel, which had promised the fences, refuses them: then nothing is ordered, as
/// the light side continues without one, and the caller must end the run.
[[nodiscard]] bool heavy_barrier();
/// Asks the kernel for them; 0: done. Tests replace it.
extern long (*ask_kernel_for_fences)();
inline void light_barrier() {
  if (kernel_puts_fences) [[likely]] {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    full_fence();
  }
}

/// CLOCK_MONOTONIC.
std::uint64_t monotonic_ns();

}  // namespace concertina::threaded
