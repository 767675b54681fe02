// Planted defects for AddressSanitizer and UndefinedBehaviorSanitizer.
#include <climits>
#include <cstdint>
#include <cstring>

#include "base/sanitizer.h"
#include "canary.h"

namespace concertina::canaries {
namespace {

constexpr std::size_t kBlockBytes = 64;

// What the optimiser cannot know, so that it neither removes nor reports the defect.
volatile std::size_t kept_at_run_time = 0;
volatile int kept_result = 0;

/// Writes one byte at `offset` of a heap block.
void write_to_heap(std::size_t offset) {
  auto* const block = new std::uint8_t[kBlockBytes];
  block[offset + kept_at_run_time] = 1;
  kept_result = block[0];
  delete[] block;
}

/// Copies through the platform out of an old stack, as a waker would that missed the move.
void copy_from_old_stack(bool is_poisoned) {
  auto* const old_stack = static_cast<std::uint8_t*>(platform::allocate(kBlockBytes));
  std::uint8_t element[8];
  if (is_poisoned) sanitizer::poison(old_stack, kBlockBytes);
  platform::copy(element, old_stack + 8, sizeof element, Site::kTest);
  sanitizer::unpoison(old_stack, kBlockBytes);
  kept_result = element[0];
}

/// Writes past a local array, on a virtual thread's machine stack.
void write_to_local(std::size_t offset) {
  std::uint8_t local[kBlockBytes] = {};
  volatile std::uint8_t* const pointer = local;
  pointer[offset + kept_at_run_time] = 1;
  kept_result = pointer[0];
}

void add(int a) {
  const int b = static_cast<int>(kept_at_run_time) + 1;
  kept_result = a + b;
}

constexpr Canary kCanaries[] = {
    {"heap-overflow", [](void*) { write_to_heap(kBlockBytes); }},
    {"heap-overflow-twin", [](void*) { write_to_heap(kBlockBytes - 1); }},
    {"poisoned-stack", [](void*) { copy_from_old_stack(true); }},
    {"poisoned-stack-twin", [](void*) { copy_from_old_stack(false); }},
    {"local-overflow", [](void*) { write_to_local(kBlockBytes); }},
    {"local-overflow-twin", [](void*) { write_to_local(kBlockBytes - 1); }},
    {"signed-overflow", [](void*) { add(INT_MAX); }},
    {"signed-overflow-twin", [](void*) { add(INT_MAX - 1); }},
};

}  // namespace

std::span<const Canary> memory_canaries() { return kCanaries; }

}  // namespace concertina::canaries
