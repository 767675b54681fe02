#include "platform/threads/unseen_memory.h"

#include <cstdint>
#include <cstring>

#include "base/check.h"
#include "base/sanitizer.h"

namespace concertina::threaded {
namespace {

// no_builtin: else the loop becomes a call of memset, which ThreadSanitizer intercepts. Neither a
// plain loop in an instrumented function nor memset itself would do.
[[maybe_unused, clang::no_builtin("memset"), gnu::no_sanitize_thread]] void fill_by_words(
    void* memory, std::size_t bytes, unsigned char value) {
  auto* const words = static_cast<std::uint64_t*>(memory);
  const std::uint64_t word = value * 0x0101010101010101ull;
  for (std::size_t i = 0; i < bytes / 8; ++i) words[i] = word;
}

bool are_words(const void* memory, std::size_t bytes) {
  return (reinterpret_cast<std::uintptr_t>(memory) | bytes) % 8 == 0;
}

}  // namespace

void fill_unseen(void* memory, std::size_t bytes, unsigned char value) {
  CHECK(are_words(memory, bytes), "whole words are filled");
  if constexpr (sanitizer::kWatchesRaces) {
    fill_by_words(memory, bytes, value);
  } else {
    std::memset(memory, value, bytes);
  }
}

[[gnu::no_sanitize_thread]] bool is_filled_unseen(const void* memory, std::size_t bytes,
                                                  unsigned char value) {
  CHECK(are_words(memory, bytes), "whole words are looked at");
  const auto* const words = static_cast<const std::uint64_t*>(memory);
  const std::uint64_t word = value * 0x0101010101010101ull;
  std::uint64_t differences = 0;
  for (std::size_t i = 0; i < bytes / 8; ++i) differences |= words[i] ^ word;
  return differences == 0;
}

}  // namespace concertina::threaded
