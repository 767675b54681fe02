#include "trace/text.h"

namespace concertina::fuzzers {

std::string describe(const Event& event) {
  std::string text(event_name(event.kind));
  if (event.goroutine != kNoGoroutine) text += " g" + std::to_string(event.goroutine);
  if (event.channel != kNilChannel) text += " c" + std::to_string(event.channel);
  text += " i=" + std::to_string(event.index) + " a=" + std::to_string(event.a) +
          " b=" + std::to_string(event.b);
  text += " (thread " + std::to_string(event.thread) + ", step " + std::to_string(event.step) + ")";
  return text;
}

std::string describe_path(SpawnPath path) {
  if (path == kAnyPath) return "any";
  if (path == kScannerPath) return "scanner";
  if (path == kSchedulerPath) return "scheduler";
  // Digits are read from the low end; the leading 1 of a path that has not wrapped is main.
  std::string text;
  while (path > kMainPath) {
    const SpawnPath digit = path & 31;
    text = "." + (digit == 0 ? std::string("?") : std::to_string(digit - 1)) + text;
    path >>= 5;
  }
  return (path == kMainPath ? "g0" : "g?") + text;
}

}  // namespace concertina::fuzzers
