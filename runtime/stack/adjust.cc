// A walk over a deep stack is bound by what it does a frame. Two things make it short: where a
// frame ends is guessed from the one before and then checked, so that the processor need not wait
// for each header to know where the next one is; and the slots of a cache line are adjusted at
// once.
#include "stack/adjust.h"

#include "platform/lines.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

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

// The 4-byte pieces of a header that are alike in all frames of a run: function, bytes, magic and
// groups.
constexpr unsigned kAlikePieces = 0b11010011;
static_assert(offsetof(FrameHeader, function) == 0 && offsetof(FrameHeader, bytes) == 4 * 4 &&
              offsetof(FrameHeader, magic) == 6 * 4 && offsetof(FrameHeader, group_count) == 7 * 4);

}  // namespace

std::uintptr_t adjust_alike(std::uintptr_t at, std::uintptr_t high, const Adjustment& adjust) {
  const auto& header = *reinterpret_cast<const FrameHeader*>(at);
  if (header.group_count == 0) {
    if (const unsigned slots = slots_of_line(header); slots != 0) {
      const LinesInRow row{at, high - header.bytes, header.bytes, kAlikePieces, slots};
      return adjust_lines(row, adjust.lo, adjust.bytes, adjust.delta);
    }
  }
  for_each_slot(at, header, adjust);
  return at + header.bytes;
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
