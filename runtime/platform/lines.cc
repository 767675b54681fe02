// One source for all processors and flavours, so that what is fuzzed is what is measured: the
// compiler turns the vectors below into what a processor has. AVX2 is worth a second build of the
// same lines (twice as fast as with SSE2), AVX-512 is not worth a third (no faster).
#include "platform/lines.h"

#include <cstring>

#include "base/sanitizer.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

constexpr std::size_t kLinesAhead = 8;  // the processor does not see where such a row goes

using Words = std::uint64_t __attribute__((vector_size(kLineBytes)));
using Pieces = std::uint32_t __attribute__((vector_size(kLineBytes)));

// ThreadSanitizer sees accesses of up to 16 bytes.
using Seen = std::uint64_t __attribute__((vector_size(sanitizer::kWatchesRaces ? 16 : kLineBytes)));
constexpr std::size_t kSeenBytes = sizeof(Seen);

[[gnu::always_inline]] inline void load(Words& line, std::uintptr_t at) {
  for (std::size_t i = 0; i < kLineBytes; i += kSeenBytes) {
    Seen part;
    std::memcpy(&part, reinterpret_cast<const void*>(at + i), kSeenBytes);
    std::memcpy(reinterpret_cast<char*>(&line) + i, &part, kSeenBytes);
  }
}

[[gnu::always_inline]] inline void store(std::uintptr_t at, const Words& line) {
  for (std::size_t i = 0; i < kLineBytes; i += kSeenBytes) {
    Seen part;
    std::memcpy(&part, reinterpret_cast<const char*>(&line) + i, kSeenBytes);
    std::memcpy(reinterpret_cast<void*>(at + i), &part, kSeenBytes);
  }
}

[[gnu::always_inline]] inline bool is_zero(const Words& line) {
  std::uint64_t all = 0;
  for (unsigned i = 0; i < kLineBytes / 8; ++i) all |= line[i];
  return all == 0;
}

[[gnu::always_inline]] inline std::uintptr_t adjust(const LinesInRow& row, std::uintptr_t lo,
                                                    std::size_t bytes, std::uintptr_t delta) {
  constexpr Words kWordBits = {1, 2, 4, 8, 16, 32, 64, 128};
  constexpr Pieces kPieceBits = {1,        1U << 1,  1U << 2,  1U << 3, 1U << 4,  1U << 5,
                                 1U << 6,  1U << 7,  1U << 8,  1U << 9, 1U << 10, 1U << 11,
                                 1U << 12, 1U << 13, 1U << 14, 1U << 15};
  // Nothing is in a range of no bytes.
  const Words sizes = reinterpret_cast<Words>((kWordBits & row.words) == kWordBits) & bytes;
  const auto alike = reinterpret_cast<Words>((kPieceBits & row.alike) == kPieceBits);
  const std::uintptr_t stride = row.stride;
  const std::uintptr_t last = row.last;
  std::uintptr_t at = row.at;
  Words first;
  load(first, at);
  Words line = first;
  for (;;) {
    __builtin_prefetch(reinterpret_cast<const void*>(at + kLinesAhead * stride), 1);
    const auto inside = reinterpret_cast<Words>((line - lo) < sizes);
    store(at, line + (inside & delta));
    at += stride;
    if (at > last) return at;
    load(line, at);
    if (!is_zero((line ^ first) & alike)) return at;
  }
}

std::uintptr_t adjust_anyhow(const LinesInRow& row, std::uintptr_t lo, std::size_t bytes,
                             std::uintptr_t delta) {
  return adjust(row, lo, bytes, delta);
}

#if defined(__x86_64__)

[[gnu::target("avx2")]] std::uintptr_t adjust_avx2(const LinesInRow& row, std::uintptr_t lo,
                                                   std::size_t bytes, std::uintptr_t delta) {
  return adjust(row, lo, bytes, delta);
}

#endif

}  // namespace

std::vector<AdjustLines*> ways_to_adjust_lines() {
  std::vector<AdjustLines*> ways;
#if defined(__x86_64__)
  if (!sanitizer::kWatchesRaces) {
    if (__builtin_cpu_supports("avx2") != 0) ways.push_back(&adjust_avx2);
  }
#endif
  ways.push_back(&adjust_anyhow);
  return ways;
}

std::uintptr_t adjust_lines(const LinesInRow& row, std::uintptr_t lo, std::size_t bytes,
                            std::uintptr_t delta) {
  static AdjustLines* const best = ways_to_adjust_lines().front();
  return best(row, lo, bytes, delta);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
