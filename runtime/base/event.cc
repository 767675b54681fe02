#include "base/event.h"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

namespace concertina {
namespace {

constexpr auto kKinds = static_cast<unsigned>(EventKind::kCount);

// The last value of each enumeration that is a field.
constexpr CopyReason last(CopyReason) { return CopyReason::kMove; }
constexpr CopyLocks last(CopyLocks) { return CopyLocks::kHeld; }
constexpr CensusMoment last(CensusMoment) { return CensusMoment::kScan; }
constexpr LockRank last(LockRank) { return LockRank::kStackPool; }
constexpr PanicKind last(PanicKind) { return PanicKind::kCloseOfNil; }
constexpr WaitReason last(WaitReason) { return WaitReason::kChanReceiveNil; }
constexpr FunctionId last(FunctionId) { return FunctionId::kOverwritten; }

template <class Field, class Slot>
constexpr Slot largest() {
  if constexpr (std::is_enum_v<Field>) {
    return static_cast<Slot>(last(Field{}));
  } else {
    constexpr std::uint64_t kField = std::numeric_limits<Field>::max();
    constexpr std::uint64_t kSlot = std::numeric_limits<Slot>::max();
    return static_cast<Slot>(std::min(kField, kSlot));
  }
}

// An event of each kind with the largest value in every slot.
constexpr std::array<Event, kKinds> kLargest = {
#define FIELD(slot, type, name) most.slot = largest<type, decltype(most.slot)>();
#define BIT(slot, number, name) \
  most.slot = static_cast<decltype(most.slot)>(most.slot | 1u << number);
#define EVENT(name, text, fields)           \
  [] {                                      \
    Event most{.kind = EventKind::k##name}; \
    fields return most;                     \
  }(),
#include "base/event.def"
#undef EVENT
#undef BIT
#undef FIELD
};

}  // namespace

std::string_view event_name(EventKind kind) {
  switch (kind) {
#define EVENT(name, text, fields) \
  case EventKind::k##name:        \
    return text;
#include "base/event.def"
#undef EVENT
    case EventKind::kCount:
      break;
  }
  return "unknown-event";
}

bool is_well_formed(const Event& event) {
  const auto kind = static_cast<unsigned>(event.kind);
  if (kind >= kKinds) return false;
  const Event& most = kLargest[kind];
  return event.goroutine <= most.goroutine && event.slot_c <= most.slot_c &&
         event.slot_i <= most.slot_i && event.slot_a <= most.slot_a && event.slot_b <= most.slot_b;
}

}  // namespace concertina
