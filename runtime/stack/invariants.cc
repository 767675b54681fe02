#include "stack/invariants.h"

#include <bit>

#include "base/limits.h"
#include "stack/adjust.h"
#include "stack/stack_pool.h"

namespace concertina::inline CONCERTINA_PLATFORM {

void check_bounds(const Goroutine& g) {
  require(g.stack.lo != 0, "stack bounds", "the goroutine has no stack");
  require(std::has_single_bit(g.stack.bytes()), "stack bounds", "its size is no power of two");
  require(g.stack.bytes() >= kStackMin, "stack bounds", "it is smaller than any");
  require(g.stack.bytes() <= g.stack_pool->max_bytes(), "stack bounds", "it is larger than any");
  require(g.sp >= g.stack.lo, "stack bounds", "sp is below the stack");
  require(g.sp <= g.stack.hi, "stack bounds", "sp is above the stack");
  require((g.stack.hi - g.sp) % 16 == 0, "stack bounds", "no frame begins at sp");
}

void check_room(const Goroutine& g) {
  check_bounds(g);
  require(g.nosplit == 0, "guard space", "the goroutine is in a nosplit region");
  require(g.sp - g.stack.lo >= kStackGuard, "guard space", "frames have used it up");
}

void check_frames(const Goroutine& g) {
  std::uintptr_t at = g.sp;
  while (at < g.stack.hi) {
    const auto& header = *reinterpret_cast<const FrameHeader*>(at);
    require(header.magic == kFrameMagic, "frame chain", "a frame has no header");
    require(header.function != nullptr, "frame chain", "a frame is no function's");
    require(header.bytes >= sizeof(FrameHeader) && header.bytes % 16 == 0, "frame chain",
            "a frame has a size that none has");
    at += header.bytes;
    require(header.saved_frame_pointer == (at == g.stack.hi ? 0 : at), "frame chain",
            "a frame does not know who called it");
  }
  require(at == g.stack.hi, "frame chain", "the oldest frame is not at the high end");
}

void check_has_left(const Goroutine& g, const Stack& old) {
  require(!old.contains(g.sp), "stack copy", "its goroutine is still on the old stack");
  for (std::uintptr_t at = g.sp; at < g.stack.hi;) {
    const auto& header = *reinterpret_cast<const FrameHeader*>(at);
    for_each_slot(at, header, [&](std::uintptr_t slot) {
      require(!old.contains(*reinterpret_cast<const std::uintptr_t*>(slot)), "stack copy",
              "a slot points to the old stack");
    });
    at += header.bytes;
  }
}

void check_elements_have_left(const Goroutine& g, const Stack& old) {
  for (const Sudog* sudog = g.waiting; sudog != nullptr; sudog = sudog->wait_link) {
    require(sudog->goroutine == &g, "stack copy", "a sudog on the list is not its goroutine's");
    require(!old.contains(sudog->element.inspect()), "stack copy",
            "a sudog's element points to the old stack");
  }
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
