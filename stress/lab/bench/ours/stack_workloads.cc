// Growing, copying and shrinking stacks.
#include <cstring>

#include "workload.h"

namespace concertina::bench {
namespace {

constexpr std::uint32_t kDeepBytes = 128;

/// A frame of kDeepBytes with two pointers into the stack, besides the saved frame pointer.
struct DeepFrame {
  FrameHeader header;
  std::uintptr_t callers_local = 0;
  std::uintptr_t own_local = 0;
  std::uint64_t local = 0;
  std::uint64_t left = 0;
  std::uint64_t padding[8] = {};
};
static_assert(sizeof(DeepFrame) == kDeepBytes);

constexpr std::uint16_t kDeepPointers[] = {offsetof(DeepFrame, callers_local),
                                           offsetof(DeepFrame, own_local)};

Action deep_step(Machine& m, Goroutine& g);
Action copy_at_bottom_step(Machine& m, Goroutine& g);

constexpr Function deep_function(Action (*step)(Machine&, Goroutine&)) {
  return Function{.name = "deep",
                  .id = FunctionId::kFirstOfJob + 3,
                  .frame_bytes = kDeepBytes,
                  .layout = {.pointers = kDeepPointers, .pointer_count = 2},
                  .step = step};
}
constexpr Function kDeep = deep_function(&deep_step);
constexpr Function kDeepCopy = deep_function(&copy_at_bottom_step);

// A call of `function` with `left` calls to come, from a frame that is a DeepFrame or larger.
void call_deep(Goroutine& g, const Function& function, std::uint64_t left) {
  const std::uint32_t caller = g.below_hi(g.sp);
  push_frame(g, function, kDeepBytes, Site::kUserPrologue);
  auto& frame = frame_of<DeepFrame>(g);
  frame.left = left;
  frame.callers_local = g.at(caller) + offsetof(DeepFrame, local);
  frame.own_local = g.sp + offsetof(DeepFrame, local);
}

Action deep_step(Machine&, Goroutine& g) {
  auto& frame = frame_of<DeepFrame>(g);
  if (frame.header.resume == 1) {
    require(frame.own_local == g.sp + offsetof(DeepFrame, local), "benchmark",
            "a pointer was not adjusted");
    return leave(g);
  }
  frame.header.resume = 1;
  if (frame.left > 1) call_deep(g, kDeep, frame.left - 1);
  return Action::kNext;
}

// --- stack_growth_N: a goroutine calls itself N deep, returns and ends ---------------------------

template <std::uint64_t kDepth>
Action diver_step(Machine& m, Goroutine& g) {
  auto& frame = frame_of<DeepFrame>(g);
  switch (frame.header.resume++) {
    case 0:
      call_deep(g, kDeep, kDepth);
      return Action::kNext;
    case 1: {
      static_assert(offsetof(DeepFrame, local) + 8 <= kDeepBytes);
      const std::uint32_t slot = g.below_hi(g.sp + offsetof(DeepFrame, local));
      call_send(m, g, job_of(g).channels[0], slot, true);
      return Action::kNext;
    }
    default:
      return leave(g);
  }
}
template <std::uint64_t kDepth>
constexpr Function kDiver = deep_function(&diver_step<kDepth>);

template <std::uint64_t kDepth>
Action growth_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.at++ == job.ops) end(job);
  must_spawn(m, g, kDiver<kDepth>, &job);
  return receive_value(m, g, job.channels[0]);
}
template <std::uint64_t kDepth>
constexpr Function kGrowth = main_function<&growth_step<kDepth>>();

// --- copy_N: copies a stack of which N KiB are in use; memcpy_N copies as many bytes -------------

Action copy_at_bottom_step(Machine&, Goroutine& g) {
  auto& frame = frame_of<DeepFrame>(g);
  if (frame.left > 1) {
    call_deep(g, kDeepCopy, frame.left - 1);
    return Action::kNext;
  }
  Job& job = job_of(g);
  move_stack(g);  // both stacks' memory is there from now on
  move_stack(g);
  begin(job);
  for (std::uint64_t i = 0; i < job.ops; ++i) move_stack(g);
  end(job);
}

