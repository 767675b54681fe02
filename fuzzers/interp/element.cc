#include "interp/element.h"

#include <cstring>

#include "base/check.h"
#include "base/hash.h"

namespace concertina::fuzzers {
namespace {

// The program's memory is touched by memcpy alone, which every sanitizer sees as one access to a
// range; the words are made and judged in a copy of our own (this file is not instrumented by
// ThreadSanitizer, see fuzzers/CMakeLists.txt).
constexpr std::size_t kWordsMax = 4096 / 8;

std::uint64_t word_at(Token token, std::size_t index) {
  if (token == 0) return 0;
  if (index == 0) return (static_cast<std::uint64_t>(~token) << 32) | token;
  return (token + (static_cast<std::uint64_t>(index) << 32)) * kGoldenRatio;
}

}  // namespace

void write_element(void* memory, std::size_t bytes, Token token) {
  if (bytes < 8) {
    std::memcpy(memory, &token, bytes < 4 ? bytes : 4);
    return;
  }
  COSTLY_CHECK(bytes / 8 <= kWordsMax, "an element has one of the sizes");
  std::uint64_t words[kWordsMax];
  for (std::size_t i = 0; i < bytes / 8; ++i) words[i] = word_at(token, i);
  std::memcpy(memory, words, bytes);
}

ElementSeen read_element(const void* memory, std::size_t bytes) {
  ElementSeen seen;
  if (bytes < 8) {
    std::memcpy(&seen.token, memory, bytes < 4 ? bytes : 4);
    return seen;
  }
  COSTLY_CHECK(bytes / 8 <= kWordsMax, "an element has one of the sizes");
  std::uint64_t words[kWordsMax];
  std::memcpy(words, memory, bytes);
  seen.token = static_cast<std::uint32_t>(words[0]);
  for (std::size_t i = 0; i < bytes / 8; ++i) {
    if (words[i] != word_at(seen.token, i)) seen.is_torn = true;
  }
  return seen;
}

}  // namespace concertina::fuzzers
