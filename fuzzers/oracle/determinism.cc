#include "oracle/determinism.h"

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

Verdict failure(std::string_view kind, const std::string& first, const std::string& second) {
  return {"determinism", std::string(kind), "first run: " + first + "; second run: " + second};
}

std::string event_text(const Trace& trace, std::size_t index) {
  if (index >= trace.events.size()) return "ended after " + std::to_string(index) + " events";
  return "event " + std::to_string(index) + ": " + describe(trace.events[index]);
}

std::string end_text(const Trace& trace) {
  return std::string(outcome_name(trace.outcome)) + " \"" + trace.message + "\"";
}

}  // namespace

Verdict judge_determinism(const Trace& first, const Trace& second) {
  const auto [a, b] = std::mismatch(first.events.begin(), first.events.end(), second.events.begin(),
                                    second.events.end());
  if (a != first.events.end() || b != second.events.end()) {
    const auto index = static_cast<std::size_t>(a - first.events.begin());
    CHECK(index <= first.events.size() && index <= second.events.size(),
          "runs differ at an event of the longer one, or after the shorter one");
    return failure("events differ", event_text(first, index), event_text(second, index));
  }
  if (first.outcome != second.outcome || first.message != second.message) {
    return failure("outcomes differ", end_text(first), end_text(second));
  }
  if (first.steps != second.steps || first.decisions != second.decisions) {
    const auto text = [](const Trace& trace) {
      return std::to_string(trace.steps) + " steps, " + std::to_string(trace.decisions) +
             " decisions";
    };
    return failure("steps differ", text(first), text(second));
  }
  if (first.hash != second.hash) {
    return failure("hashes differ", std::to_string(first.hash), std::to_string(second.hash));
  }
  return {};
}

}  // namespace concertina::fuzzers