template <std::size_t kKib>
Action copy_step(Machine&, Goroutine& g) {
  call_deep(g, kDeepCopy, kKib * 1024 / kDeepBytes - 1);
  return Action::kNext;
}
template <std::size_t kKib>
constexpr Function kCopy = deep_function(&copy_step<kKib>);

template <std::size_t kKib>
Action memcpy_step(Machine&, Goroutine& g) {
  constexpr std::size_t kBytes = kKib * 1024;
  Job& job = job_of(g);
  auto* const a = static_cast<unsigned char*>(platform::allocate(kBytes));
  auto* const b = static_cast<unsigned char*>(platform::allocate(kBytes));
  std::memset(a, 1, kBytes);
  std::memset(b, 2, kBytes);
  begin(job);
  for (std::uint64_t i = 0; i < job.ops; ++i) {
    std::memcpy(i % 2 == 0 ? a : b, i % 2 == 0 ? b : a, kBytes);
    asm volatile("" : : "r"(a), "r"(b) : "memory");
  }
  end(job);
}
template <std::size_t kKib>
constexpr Function kMemcpy = deep_function(&memcpy_step<kKib>);

// --- shrink: from 64 KiB to 2 KiB, a half at a time; an operation is one half --------------------

constexpr std::uint64_t kShrinkDepth = 300;  // 38 KiB: a stack of 64 KiB
constexpr unsigned kHalvings = 5;

Action shrink_step(Machine&, Goroutine& g) {
  Job& job = job_of(g);
  auto& frame = frame_of<DeepFrame>(g);
  if (frame.header.resume == 1) {
    require(g.stack.bytes() == kStackMin << kHalvings, "benchmark", "not the stack that it was");
    const std::uint64_t begin_ns = platform::now_ns();
    for (unsigned i = 0; i < kHalvings; ++i) {
      cas_status(g, kRunning, kCopyStack, Site::kCopyStackStatus);
      require(shrink_stack(g), "benchmark", "the stack did not shrink");
      cas_status(g, kCopyStack, kRunning, Site::kCopyStackStatus);
    }
    job.count += platform::now_ns() - begin_ns;
  }
  auto& moved = frame_of<DeepFrame>(g);
  moved.header.resume = 1;
  if (moved.local++ == job.ops) {
    job.result = static_cast<double>(job.count) / static_cast<double>(job.ops * kHalvings);
    platform::stop(Outcome::kExit, "");
  }
  call_deep(g, kDeep, kShrinkDepth);
  return Action::kNext;
}
constexpr Function kShrink = deep_function(&shrink_step);

constexpr Workload kWorkloads[] = {
    {.name = "stack_growth_1000", .main = &kGrowth<1000>, .channels = 1},
    {.name = "stack_growth_10000", .main = &kGrowth<10000>, .channels = 1},
    {.name = "copy_64k", .main = &kCopy<64>},
    {.name = "copy_128k", .main = &kCopy<128>},
    {.name = "copy_256k", .main = &kCopy<256>},
    {.name = "copy_512k", .main = &kCopy<512>},
    {.name = "copy_1024k", .main = &kCopy<1024>},
    {.name = "memcpy_64k", .main = &kMemcpy<64>},
    {.name = "memcpy_128k", .main = &kMemcpy<128>},
    {.name = "memcpy_256k", .main = &kMemcpy<256>},
    {.name = "memcpy_512k", .main = &kMemcpy<512>},
    {.name = "memcpy_1024k", .main = &kMemcpy<1024>},
    {.name = "shrink", .main = &kShrink},
};

}  // namespace

std::span<const Workload> stack_workloads() { return kWorkloads; }

}  // namespace concertina::bench
