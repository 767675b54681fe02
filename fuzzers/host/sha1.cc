// FIPS 180-4. Here as in libFuzzer, which has its own for these names, because no library that the
// build needs anyway brings one.
#include "host/sha1.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kLengthField = 8;

using State = std::array<std::uint32_t, 5>;

void mix(const char* block, State& state) {
  std::uint32_t words[80];
  for (unsigned i = 0; i < 16; ++i) {
    words[i] = 0;
    for (unsigned byte = 0; byte < 4; ++byte) {
      words[i] = words[i] << 8 | static_cast<unsigned char>(block[4 * i + byte]);
    }
  }
  for (unsigned i = 16; i < 80; ++i) {
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  }
  auto [a, b, c, d, e] = state;
  for (unsigned i = 0; i < 80; ++i) {
    const std::uint32_t f = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                            : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                            : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                                     : (b ^ c ^ d) + 0xca62c1d6;
    const std::uint32_t next = std::rotl(a, 5) + f + e + words[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

}  // namespace

std::string sha1(std::string_view content) {
  std::string padded(content);
  padded += '\x80';
  while (padded.size() % kBlock != kBlock - kLengthField) padded += '\0';
  const std::uint64_t bits = std::uint64_t{content.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(bits >> shift);
  CHECK(padded.size() % kBlock == 0, "what is hashed is whole blocks");
  State state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (std::size_t at = 0; at < padded.size(); at += kBlock) mix(&padded[at], state);
  std::string digits;
  for (const std::uint32_t word : state) {
    char eight[9];
    std::snprintf(eight, sizeof eight, "%08x", word);
    digits += eight;
  }
  CHECK(digits.size() == 40, "a digest has 40 digits");
  return digits;
}

}  // namespace concertina::fuzzers
