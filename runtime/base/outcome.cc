#include "base/outcome.h"

namespace concertina {

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kExit:
      return "exit";
    case Outcome::kDeadlock:
      return "deadlock";
    case Outcome::kPanic:
      return "panic";
    case Outcome::kFatal:
      return "fatal";
    case Outcome::kHung:
      return "hung";
    case Outcome::kBudget:
      return "budget";
  }
  return "unknown-outcome";
}

std::string_view panic_text(PanicKind kind) {
  switch (kind) {
    case PanicKind::kSendOnClosed:
      return "send on closed channel";
    case PanicKind::kCloseOfClosed:
      return "close of closed channel";
    case PanicKind::kCloseOfNil:
      return "close of nil channel";
  }
  return "unknown-panic";
}

}  // namespace concertina
