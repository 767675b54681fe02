#include "platform/lines.h"

#include "base/sanitizer.h"
#include "platform/fatal.h"

#if defined(__x86_64__)

#include <immintrin.h>

namespace concertina::inline CONCERTINA_PLATFORM {

bool can_adjust_lines() {
  static const bool can = !sanitizer::kSeesPoison && !sanitizer::kWatchesRaces &&
                          __builtin_cpu_supports("avx512f") != 0;
  return can;
}

[[gnu::target("avx512f")]] std::uintptr_t adjust_lines(const LinesInRow& row, std::uintptr_t lo,
                                                       std::size_t bytes, std::uintptr_t delta) {
  const __m512i low = _mm512_set1_epi64(static_cast<long long>(lo));
  const __m512i size = _mm512_set1_epi64(static_cast<long long>(bytes));
  const __m512i add = _mm512_set1_epi64(static_cast<long long>(delta));
  const auto words = static_cast<__mmask8>(row.words);
  const auto alike = static_cast<__mmask16>(row.alike);
  const std::uintptr_t stride = row.stride;
  const std::uintptr_t last = row.last;
  std::uintptr_t at = row.at;
  const __m512i first = _mm512_loadu_si512(reinterpret_cast<const void*>(at));
  __m512i line = first;
  for (;;) {
    const __mmask8 inside = _mm512_mask_cmplt_epu64_mask(words, _mm512_sub_epi64(line, low), size);
    _mm512_mask_storeu_epi64(reinterpret_cast<void*>(at), inside, _mm512_add_epi64(line, add));
    at += stride;
    if (at > last) return at;
    line = _mm512_loadu_si512(reinterpret_cast<const void*>(at));
    if (_mm512_mask_cmpneq_epi32_mask(alike, line, first) != 0) return at;
  }
}

}  // namespace concertina::inline CONCERTINA_PLATFORM

#else

namespace concertina::inline CONCERTINA_PLATFORM {

bool can_adjust_lines() { return false; }

std::uintptr_t adjust_lines(const LinesInRow&, std::uintptr_t, std::size_t, std::uintptr_t) {
  fatal("adjust_lines", "no vector instructions of this processor are known");
}

}  // namespace concertina::inline CONCERTINA_PLATFORM

#endif
