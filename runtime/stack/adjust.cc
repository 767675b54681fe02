// A walk over a deep stack is bound by what it does a frame. Two things make it short: where a
// frame ends is guessed from the one before and then checked, so that the processor need not wait
// for each header to know where the next one is; and where the processor can, the slots of a cache
// line are adjusted at once.
#include "stack/adjust.h"

#include "platform/lines.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

// The frames of one run, slot by slot.
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
    if (const unsigned slots = can_adjust_lines() ? slots_of_line(header) : 0; slots != 0) {
      const LinesInRow row{at, high - header.bytes, header.bytes, kAlikePieces, slots};
      return adjust_lines(row, adjust.lo, adjust.bytes, adjust.delta);
    }
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
