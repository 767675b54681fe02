#include "base/outcome.h"

#include "base/names.h"

namespace concertina {

std::string_view outcome_name(Outcome outcome) {
  constexpr std::string_view kNames[] = {"exit", "deadlock", "panic", "fatal", "hung", "budget"};
  return name_at(kNames, outcome, "unknown-outcome");
}

std::string_view panic_text(PanicKind kind) {
  constexpr std::string_view kUnknown = "unknown-panic";  // they begin with 1
  constexpr std::string_view kTexts[] = {kUnknown, "send on closed channel",
                                         "close of closed channel", "close of nil channel"};
  return name_at(kTexts, kind, kUnknown);
}

}  // namespace concertina
