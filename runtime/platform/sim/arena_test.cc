#include "platform/sim/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

#include "base/sanitizer.h"

namespace concertina::simulator {
namespace {

unsigned char* take(Arena& arena, std::size_t bytes) {
  return static_cast<unsigned char*>(arena.allocate(bytes));
}

bool is_zero(const unsigned char* memory, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {
    if (memory[i] != 0) return false;
  }
  return true;
}

TEST(Arena, MemoryIsZeroedAgainAfterAReset) {
  Arena arena;
  for (int run = 0; run < 3; ++run) {
    for (const std::size_t bytes : {1, 8, 15, 16, 17, 4096, 100'000}) {
      unsigned char* const memory = take(arena, bytes + static_cast<unsigned>(run));
      EXPECT_TRUE(is_zero(memory, bytes)) << bytes;
      std::memset(memory, 0xab, bytes);
    }
    arena.reset();
  }
}

// The second run's block lies partly on old and partly on fresh memory.
TEST(Arena, ABlockAcrossTheHighWaterMarkIsZero) {
  Arena arena;
  std::memset(take(arena, 1000), 0xab, 1000);
  arena.reset();
  take(arena, 16);
  EXPECT_TRUE(is_zero(take(arena, 5000), 5000));
}

TEST(Arena, MemoryIsAlignedTo16Bytes) {
  Arena arena;
  for (const std::size_t bytes : {0, 1, 15, 16, 17, 33}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(arena.allocate(bytes)) % 16, 0u) << bytes;
  }
}

TEST(Arena, HandsOutTheSameAddressesAfterAReset) {
  Arena arena;
  void* const first = arena.allocate(40);
  void* const second = arena.allocate(8);
  arena.reset();
  EXPECT_EQ(arena.allocate(40), first);
  EXPECT_EQ(arena.allocate(8), second);
}

TEST(Arena, IsNullWhenFull) {
  Arena arena;
  EXPECT_EQ(arena.allocate(Arena::kBytes), nullptr) << "no room for the red zone";
  EXPECT_EQ(arena.allocate(Arena::kBytes + 1), nullptr);
  EXPECT_NE(arena.allocate(Arena::kBytes / 2), nullptr);
  EXPECT_EQ(arena.allocate(Arena::kBytes / 2), nullptr);
  EXPECT_NE(arena.allocate(16), nullptr) << "a refusal takes nothing";
  arena.reset();
  EXPECT_NE(arena.allocate(Arena::kBytes / 2), nullptr);
}

// A size that wraps around when it is rounded up must not look small.
TEST(Arena, IsNullForAbsurdSizes) {
  Arena arena;
  EXPECT_EQ(arena.allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(arena.allocate(SIZE_MAX - 15), nullptr);
  EXPECT_EQ(arena.allocate(SIZE_MAX - 31), nullptr);
}

TEST(Arena, NeighboursAreKeptApart) {
  Arena arena;
  for (int run = 0; run < 2; ++run) {
    const unsigned char* const first = take(arena, 24);
    const unsigned char* const second = take(arena, 24);
    EXPECT_GE(second - first, 24 + 16);
    for (int i = 0; i < 24; ++i) EXPECT_FALSE(sanitizer::is_poisoned(first + i));
    for (const unsigned char* byte = first + 24; byte < second; ++byte) {
      EXPECT_EQ(sanitizer::is_poisoned(byte), sanitizer::kSeesPoison) << byte - first;
    }
    EXPECT_FALSE(sanitizer::is_poisoned(second));
    arena.reset();
  }
}

TEST(Arena, MemoryOfAnEarlierRunIsOutOfBounds) {
  Arena arena;
  const unsigned char* const memory = take(arena, 64);
  arena.reset();
  EXPECT_EQ(sanitizer::is_poisoned(memory), sanitizer::kSeesPoison);
  EXPECT_EQ(sanitizer::is_poisoned(memory + 63), sanitizer::kSeesPoison);
}

TEST(FillUnseen, FillsAndRecognisesWhatItFilled) {
  alignas(8) unsigned char memory[64] = {};
  fill_unseen(memory + 8, 48, 0xfc);
  for (int i = 0; i < 64; ++i) EXPECT_EQ(memory[i], i >= 8 && i < 56 ? 0xfc : 0) << i;
  EXPECT_TRUE(is_filled_unseen(memory + 8, 48, 0xfc));
  EXPECT_FALSE(is_filled_unseen(memory + 8, 48, 0xfd));
  EXPECT_TRUE(is_filled_unseen(memory, 0, 0xfc));
  for (const int at : {8, 15, 31, 48, 55}) {
    memory[at] = 0xfd;
    EXPECT_FALSE(is_filled_unseen(memory + 8, 48, 0xfc)) << at;
    memory[at] = 0xfc;
  }
}

}  // namespace
}  // namespace concertina::simulator
