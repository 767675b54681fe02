#include "platform/lines.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace concertina {
namespace {

constexpr unsigned kWords = kLineBytes / 8;

// What adjust_lines says of itself, a word at a time.
std::uintptr_t adjust_slowly(const LinesInRow& row, std::uintptr_t lo, std::size_t bytes,
                             std::uintptr_t delta) {
  std::array<std::uint32_t, kLineBytes / 4> first, pieces;
  std::memcpy(first.data(), reinterpret_cast<const void*>(row.at), kLineBytes);
  for (std::uintptr_t at = row.at; at <= row.last; at += row.stride) {
    std::memcpy(pieces.data(), reinterpret_cast<const void*>(at), kLineBytes);
    for (unsigned i = 0; i < pieces.size(); ++i) {
      if ((row.alike >> i & 1) != 0 && pieces[i] != first[i]) return at;
    }
    for (unsigned i = 0; i < kWords; ++i) {
      auto* const word = reinterpret_cast<std::uintptr_t*>(at) + i;
      if ((row.words >> i & 1) != 0 && *word - lo < bytes) *word += delta;
    }
  }
  return row.last + row.stride;
}

void expect_as_slowly(AdjustLines& adjust) {
  std::uint64_t state = 1;
  const auto draw = [&state](unsigned n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<unsigned>((state >> 33) % n);
  };
  for (unsigned round = 0; round < 2'000; ++round) {
    const std::uint32_t stride = kLineBytes + 16 * draw(5);
    const unsigned count = 1 + draw(20);
    std::vector<std::uint64_t> memory(count * stride / 8 + kWords);
    // Few values, so that words are inside, at both ends, and outside, and pieces alike or not.
    for (auto& word : memory) word = 1000 + draw(4) * 8;
    std::vector<std::uint64_t> expected = memory;
    const auto row_in = [&](std::vector<std::uint64_t>& words, unsigned alike, unsigned mask) {
      const auto at = reinterpret_cast<std::uintptr_t>(words.data());
      return LinesInRow{at, at + (count - 1) * stride, stride, alike, mask};
    };
    const unsigned alike = draw(3) == 0 ? 1U << (2 * draw(kWords)) : 0;
    const unsigned mask = draw(256);
    const LinesInRow row = row_in(memory, alike, mask);
    const LinesInRow slow = row_in(expected, alike, mask);
    const std::uintptr_t end = adjust(row, 1008, 16, 5'000);
    const std::uintptr_t end_slowly = adjust_slowly(slow, 1008, 16, 5'000);
    ASSERT_EQ(end - row.at, end_slowly - slow.at) << "round " << round;
    ASSERT_EQ(memory, expected) << "round " << round;
  }
}

TEST(Lines, AreAdjustedAsAWordAtATime) {
  expect_as_slowly(adjust_lines);
  for (AdjustLines* const way : ways_to_adjust_lines()) expect_as_slowly(*way);
}

}  // namespace
}  // namespace concertina
