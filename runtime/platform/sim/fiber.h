// Fiber: a machine stack and a saved context, the body of one virtual thread.
//
// Fibers are kept and reused from run to run: a run may be abandoned while a fiber is suspended
// anywhere, so `restart` forgets whatever was on its stack. Nothing on a virtual thread's stack
// owns memory across a yield point. This file and world.cc are compiled without ThreadSanitizer,
// which must see the virtual threads and not the machinery that interleaves them.
#pragma once

#include <cstddef>

namespace concertina::simulator {

class Fiber {
 public:
  Fiber() = default;
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Makes this the fiber of the calling thread's own stack (the driver of runs).
  void adopt_caller();

  /// Prepares the fiber to call entry(argument) when first switched to. entry never returns.
  void restart(void (*entry)(void*), void* argument, const char* name);

  /// Suspends `from`, which must be running, and continues this one.
  void resume_from(Fiber& from);

  /// Tells ThreadSanitizer that this fiber's past happens before the caller's future.
  void acquire_past();

  static constexpr std::size_t kStackBytes = 256 * 1024;

 private:
  friend struct FiberEntry;
  void allocate();

  void* context_ = nullptr;     // boost fcontext: the saved stack pointer
  std::byte* stack_ = nullptr;  // lowest usable byte; null for the driver
  std::size_t stack_bytes_ = 0;
  void* fake_stack_ = nullptr;
  void* thread_ = nullptr;  // ThreadSanitizer's fiber
  unsigned restarts_ = 0;
  void (*entry_)(void*) = nullptr;
  void* argument_ = nullptr;
};

}  // namespace concertina::simulator
