// Arena: all memory of one run, handed out in order and taken back at once.
//
// Allocation is deterministic. Neighbours are kept apart by a red zone which AddressSanitizer sees;
// nothing is freed inside a run (stacks are recycled by the runtime's own pools, which poison
// them).
#pragma once

#include <cstddef>

namespace concertina::simulator {

/// Fills memory, or tells whether it is filled, without ThreadSanitizer looking on: not through
/// memset, which is intercepted wherever it is called from. Aligned to 8 bytes, a multiple of 8.
void fill_unseen(void* memory, std::size_t bytes, unsigned char value);
bool is_filled_unseen(const void* memory, std::size_t bytes, unsigned char value);

class Arena {
 public:
  Arena();
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Zeroed memory aligned to 16 bytes, valid until reset; null when the arena is full.
  void* allocate(std::size_t bytes);
  void reset();

  static constexpr std::size_t kBytes = 64 * 1024 * 1024;

 private:
  static constexpr std::size_t kRedZone = 16;
  std::byte* begin_;
  std::size_t used_ = 0;
  std::size_t dirty_ = 0;  // high-water mark: bytes below it may hold an earlier run's data
};

}  // namespace concertina::simulator
