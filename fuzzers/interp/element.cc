#include "interp/element.h"

#include <cstring>

namespace concertina::fuzzers {
namespace {

std::uint64_t word_at(std::uint32_t token, std::size_t index) {
  if (token == 0) return 0;
  if (index == 0) return (static_cast<std::uint64_t>(~token) << 32) | token;
  return (token + (static_cast<std::uint64_t>(index) << 32)) * 0x9E3779B97F4A7C15ull;
}

}  // namespace

void write_element(void* memory, std::size_t bytes, std::uint32_t token) {
  if (bytes < 8) {
    std::memcpy(memory, &token, bytes < 4 ? bytes : 4);
    return;
  }
  auto* const words = static_cast<std::uint64_t*>(memory);
  for (std::size_t i = 0; i < bytes / 8; ++i) words[i] = word_at(token, i);
}

ElementSeen read_element(const void* memory, std::size_t bytes) {
  ElementSeen seen;
  if (bytes < 8) {
    std::memcpy(&seen.token, memory, bytes < 4 ? bytes : 4);
    return seen;
  }
  const auto* const words = static_cast<const std::uint64_t*>(memory);
  seen.token = static_cast<std::uint32_t>(words[0]);
  for (std::size_t i = 0; i < bytes / 8; ++i) {
    if (words[i] != word_at(seen.token, i)) seen.is_torn = true;
  }
  return seen;
}

}  // namespace concertina::fuzzers
