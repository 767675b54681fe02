// Outcome: how a run ended, as the platform and the runtime saw it. Oracles turn it into a verdict.
#pragma once

#include <cstdint>
#include <string_view>

namespace concertina {

enum class Outcome : std::uint8_t {
  kExit,      // every goroutine returned
  kDeadlock,  // checkdead: all goroutines are asleep
  kPanic,     // a goroutine panicked (send on closed channel, close of a closed or nil channel)
  kFatal,     // the runtime found one of its own invariants broken
  kHung,      // no virtual thread can take a step, and the runtime did not report a deadlock
  kBudget,    // a named limit of the run was hit (steps, events, arena)
};

inline constexpr std::uint16_t kPanicSendOnClosed = 1;
inline constexpr std::uint16_t kPanicCloseOfClosed = 2;
inline constexpr std::uint16_t kPanicCloseOfNil = 3;

std::string_view outcome_name(Outcome outcome);

}  // namespace concertina
