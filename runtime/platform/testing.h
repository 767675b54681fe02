// For tests on any platform: objects and threads of a run, and what a run left behind.
//
// Rules
//   1. A run is abandoned wherever its threads happen to be, so a body's own variables must not own
//      memory (no std::vector, no std::string). Results go to variables captured from the test,
//      which may be read once the run is over, or into the events by `say`.
//   2. Threads share platform objects (made by `make`), and plain variables only where those order
//      the accesses.
#pragma once

#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "platform.h"

namespace concertina::test {

/// An object of the run, as the runtime makes them: never destroyed, gone when the run is over.
template <class T, class... Arguments>
T& make(Arguments&&... arguments) {
  static_assert(std::is_trivially_destructible_v<T>);
  return *new (platform::allocate(sizeof(T))) T(std::forward<Arguments>(arguments)...);
}

/// Starts a thread that runs a copy of `body`. Threads are numbered in this order, from 1.
template <class Body>
void start(Body body, Site site = Site::kTest) {
  platform::start_thread([](void* argument) { (*static_cast<Body*>(argument))(); },
                         &make<Body>(body), site);
}

inline constexpr std::uint32_t kSaid = 0xfacefeed;  // no step of a run

/// Puts a number among the events.
inline void say(std::uint32_t number) {
  platform::record(event::LenSeen{.length = number, .begin_step = kSaid});
}

struct RunResult {
  platform::Report report;
  std::vector<Event> events;

  /// The numbers that bodies said, in order.
  std::vector<std::uint32_t> said() const {
    std::vector<std::uint32_t> numbers;
    for (const Event& event : events) {
      if (event.kind != EventKind::kLenSeen) continue;
      const auto seen = as<event::LenSeen>(event);
      if (seen.begin_step == kSaid) numbers.push_back(seen.length);
    }
    return numbers;
  }
  std::vector<Event> of(EventKind kind) const {
    std::vector<Event> found;
    for (const Event& event : events) {
      if (event.kind == kind) found.push_back(event);
    }
    return found;
  }
  /// What the events of one kind say, in order.
  template <class Fact>
  std::vector<Fact> of() const {
    std::vector<Fact> found;
    for (const Event& event : of(Fact::kKind)) found.push_back(as<Fact>(event));
    return found;
  }
};

}  // namespace concertina::test
