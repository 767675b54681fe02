// The only file that asks which sanitizer is on. Everything else calls these functions.
#pragma once

#include <cstddef>

// ThreadSanitizer builds define CONCERTINA_TSAN on the command line: the simulator's switching code
// is itself compiled without instrumentation, where __has_feature would deny it.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CONCERTINA_ASAN 1
#endif
#if __has_feature(thread_sanitizer) && !defined(CONCERTINA_TSAN)
#error "ThreadSanitizer builds must define CONCERTINA_TSAN=1 for every file"
#endif
#endif

#ifdef CONCERTINA_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef CONCERTINA_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace concertina::sanitizer {

#ifdef CONCERTINA_TSAN
inline constexpr bool kWatchesRaces = true;
#else
inline constexpr bool kWatchesRaces = false;
#endif

/// Makes any access to the range an AddressSanitizer report. Multiples of 8 bytes, aligned to 8.
[[gnu::always_inline]] inline void poison(void* begin, std::size_t bytes) {
#ifdef CONCERTINA_ASAN
  __asan_poison_memory_region(begin, bytes);
#else
  (void)begin, (void)bytes;
#endif
}

[[gnu::always_inline]] inline void unpoison(void* begin, std::size_t bytes) {
#ifdef CONCERTINA_ASAN
  __asan_unpoison_memory_region(begin, bytes);
#else
  (void)begin, (void)bytes;
#endif
}

/// Does AddressSanitizer forbid this byte? False in other flavours: tests compare with kSeesPoison.
[[gnu::always_inline]] inline bool is_poisoned(const void* byte) {
#ifdef CONCERTINA_ASAN
  return __asan_address_is_poisoned(byte) != 0;
#else
  (void)byte;
  return false;
#endif
}

#ifdef CONCERTINA_ASAN
inline constexpr bool kSeesPoison = true;
#else
inline constexpr bool kSeesPoison = false;
#endif

/// Bracket a switch to another stack for AddressSanitizer. `begin_switch` runs on the old stack and
/// names the new one; `end_switch` is the first thing on the new one.
[[gnu::always_inline]] inline void begin_switch(void** fake_stack, const void* bottom,
                                                std::size_t bytes) {
#ifdef CONCERTINA_ASAN
  __sanitizer_start_switch_fiber(fake_stack, bottom, bytes);
#else
  (void)fake_stack, (void)bottom, (void)bytes;
#endif
}

[[gnu::always_inline]] inline void end_switch(void* fake_stack, const void** old_bottom,
                                              std::size_t* old_bytes) {
#ifdef CONCERTINA_ASAN
  __sanitizer_finish_switch_fiber(fake_stack, old_bottom, old_bytes);
#else
  (void)fake_stack, (void)old_bottom, (void)old_bytes;
#endif
}

/// ThreadSanitizer's notion of "which thread am I". Null in other flavours.
[[gnu::always_inline]] inline void* current_thread() {
#ifdef CONCERTINA_TSAN
  return __tsan_get_current_fiber();
#else
  return nullptr;
#endif
}

[[gnu::always_inline]] inline void* create_thread(const char* name) {
#ifdef CONCERTINA_TSAN
  void* const fiber = __tsan_create_fiber(0);
  __tsan_set_fiber_name(fiber, name);
  return fiber;
#else
  (void)name;
  return nullptr;
#endif
}

[[gnu::always_inline]] inline void destroy_thread(void* thread) {
#ifdef CONCERTINA_TSAN
  if (thread != nullptr) __tsan_destroy_fiber(thread);
#else
  (void)thread;
#endif
}

/// Continues as `thread` without any happens-before edge: the program's own atomics make those.
[[gnu::always_inline]] inline void become_thread(void* thread) {
#ifdef CONCERTINA_TSAN
  __tsan_switch_to_fiber(thread, __tsan_switch_to_fiber_no_sync);
#else
  (void)thread;
#endif
}

/// Between the two ThreadSanitizer overlooks what the calling thread does and finds no order in it:
/// the harness's own work on behalf of virtual threads, where it calls what is intercepted (memcpy,
/// operator delete). By way of a signal's two halves, which leave the call stack alone: the calls
/// that are meant for this store it each time, and it is long, as runs are abandoned (fiber.cc).
[[gnu::always_inline]] inline void look_away() {
#ifdef CONCERTINA_TSAN
  __tsan_mutex_pre_signal(nullptr, 0);
#endif
}

[[gnu::always_inline]] inline void look_again() {
#ifdef CONCERTINA_TSAN
  __tsan_mutex_post_signal(nullptr, 0);
#endif
}

/// Makes everything that `thread` did happen before what the caller does next.
[[gnu::always_inline]] inline void acquire_thread(void* thread) {
#ifdef CONCERTINA_TSAN
  void* const self = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(thread, 0);
  __tsan_switch_to_fiber(self, 0);
#else
  (void)thread;
#endif
}

/// Tell ThreadSanitizer of a lock of our own. What happens between before_ and after_ is the lock's
/// implementation: its atomics order nothing, the pair of calls does.
[[gnu::always_inline]] inline void before_lock(void* lock) {
#ifdef CONCERTINA_TSAN
  __tsan_mutex_pre_lock(lock, 0);
#else
  (void)lock;
#endif
}
[[gnu::always_inline]] inline void after_lock(void* lock) {
#ifdef CONCERTINA_TSAN
  __tsan_mutex_post_lock(lock, 0, 0);
#else
  (void)lock;
#endif
}
/// Ends what before_lock began, without the lock.
[[gnu::always_inline]] inline void gave_up_lock(void* lock) {
#ifdef CONCERTINA_TSAN
  __tsan_mutex_post_lock(lock, __tsan_mutex_try_lock | __tsan_mutex_try_lock_failed, 0);
#else
  (void)lock;
#endif
}
[[gnu::always_inline]] inline void before_unlock(void* lock) {
#ifdef CONCERTINA_TSAN
  (void)__tsan_mutex_pre_unlock(lock, 0);
#else
  (void)lock;
#endif
}
[[gnu::always_inline]] inline void after_unlock(void* lock) {
#ifdef CONCERTINA_TSAN
  __tsan_mutex_post_unlock(lock, 0);
#else
  (void)lock;
#endif
}

}  // namespace concertina::sanitizer
