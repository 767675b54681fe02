// to_go: a program as readable Go-like source. v0 is the frame's local for c0, p0 what the frame's
// pointer for c0 points to.
#include "base/check.h"
#include "input/input.h"

namespace concertina::fuzzers {
namespace {

std::string channel_name(std::uint8_t channel) {
  CHECK(channel == kNil || channel < kChannelsMax, "an operation names a channel, or nil");
  return channel == kNil ? "nil" : "c" + std::to_string(channel);
}

/// The variable that an operation reads or writes: "v0", "*p0", or "_" for the nil channel.
std::string variable(std::uint8_t channel, bool by_pointer) {
  if (channel == kNil) return "_";
  return (by_pointer ? "*p" : "v") + std::to_string(channel);
}

std::string function_name(std::size_t function) {
  return function == 0 ? "main" : "f" + std::to_string(function);
}

std::string send(std::uint8_t channel, bool by_pointer) {
  return channel_name(channel) + " <- " + variable(channel, by_pointer);
}

std::string receive(std::uint8_t channel, bool by_pointer, const char* ok = "") {
  return variable(channel, by_pointer) + ok + " = <-" + channel_name(channel);
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

std::string select(const Operation& operation, const std::string& indent) {
  std::string text = "select {\n";
  for (const Case& one : operation.cases) {
    text +=
        indent + "case " +
        (one.is_send ? send(one.channel, one.by_pointer) : receive(one.channel, one.by_pointer)) +
        ":\n";
  }
  if (operation.has_default) text += indent + "default:\n";
  return text + indent + "}";
}

std::string polled(const std::string& communication) {
  return "select { case " + communication + ": default: }";
}

std::string statement(const Operation& operation, const Function& function,
                      const std::string& indent) {
  const std::uint8_t channel = operation.channel;
  const bool by_pointer = operation.by_pointer;
  switch (operation.code) {
    case Code::kSpawn:
      return "go " + function_name(operation.function) + "()";
    case Code::kCall:
      return function_name(operation.function) + "(" + arguments(function, by_pointer) + ")";
    case Code::kLoop:
      return "for range " + std::to_string(operation.count) + " {";
    case Code::kRange:
      return "for " + variable(channel, by_pointer) + " = range " + channel_name(channel) + " {";
    case Code::kEnd:
      return "}";
    case Code::kSend:
      return send(channel, by_pointer);
    case Code::kReceive:
      return receive(channel, by_pointer);
    case Code::kReceiveOk:
      return receive(channel, by_pointer, ", ok");
    case Code::kTrySend:
      return polled(send(channel, by_pointer));
    case Code::kTryReceive:
      return polled(receive(channel, by_pointer));
    case Code::kClose:
      return "close(" + channel_name(channel) + ")";
    case Code::kSelect:
      return select(operation, indent);
    case Code::kYield:
      return "runtime.Gosched()";
    case Code::kScan:
      return "runtime.GC()  // scan every stack now";
    case Code::kSyscall:
      return "syscall(" + std::to_string(operation.count) + " * microsecond)";
    case Code::kLen:
      return "_ = len(" + channel_name(channel) + ")";
    case Code::kCap:
      return "_ = cap(" + channel_name(channel) + ")";
    case Code::kCheck:
      return "check()  // read every local and what every pointer points to";
    case Code::kCount:
      break;
  }
  return "";
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
