// Event: one fact that the runtime or the interpreter announces while a program runs.
//
//   platform::record(event::Readied{.goroutine = waker.id, .target = g.id});
//   const auto readied = as<event::Readied>(event);
//
// The runtime announces channel events from inside the critical section in which they take effect,
// so in the simulator their order is the order of linearisation. Oracles judge events and nothing
// else; they never look into the runtime. What each kind says stands in event.def, from which the
// structs, and both ways between them and the packed form, are made.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "base/function.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/lock_rank.h"
#include "base/outcome.h"
#include "base/span_use.h"
#include "base/spawn_path.h"
#include "base/status.h"
#include "base/token.h"

namespace concertina {

// --- Words that only events use. ---

/// A place in a stack by its distance below stack.hi in bytes, which a copy preserves.
using BelowHi = std::uint32_t;
inline constexpr BelowHi kNilPlace = 0;               // a pointer to nowhere
inline constexpr BelowHi kOutsideStack = 0xffffffff;  // a pointer to something else

inline constexpr QueueId kGlobalQueue = kProcessorsLimit;

enum class CopyReason : std::uint8_t { kGrow = 0, kShrink = 1, kMove = 2 };
/// What keeps channels away from a stack that is being copied.
enum class CopyLocks : std::uint16_t {
  kNone = 0,   // nothing: it is not enqueued, or its own machine copies it
  kTaken = 1,  // the channels' locks are taken for the copy
  kHeld = 2,   // the goroutine's own machine copies, and holds channel locks
};
enum class CensusMoment : std::uint16_t { kBeforeCopy = 0, kAfterCopy = 1, kScan = 2 };

// --- The packed form: what is recorded, hashed and kept. ---

enum class EventKind : std::uint8_t {
#define EVENT(name, text, fields) k##name,
#include "base/event.def"
#undef EVENT
  kCount
};

struct Event {
  EventKind kind = EventKind::kCount;
  ThreadId thread = 0;                   // set by the platform
  GoroutineId goroutine = kNoGoroutine;  // whom the fact is about
  // What is in them stands in event.def; `as` reads it.
  std::uint16_t slot_c = 0;
  std::uint16_t slot_i = 0;
  std::uint32_t slot_a = 0;
  std::uint32_t slot_b = 0;
  std::uint32_t step = 0;  // the run's step count when it was recorded; set by the platform

  bool operator==(const Event&) const = default;
};
static_assert(sizeof(Event) == 20);

std::string_view event_name(EventKind kind);

/// An event of each kind with the largest value in every slot.
extern const std::array<Event, static_cast<std::size_t>(EventKind::kCount)> kLargestEvents;

/// Can this have been packed? Slots without a field are 0, and values are in their ranges.
UNCOUNTED inline bool is_well_formed(const Event& event) {
  const auto kind = static_cast<std::size_t>(event.kind);
  if (kind >= kLargestEvents.size()) [[unlikely]]
    return false;
  // Half-words at once: of a slot that has two, the upper one is 0 in its largest value, or the
  // lower one is 0xffff.
  using HalfWords = std::uint16_t __attribute__((vector_size(16)));
  using Words = std::uint64_t __attribute__((vector_size(16)));
  HalfWords half_words, largest;
  std::memcpy(&half_words, &event, sizeof(half_words));
  std::memcpy(&largest, &kLargestEvents[kind], sizeof(largest));
  const auto excess = reinterpret_cast<Words>(half_words > largest);
  return (excess[0] | excess[1]) == 0;
}

// --- The facts themselves, one struct a kind. ---

namespace event {

#define FIELD(slot, type, name) type name{};
#define BIT(slot, number, name) bool name = false;
#define EVENT(name, text, fields)                          \
  struct name {                                            \
    static constexpr EventKind kKind = EventKind::k##name; \
    fields constexpr operator Event() const;               \
  };
#include "base/event.def"
#undef EVENT
#undef BIT
#undef FIELD

#define FIELD(slot, type, name) packed.slot = static_cast<decltype(packed.slot)>(name);
#define BIT(slot, number, name) \
  packed.slot = static_cast<decltype(packed.slot)>(packed.slot | (name ? 1u << number : 0u));
#define EVENT(name, text, fields)          \
  constexpr name::operator Event() const { \
    Event packed{.kind = kKind};           \
    fields return packed;                  \
  }
#include "base/event.def"
#undef EVENT
#undef BIT
#undef FIELD

#define FIELD(slot, type, name) fact.name = static_cast<type>(packed.slot);
#define BIT(slot, number, name) fact.name = (packed.slot >> number & 1) != 0;
#define EVENT(name, text, fields)                                                            \
  constexpr void unpack([[maybe_unused]] const Event& packed, [[maybe_unused]] name& fact) { \
    fields                                                                                   \
  }
#include "base/event.def"
#undef EVENT
#undef BIT
#undef FIELD

/// What `visit` hands over for a kind that does not exist.
struct Unknown {};

}  // namespace event

/// The fact that the event holds, which must be of this kind.
template <class Fact>
[[gnu::always_inline]] constexpr Fact as(const Event& packed) {
  CHECK(packed.kind == Fact::kKind, event_name(packed.kind));
  Fact fact;
  unpack(packed, fact);
  return fact;
}

/// f(fact), whatever the kind is.
template <class F>
constexpr auto visit(const Event& packed, const F& f) {
  switch (packed.kind) {
#define EVENT(name, text, fields) \
  case EventKind::k##name:        \
    return f(as<event::name>(packed));
#include "base/event.def"
#undef EVENT
    default:
      return f(event::Unknown{});
  }
}

/// Do both say the same, wherever and whenever they were announced?
constexpr bool is_same_fact(Event one, const Event& other) {
  one.thread = other.thread;
  one.step = other.step;
  return one == other;
}

/// Kinds of events, true for those that are meant. To ask it costs a predictable branch for each
/// event of a run, where `visit` costs a mispredicted jump.
using KindTable = std::array<bool, static_cast<unsigned>(EventKind::kCount)>;
constexpr bool is_among(const KindTable& kinds, EventKind kind) {
  return kind < EventKind::kCount && kinds[static_cast<unsigned>(kind)];
}
template <class F>
consteval KindTable kinds_where(const F& f) {
  KindTable kinds{};
  for (unsigned i = 0; i < kinds.size(); ++i) {
    kinds[i] = visit(Event{.kind = static_cast<EventKind>(i)}, f);
  }
  return kinds;
}
inline constexpr KindTable kWithChannel =
    kinds_where([](const auto& fact) { return requires { fact.channel; }; });
inline constexpr KindTable kWithPartner =
    kinds_where([](const auto& fact) { return requires { fact.partner; }; });

/// The channel that the event is about; kNilChannel for none.
constexpr ChannelId channel_of(const Event& packed) {
  return is_among(kWithChannel, packed.kind) ? packed.slot_c : kNilChannel;  // ON_CHANNEL
}

/// A goroutine that waits on a channel, and in which case of its select.
struct Partner {
  GoroutineId goroutine = kNoGoroutine;
  CaseIndex case_index = 0;
};

/// The waiting goroutine that the event's own goroutine served; none for other kinds.
constexpr Partner partner_of(const Event& packed) {
  if (!is_among(kWithPartner, packed.kind)) return {};
  event::SendToReceiver fact;  // all kinds have it in the same slots, as WITH_PARTNER
  unpack(packed, fact);
  return {fact.partner, fact.partner_case};
}

}  // namespace concertina
