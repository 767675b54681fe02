// to_go: a program as readable Go-like source. v0 is the frame's local for c0, p0 what the frame's
// pointer for c0 points to.
#include "base/check.h"
#include "host/filled.h"
#include "input/input.h"

namespace concertina::fuzzers {
namespace {

/// The variable that an operation reads or writes: "v0", "*p0", or "_" for the nil channel.
std::string variable(std::uint8_t channel, bool by_pointer) {
  if (channel == kNil) return "_";
  return (by_pointer ? "*p" : "v") + std::to_string(channel);
}

std::string function_name(std::size_t function) {
  return function == 0 ? "main" : "f" + std::to_string(function);
}

/// "&v0, &v2" (or "p0, p2") for the channels that the calling function names.
std::string arguments(const Function& caller, bool by_pointer) {
  const std::uint32_t named = channels_named_by(caller.body);
  std::string text;
  for (unsigned channel = 0; channel < kChannelsMax; ++channel) {
    if ((named >> channel & 1) == 0) continue;
    text += (text.empty() ? "" : ", ") + std::string(by_pointer ? "p" : "&v");
    text += std::to_string(channel);
  }
  return text;
}

/// By code; of a select what comes before its cases.
constexpr std::string_view kStatements[] = {
    "go $function()",
    "$function($arguments)",
    "for range $count {",
    "for $variable = range $channel {",
    "}",
    "$channel <- $variable",
    "$variable = <-$channel",
    "$variable, ok = <-$channel",
    "select { case $channel <- $variable: default: }",
    "select { case $variable = <-$channel: default: }",
    "close($channel)",
    "select {\n",
    "runtime.Gosched()",
    "runtime.GC()  // scan every stack now",
    "syscall($count * microsecond)",
    "_ = len($channel)",
    "_ = cap($channel)",
    "check()  // read every local and what every pointer points to",
};
static_assert(std::size(kStatements) == static_cast<std::size_t>(Code::kCount));

std::string statement(const Operation& operation, const Function& function,
                      const std::string& indent) {
  const auto value = [&](std::string_view blank) {
    return blank == "channel"     ? channel_name(operation.channel)
           : blank == "variable"  ? variable(operation.channel, operation.by_pointer)
           : blank == "function"  ? function_name(operation.function)
           : blank == "arguments" ? arguments(function, operation.by_pointer)
                                  : std::to_string(operation.count);
  };
  std::string text = filled(kStatements[static_cast<std::size_t>(operation.code)], value);
  if (operation.code != Code::kSelect) return text;
  for (const Case& one : operation.cases) {
    const Operation transfer = {.code = one.is_send ? Code::kSend : Code::kReceive,
                                .channel = one.channel,
                                .by_pointer = one.by_pointer};
    text += indent + "case " + statement(transfer, function, indent) + ":\n";
  }
  if (operation.has_default) text += indent + "default:\n";
  return text + indent + "}";
}

}  // namespace

std::string to_go(const Program& program) {
  std::string text;
  for (std::size_t i = 0; i < program.channels.size(); ++i) {
    const Channel& channel = program.channels[i];
    CHECK(channel.size_class < kElementSizeClasses, "a channel's elements have one of the sizes");
    text += "var c" + std::to_string(i) + " = make(chan [" +
            std::to_string(kElementSizes[channel.size_class]) + "]byte";
    if (channel.capacity > 0) text += ", " + std::to_string(channel.capacity);
    text += ")\n";
  }
  for (std::size_t i = 0; i < program.functions.size(); ++i) {
    const Function& function = program.functions[i];
    CHECK(function.frame_class < kFramePaddingClasses, "a frame has one of the sizes");
    text += (text.empty() ? "func " : "\nfunc ") + function_name(i) + "() {";
    const unsigned padding = kFramePaddings[function.frame_class];
    text += padding == 0 ? "\n" : "  // " + std::to_string(padding) + " bytes of other locals\n";
    std::string indent = "\t";
    for (const Operation& operation : function.body) {
      CHECK(operation.code != Code::kEnd || indent.size() > 1, "a bracket closes an open block");
      if (operation.code == Code::kEnd) indent.pop_back();
      text += indent + statement(operation, function, indent) + "\n";
      if (opens_block(operation.code)) indent += "\t";
    }
    text += "}\n";
  }
  return text;
}

}  // namespace concertina::fuzzers
