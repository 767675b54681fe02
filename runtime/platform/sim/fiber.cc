#include "platform/sim/fiber.h"

#include <sys/mman.h>

#include <boost/context/detail/fcontext.hpp>
#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "base/sanitizer.h"

namespace concertina::simulator {

using boost::context::detail::fcontext_t;
using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

namespace {

constexpr std::size_t kGuardBytes = 4096;
// An abandoned run leaves its frames on ThreadSanitizer's shadow call stack of the fiber, which has
// room for some 64k. Making a new one costs 7 us, so it is done once in this many restarts.
constexpr unsigned kRestartsPerThread = 400;

[[noreturn]] UNCOUNTED void no_memory() {
  std::perror("concertina: no memory for a virtual thread's stack");
  std::abort();
}

}  // namespace

struct FiberEntry {
  static void run(transfer_t transfer) {
    Fiber& from = *static_cast<Fiber**>(transfer.data)[0];
    Fiber& self = *static_cast<Fiber**>(transfer.data)[1];
    from.context_ = transfer.fctx;
    const void* bottom = nullptr;
    std::size_t bytes = 0;
    sanitizer::end_switch(nullptr, &bottom, &bytes);
    learn_driver_stack(from, bottom, bytes);
    self.entry_(self.argument_);
    CHECK(false, "a fiber's entry never returns");
  }

  // AddressSanitizer tells the bounds of the stack that was left; the driver's are not ours to
  // know.
  static void learn_driver_stack([[maybe_unused]] Fiber& from, [[maybe_unused]] const void* bottom,
                                 [[maybe_unused]] std::size_t bytes) {
    if constexpr (sanitizer::kSeesPoison) {
      if (from.stack_ != nullptr || bottom == nullptr) return;
      from.stack_ = static_cast<std::byte*>(const_cast<void*>(bottom));
      from.stack_bytes_ = bytes;
    }
  }
};

Fiber::~Fiber() {
  if (entry_ == nullptr) return;
  sanitizer::destroy_thread(thread_);
  munmap(stack_ - kGuardBytes, stack_bytes_ + kGuardBytes);
}

void Fiber::adopt_caller() {
  context_ = nullptr;
  stack_ = nullptr;
  stack_bytes_ = 0;
  thread_ = sanitizer::current_thread();
}

void Fiber::allocate() {
  void* const memory = mmap(nullptr, kStackBytes + kGuardBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERTION(if (memory == MAP_FAILED || mprotect(memory, kGuardBytes, PROT_NONE) != 0) no_memory());
  stack_ = static_cast<std::byte*>(memory) + kGuardBytes;
  stack_bytes_ = kStackBytes;
}

void Fiber::restart(void (*entry)(void*), void* argument, [[maybe_unused]] const char* name) {
  if (stack_ == nullptr) allocate();
  CHECK(entry != nullptr, "a fiber has something to run");
  std::byte* const top = stack_ + stack_bytes_;
  if (context_ != nullptr) {  // the context is the stack pointer at the last switch
    auto* const pointer = static_cast<std::byte*>(context_);
    CHECK(pointer >= stack_ && pointer <= top, "a fiber was switched from on its own stack");
    sanitizer::unpoison(pointer, static_cast<std::size_t>(top - pointer));
  }
  if constexpr (sanitizer::kWatchesRaces) {
    if (thread_ == nullptr || ++restarts_ % kRestartsPerThread == 0) {
      sanitizer::destroy_thread(thread_);
      thread_ = sanitizer::create_thread(name);
    }
  }
  entry_ = entry;
  argument_ = argument;
  fake_stack_ = nullptr;
  context_ = make_fcontext(top, stack_bytes_, &FiberEntry::run);
}

void Fiber::resume_from(Fiber& from) {
  CHECK(&from != this, "a fiber continues another one");
  CHECK(context_ != nullptr, "only what was begun can be continued");
  Fiber* pair[2] = {&from, this};
  sanitizer::begin_switch(&from.fake_stack_, stack_, stack_bytes_);
  sanitizer::become_thread(thread_);
  const transfer_t transfer = jump_fcontext(context_, static_cast<void*>(pair));
  // Back in `from`, perhaps much later and from somebody else.
  Fiber& previous = *static_cast<Fiber**>(transfer.data)[0];
  previous.context_ = transfer.fctx;
  sanitizer::end_switch(from.fake_stack_, nullptr, nullptr);
}

void Fiber::acquire_past() { sanitizer::acquire_thread(thread_); }

}  // namespace concertina::simulator
