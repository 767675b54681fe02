#include "tools/packed.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace concertina::fuzzers {
namespace {

std::optional<Verdict> unpack_verdict(std::string_view bytes) {
  Verdict verdict;
  return unpack(bytes, verdict) ? std::optional(verdict) : std::nullopt;
}

bool are_equal(const Verdict& a, const Verdict& b) {
  return a.oracle == b.oracle && a.kind == b.kind && a.detail == b.detail;
}

/// What a line-by-line form would mix up: line breaks, nothing, and a zero, in each of the fields.
std::vector<Verdict> verdicts() {
  const std::string texts[] = {"", "\n", "a\nb", std::string("\0x", 2), "channels"};
  std::vector<Verdict> result;
  for (const std::string& oracle : texts) {
    for (const std::string& kind : texts) {
      for (const std::string& detail : texts) result.push_back({oracle, kind, detail});
    }
  }
  return result;
}

TEST(Packed, EveryVerdictComesBackAsItWas) {
  for (const Verdict& verdict : verdicts()) {
    const auto again = unpack_verdict(pack(verdict));
    ASSERT_TRUE(again.has_value());
    EXPECT_TRUE(are_equal(*again, verdict)) << verdict.signature();
  }
}

TEST(Packed, WhatIsCutShortOrGoesOnIsRefused) {
  for (const Verdict& verdict : verdicts()) {
    const std::string bytes = pack(verdict);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(unpack_verdict(std::string_view(bytes).substr(0, size)).has_value()) << size;
    }
    EXPECT_FALSE(unpack_verdict(bytes + '\0').has_value());
  }
}

TEST(Packed, ForeignBytesAreRefused) {
  EXPECT_FALSE(unpack_verdict("channels\nlost value\ntoken 7").has_value());
  EXPECT_FALSE(unpack_verdict(std::string(64, '\0')).has_value());
  EXPECT_FALSE(unpack_verdict(std::string(64, '\xff')).has_value());
  std::string bytes = pack(Verdict{"channels", "lost value", "token 7"});
  for (std::size_t i = sizeof kPackedMark; i < sizeof kPackedMark + sizeof(std::size_t); ++i) {
    std::string damaged = bytes;
    damaged[i] = '\x7f';  // of the first length
    EXPECT_FALSE(unpack_verdict(damaged).has_value()) << i;
  }
}

TEST(Packed, ListsAndValuesTogether) {
  const std::vector<std::uint32_t> numbers{1, 2, 3};
  const std::string bytes = pack('x', numbers, std::string("end"));
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    char letter = 0;
    std::vector<std::uint32_t> list;
    std::string text;
    const bool is_whole = unpack(std::string_view(bytes).substr(0, size), letter, list, text);
    EXPECT_EQ(is_whole, size == bytes.size()) << size;
    if (is_whole) EXPECT_EQ(list, numbers);
  }
}

}  // namespace
}  // namespace concertina::fuzzers
