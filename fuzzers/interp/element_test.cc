#include "interp/element.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "program/program.h"

namespace concertina::fuzzers {
namespace {

using Memory = std::vector<unsigned char>;

Memory written(std::size_t bytes, std::uint32_t token, unsigned char before = 0xa5) {
  Memory memory(bytes + 8, before);
  write_element(memory.data(), bytes, token);
  return memory;
}

TEST(Element, IsReadAsItWasWritten) {
  for (const std::size_t bytes : kElementSizes) {
    for (const std::uint32_t token : {0u, 1u, 33u, 0x7fff1234u, 0xfffffffeu}) {
      const ElementSeen seen = read_element(written(bytes, token).data(), bytes);
      const std::uint32_t held = bytes >= 4 ? token : token & ((1u << 8 * bytes) - 1);
      EXPECT_EQ(seen.token, held) << bytes;
      EXPECT_FALSE(seen.is_torn) << bytes;
    }
  }
}

TEST(Element, WritesItsBytesAndNoMore) {
  for (const std::size_t bytes : kElementSizes) {
    const Memory one = written(bytes, 0x01020304, 0xa5);
    const Memory other = written(bytes, 0x01020304, 0x5a);
    EXPECT_EQ(std::memcmp(one.data(), other.data(), bytes), 0) << bytes;
    for (std::size_t i = bytes; i < one.size(); ++i) EXPECT_EQ(one[i], 0xa5) << bytes;
  }
}

TEST(Element, TokenZeroIsTheZeroValue) {
  for (const std::size_t bytes : kElementSizes) {
    const Memory memory = written(bytes, 0);
    for (std::size_t i = 0; i < bytes; ++i) EXPECT_EQ(memory[i], 0) << bytes;
  }
}

TEST(Element, OneWrongByteIsSeen) {
  for (const std::size_t bytes : kElementSizes) {
    if (bytes < 8) continue;  // such small ones cannot be torn
    for (std::size_t i = 0; i < bytes; ++i) {
      Memory memory = written(bytes, 1234);
      memory[i] ^= 0x10;
      EXPECT_TRUE(read_element(memory.data(), bytes).is_torn) << bytes << " at " << i;
    }
  }
}

TEST(Element, HalvesOfTwoValuesAreTorn) {
  for (const std::size_t bytes : kElementSizes) {
    if (bytes < 8) continue;
    for (std::size_t cut = 4; cut < bytes; cut += 4) {
      for (const std::uint32_t other : {0u, 34u, 65u}) {
        Memory memory = written(bytes, 33);
        const Memory second = written(bytes, other);
        std::memcpy(memory.data() + cut, second.data() + cut, bytes - cut);
        EXPECT_TRUE(read_element(memory.data(), bytes).is_torn) << bytes << " cut at " << cut;
      }
    }
  }
}

TEST(Element, WordsInEachOthersPlacesAreTorn) {
  Memory memory = written(24, 33);
  std::swap_ranges(memory.begin() + 8, memory.begin() + 16, memory.begin() + 16);
  EXPECT_TRUE(read_element(memory.data(), 24).is_torn);
}

}  // namespace
}  // namespace concertina::fuzzers
