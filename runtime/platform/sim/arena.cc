#include "platform/sim/arena.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "base/sanitizer.h"

namespace concertina::simulator {
namespace {

bool are_words(const void* memory, std::size_t bytes) {
  return (reinterpret_cast<std::uintptr_t>(memory) | bytes) % 8 == 0;
}

// no_builtin: else the loop is recognised and becomes a call of memset.
[[maybe_unused, clang::no_builtin("memset")]] void fill_by_words(void* memory, std::size_t bytes,
                                                                 unsigned char value) {
  auto* const words = static_cast<std::uint64_t*>(memory);
  const std::uint64_t word = value * 0x0101010101010101ull;
  for (std::size_t i = 0; i < bytes / 8; ++i) words[i] = word;
}

[[noreturn]] UNCOUNTED void no_memory() {
  std::perror("concertina: no memory for the arena");
  std::abort();
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

bool is_filled_unseen(const void* memory, std::size_t bytes, unsigned char value) {
  CHECK(are_words(memory, bytes), "whole words are looked at");
  const auto* const words = static_cast<const std::uint64_t*>(memory);
  const std::uint64_t word = value * 0x0101010101010101ull;
  std::uint64_t differences = 0;
  for (std::size_t i = 0; i < bytes / 8; ++i) differences |= words[i] ^ word;
  return differences == 0;
}

Arena::Arena() {
  void* const memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERTION(if (memory == MAP_FAILED) no_memory());
  begin_ = static_cast<std::byte*>(memory);
}

Arena::~Arena() {
  sanitizer::unpoison(begin_, dirty_);
  munmap(begin_, kBytes);
}

void* Arena::allocate(std::size_t bytes) {
  if (bytes > kBytes) return nullptr;  // rounding up must not wrap around
  const std::size_t rounded = (bytes + 15) & ~std::size_t{15};
  if (rounded + kRedZone > kBytes - used_) return nullptr;
  std::byte* const result = begin_ + used_;
  CHECK(reinterpret_cast<std::uintptr_t>(result) % 16 == 0, "what is handed out is aligned");
  used_ += rounded;
  sanitizer::unpoison(result, rounded);
  // Fresh pages are zero already; only what an earlier run has used needs clearing.
  if (result < begin_ + dirty_) fill_unseen(result, (bytes + 7) & ~std::size_t{7}, 0);
  // The last bytes of the allocation's own granule are out of bounds, too.
  sanitizer::poison(result + bytes, rounded - bytes + kRedZone);
  used_ += kRedZone;
  CHECK(used_ <= kBytes, "red zones lie within the arena, too");
  if (used_ > dirty_) dirty_ = used_;
  return result;
}

void Arena::reset() {
  CHECK(used_ <= dirty_, "what was used is known to be dirty");
  sanitizer::poison(begin_, used_);
  used_ = 0;
}

}  // namespace concertina::simulator
