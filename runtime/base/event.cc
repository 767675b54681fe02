#include "base/event.h"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

#include "base/names.h"

namespace concertina {
namespace {

constexpr auto kKinds = static_cast<unsigned>(EventKind::kCount);

// The last value of each enumeration that is a field.
consteval CopyReason last(CopyReason) { return CopyReason::kMove; }
consteval CopyLocks last(CopyLocks) { return CopyLocks::kHeld; }
consteval CensusMoment last(CensusMoment) { return CensusMoment::kScan; }
consteval LockRank last(LockRank) { return LockRank::kScanRunning; }
consteval SpanUse last(SpanUse) { return SpanUse::kObjects; }
consteval ObjectUse last(ObjectUse) { return ObjectUse::kBuffer; }
consteval PanicKind last(PanicKind) { return PanicKind::kCloseOfNil; }
consteval WaitReason last(WaitReason) { return WaitReason::kSuspending; }
consteval FunctionId last(FunctionId) { return FunctionId::kOverwritten; }

template <class Field, class Slot>
consteval Slot largest() {
  if constexpr (std::is_enum_v<Field>) {
    return static_cast<Slot>(last(Field{}));
  } else {
    constexpr std::uint64_t kField = std::numeric_limits<Field>::max();
    constexpr std::uint64_t kSlot = std::numeric_limits<Slot>::max();
    return static_cast<Slot>(std::min(kField, kSlot));
  }
}

constexpr std::array<Event, kKinds> kLargest = {
#define FIELD(slot, type, name) most.slot = largest<type, decltype(most.slot)>();
#define BIT(slot, number, name) \
  most.slot = static_cast<decltype(most.slot)>(most.slot | 1u << number);
#define EVENT(name, text, fields)                           \
  [] {                                                      \
    Event most{.kind = EventKind::k##name, .thread = 0xff}; \
    fields return most;                                     \
  }(),
#include "base/event.def"
#undef EVENT
#undef BIT
#undef FIELD
};

// What is_well_formed relies on, of a slot with two half-words.
consteval bool can_be_split(std::uint32_t largest) {
  return largest <= 0xffff || (largest & 0xffff) == 0xffff;
}
static_assert(std::ranges::all_of(kLargest, [](const Event& most) {
  return can_be_split(most.slot_a) && can_be_split(most.slot_b);
}));

constexpr std::string_view kNames[] = {
#define EVENT(name, text, fields) text,
#include "base/event.def"
#undef EVENT
};

}  // namespace

const std::array<Event, kKinds> kLargestEvents = kLargest;

std::string_view event_name(EventKind kind) { return name_at(kNames, kind, "unknown-event"); }

}  // namespace concertina
