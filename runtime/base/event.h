// Event: one fact that the runtime or the interpreter announces while a program runs.
//
// The runtime announces channel events from inside the critical section in which they take effect,
// so in the simulator their order is the order of linearisation. Oracles judge events and nothing
// else; they never look into the runtime. What each kind's fields mean stands in event.def.
#pragma once

#include <cstdint>
#include <string_view>

namespace concertina {

using GoroutineId = std::uint16_t;  // creation ordinal in this run; main is 1
using ChannelId = std::uint16_t;    // creation ordinal in this run, from 1
using ThreadId = std::uint8_t;      // virtual thread, from 0
using ObjectId =
    std::uint32_t;  // platform object (lock, atomic, note, ...), creation ordinal, from 1

inline constexpr GoroutineId kNoGoroutine = 0;
inline constexpr ChannelId kNilChannel = 0;

enum class EventKind : std::uint8_t {
#define EVENT(name, text, meaning) name,
#include "base/event.def"
#undef EVENT
  kCount
};

struct Event {
  EventKind kind = EventKind::kCount;
  ThreadId thread = 0;
  GoroutineId goroutine = kNoGoroutine;
  ChannelId channel = kNilChannel;
  std::uint16_t index = 0;  // select case, slot, ... as event.def says
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t step = 0;  // the run's step count when the event was recorded; set by the platform
};
static_assert(sizeof(Event) == 20);

std::string_view event_name(EventKind kind);

}  // namespace concertina
