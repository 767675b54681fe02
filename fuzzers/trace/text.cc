#include "trace/text.h"

namespace concertina::fuzzers {

namespace {

// " g3", " c1", nothing when there is none; all other fields with their names.
void add_field(std::string& text, std::string_view name, std::string_view type,
               std::uint32_t value) {
  const bool is_goroutine = type == "GoroutineId";
  const std::string_view letter = is_goroutine ? "g" : type == "ChannelId" ? "c" : "";
  if (name == "goroutine" || name == "channel") {
    if (value != 0) text.append(" ").append(letter).append(std::to_string(value));
    return;
  }
  text.append(" ").append(name).append("=");
  if (is_goroutine && value == kNoGoroutine) {
    text.append("none");
  } else {
    text.append(letter).append(std::to_string(value));
  }
}

}  // namespace

void for_each_field(
    const Event& event,
    const std::function<void(std::string_view, std::string_view, std::uint32_t)>& visit) {
  switch (event.kind) {
#define FIELD(slot, type, name) visit(#name, #type, static_cast<std::uint32_t>(fact.name));
#define BIT(slot, number, name) visit(#name, "bool", fact.name ? 1 : 0);
#define EVENT(Name, label, fields)                             \
  case EventKind::k##Name: {                                   \
    [[maybe_unused]] const auto fact = as<event::Name>(event); \
    fields break;                                              \
  }
#include "base/event.def"
#undef EVENT
#undef BIT
#undef FIELD
    default:
      break;
  }
}

std::string describe(const Event& event) {
  std::string text(event_name(event.kind));
  for_each_field(event, [&](std::string_view name, std::string_view type, std::uint32_t value) {
    add_field(text, name, type, value);
  });
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
