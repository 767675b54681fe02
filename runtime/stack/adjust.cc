// A walk over a deep stack is bound by what it does a frame. Two things make it short: where a frame
// ends is guessed from the one before and then checked, so that the processor need not wait for each
// header to know where the next one is; and where the processor has AVX-512 (as memcpy asks, too), a
// cache line's slots are adjusted at once.
#include "stack/adjust.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/sanitizer.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

// The frames of one run, by slots in the first line of the frame.
template <unsigned kPointers>
std::uintptr_t adjust_run(std::uintptr_t at, std::uintptr_t high, const Adjustment& adjust_by) {
  const Adjustment adjust = adjust_by;
  const auto& first = *reinterpret_cast<const FrameHeader*>(at);
  const Function* const function = first.function;
  const std::uint32_t bytes = first.bytes;
  std::uintptr_t offsets[kPointers + 1];
  for (unsigned i = 0; i < kPointers; ++i) offsets[i] = function->layout.pointers[i];
  offsets[kPointers] = offsetof(FrameHeader, saved_frame_pointer);
  const std::uintptr_t last = high - bytes;
  const FrameHeader* header = &first;
  do {
    for (const std::uintptr_t offset : offsets) adjust(at + offset);
    at += bytes;
    header = reinterpret_cast<const FrameHeader*>(at);
  } while (at <= last && header->function == function && header->bytes == bytes &&
           header->magic == kFrameMagic && header->group_count == 0);
  return at;
}

#if defined(__x86_64__)
// Sanitizers do not see masked stores.
const bool has_vectors =
    !sanitizer::kSeesPoison && !sanitizer::kWatchesRaces && __builtin_cpu_supports("avx512f");

constexpr std::size_t kLineBytes = 64;

// The slots in a frame's first line, one bit a word; 0 when there are others, or no whole line.
unsigned slots_of_line(const FrameHeader& header) {
  if (header.bytes < kLineBytes) return 0;
  unsigned slots = 1U << (offsetof(FrameHeader, saved_frame_pointer) / 8);
  const FrameLayout& layout = header.function->layout;
  for (unsigned i = 0; i < layout.pointer_count; ++i) {
    if (layout.pointers[i] >= kLineBytes || layout.pointers[i] % 8 != 0) return 0;
    slots |= 1U << (layout.pointers[i] / 8);
  }
  return slots;
}

// 32-bit pieces of a header that are alike in all frames of a run: function, bytes, magic, groups.
constexpr unsigned kAlikePieces = 0b11010011;
static_assert(offsetof(FrameHeader, function) == 0 && offsetof(FrameHeader, bytes) == 4 * 4 &&
              offsetof(FrameHeader, magic) == 6 * 4 && offsetof(FrameHeader, group_count) == 7 * 4);

[[gnu::target("avx512f")]] std::uintptr_t adjust_lines(std::uintptr_t at, std::uintptr_t high,
                                                       const Adjustment& adjust, unsigned slots) {
  const __m512i lo = _mm512_set1_epi64(static_cast<long long>(adjust.lo));
  const __m512i size = _mm512_set1_epi64(static_cast<long long>(adjust.bytes));
  const __m512i delta = _mm512_set1_epi64(static_cast<long long>(adjust.delta));
  const std::uint32_t bytes = reinterpret_cast<const FrameHeader*>(at)->bytes;
  const std::uintptr_t last = high - bytes;
  const __m512i first = _mm512_loadu_si512(reinterpret_cast<const void*>(at));
  __m512i line = first;
  for (;;) {
    const __mmask8 inside = _mm512_mask_cmplt_epu64_mask(
        static_cast<__mmask8>(slots), _mm512_sub_epi64(line, lo), size);
    _mm512_mask_storeu_epi64(reinterpret_cast<void*>(at), inside, _mm512_add_epi64(line, delta));
    at += bytes;
    if (at > last) return at;
    line = _mm512_loadu_si512(reinterpret_cast<const void*>(at));
    if (_mm512_mask_cmpneq_epi32_mask(kAlikePieces, line, first) != 0) return at;
  }
}
#endif

}  // namespace

std::uintptr_t adjust_alike(std::uintptr_t at, std::uintptr_t high, const Adjustment& adjust) {
  const auto& header = *reinterpret_cast<const FrameHeader*>(at);
  if (header.group_count == 0) {
#if defined(__x86_64__)
    if (const unsigned slots = has_vectors ? slots_of_line(header) : 0; slots != 0) {
      return adjust_lines(at, high, adjust, slots);
    }
#endif
    switch (header.function->layout.pointer_count) {
      case 0:
        return adjust_run<0>(at, high, adjust);
      case 1:
        return adjust_run<1>(at, high, adjust);
      case 2:
        return adjust_run<2>(at, high, adjust);
      default:
        break;
    }
  }
  for_each_slot(at, header, adjust);
  return at + header.bytes;
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
