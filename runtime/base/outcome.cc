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

}  // namespace concertina
