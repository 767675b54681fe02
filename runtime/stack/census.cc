// The stack verifier's eyes: a walk that announces facts and judges nothing. Whether they are right
// is for an oracle to say, which knows that distances below stack.hi survive a copy.
#include "stack/stack.h"
#include "stack/stack_pool.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

BelowHi place_of(const Goroutine& g, std::uintptr_t address) {
  if (address == 0) return kNilPlace;
  if (address < g.sp || address >= g.stack.hi) return kOutsideStack;
  return g.below_hi(address);
}

// Calls slot(ordinal, address) for each pointer slot of the frame at `at`.
template <class Visit>
void for_each_slot(std::uintptr_t at, const Visit& visit) {
  const auto& header = *reinterpret_cast<const FrameHeader*>(at);
  const FrameLayout& layout = header.function->layout;
  std::uint16_t ordinal = 0;
  for (unsigned i = 0; i < layout.pointer_count; ++i) visit(ordinal++, at + layout.pointers[i]);
  for (unsigned i = 0; i < header.group_count; ++i) {
    visit(ordinal++, at + layout.group_first + std::uintptr_t{layout.group_stride} * i);
  }
}

BelowHi slot_target(const Goroutine& g, std::uintptr_t slot) {
  return place_of(g, *reinterpret_cast<const std::uintptr_t*>(slot));
}

bool is_sound(const Goroutine& g) {
  for (std::uintptr_t at = g.sp; at < g.stack.hi;) {
    const auto& header = *reinterpret_cast<const FrameHeader*>(at);
    if (header.magic != kFrameMagic) return false;
    const std::uintptr_t next = at + header.bytes;
    if (header.saved_frame_pointer != (next == g.stack.hi ? 0 : next)) return false;
    bool slots_are_sound = true;
    for_each_slot(at, [&](std::uint16_t, std::uintptr_t slot) {
      if (slot_target(g, slot) == kOutsideStack) slots_are_sound = false;
    });
    if (!slots_are_sound) return false;
    at = next;
  }
  return true;
}

void announce_frames(const Goroutine& g) {
  for (std::uintptr_t at = g.sp; at < g.stack.hi;) {
    const auto& header = *reinterpret_cast<const FrameHeader*>(at);
    if (header.magic != kFrameMagic) {
      platform::record(event::FrameSeen{.goroutine = g.id,
                                        .function = FunctionId::kOverwritten,
                                        .place = g.below_hi(at),
                                        .caller = kOutsideStack});
      return;
    }
    platform::record(event::FrameSeen{.goroutine = g.id,
                                      .function = header.function->id,
                                      .place = g.below_hi(at),
                                      .caller = place_of(g, header.saved_frame_pointer)});
    for_each_slot(at, [&](std::uint16_t ordinal, std::uintptr_t slot) {
      platform::record(event::PointerSeen{.goroutine = g.id,
                                          .ordinal = ordinal,
                                          .place = g.below_hi(slot),
                                          .target = slot_target(g, slot)});
    });
    at += header.bytes;
  }
}

}  // namespace

void take_census(Goroutine& g, CensusMoment moment) {
  if (!g.stack_pool->takes_census()) return;
  const bool sound = is_sound(g);
  if (!g.stack_pool->take_census_ticket() && sound) return;
  platform::record(event::CensusBegin{.goroutine = g.id,
                                      .moment = moment,
                                      .used_bytes = static_cast<std::uint32_t>(g.used_bytes()),
                                      .stack_bytes = static_cast<std::uint32_t>(g.stack.bytes())});
  announce_frames(g);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
