// Kinds: a set of event kinds. Most events are of no interest to most oracles: asking a set first
// costs a predictable branch, where a switch over every kind costs a mispredicted jump.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "base/event.h"

namespace concertina::fuzzers {

class Kinds {
 public:
  constexpr Kinds(std::initializer_list<EventKind> kinds) {
    for (const EventKind kind : kinds) bits_ |= bit(kind);
  }
  constexpr bool has(EventKind kind) const { return (bits_ & bit(kind)) != 0; }
  constexpr Kinds operator|(Kinds others) const {
    others.bits_ |= bits_;
    return others;
  }

 private:
  using Bits = unsigned __int128;
  static_assert(static_cast<unsigned>(EventKind::kCount) <= 128);
  static constexpr Bits bit(EventKind kind) {
    const auto number = static_cast<unsigned>(kind);
    return number < 128 ? Bits{1} << number : 0;  // a broken runtime may say anything
  }
  Bits bits_ = 0;
};

/// Where runnable goroutines wait, and which machines look for them.
inline constexpr Kinds kAboutWork{
    EventKind::kQueued,        EventKind::kUnqueued,       EventKind::kQueueSeenEmpty,
    EventKind::kProcessorIdle, EventKind::kProcessorTaken, EventKind::kMachineCalled,
    EventKind::kMachineBegins, EventKind::kMachineSleeps,  EventKind::kSettled};

/// What the oracle `work` reads: those, and where a goroutine stops running.
inline constexpr Kinds kReadByWork =
    kAboutWork | Kinds{EventKind::kParked, EventKind::kExited, EventKind::kPreempted,
                       EventKind::kSyscallEntered};

}  // namespace concertina::fuzzers
