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

std::string_view outcome_name(Outcome outcome);

enum class PanicKind : std::uint16_t { kSendOnClosed = 1, kCloseOfClosed = 2, kCloseOfNil = 3 };

/// Go's words.
std::string_view panic_text(PanicKind kind);

}  // namespace concertina
