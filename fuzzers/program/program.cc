// The rules of program.h: as a check that names the first broken one, and as a repair.
#include "program/program.h"

#include <algorithm>
#include <cstddef>

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

struct CodeTraits {
  std::string_view name;
  bool has_channel;
  bool has_function;
  bool has_pointer;
  CountRange count = {};
};

constexpr CountRange kRounds = {1, kLoopCountMax, "a loop's count"};
constexpr CountRange kLength = {0, kSyscallLengthMax, "a system call's length"};

constexpr CodeTraits kTraits[] = {
    {"go", false, true, false},                 // kSpawn
    {"call", false, true, true},                // kCall
    {"loop", false, false, false, kRounds},     // kLoop
    {"range", true, false, true},               // kRange
    {"}", false, false, false},                 // kEnd
    {"send", true, false, true},                // kSend
    {"recv", true, false, true},                // kReceive
    {"recv_ok", true, false, true},             // kReceiveOk
    {"try_send", true, false, true},            // kTrySend
    {"try_recv", true, false, true},            // kTryReceive
    {"close", true, false, false},              // kClose
    {"select", false, false, false},            // kSelect
    {"yield", false, false, false},             // kYield
    {"scan", false, false, false},              // kScan
    {"syscall", false, false, false, kLength},  // kSyscall
    {"len", true, false, false},                // kLen
    {"cap", true, false, false},                // kCap
    {"check", false, false, false},             // kCheck
};
static_assert(std::size(kTraits) == static_cast<std::size_t>(Code::kCount));

const CodeTraits& traits(Code code) {
  constexpr Code kUsesNothing = Code::kCheck;  // as an unknown code does
  return kTraits[static_cast<std::size_t>(code < Code::kCount ? code : kUsesNothing)];
}

bool is_channel(std::uint8_t channel, const Program& program) {
  return channel == kNil || channel < program.channels.size();
}

std::string count_rule(Code code, unsigned count) {
  if (!uses_count(code)) return count == 0 ? "" : "count is set but not used";
  const CountRange range = count_range(code);
  if (count >= range.min && count <= range.max) return "";
  return std::string(range.name) + " is out of range";
}

std::string cases_rule(const Operation& operation, const Program& program) {
  if (operation.code != Code::kSelect) {
    if (operation.has_default) return "default is set but not used";
    return operation.cases.empty() ? "" : "cases are set but not used";
  }
  if (operation.cases.size() > kCasesMax) return "too many cases";
  for (const Case& one : operation.cases) {
    if (!is_channel(one.channel, program)) return "case names no channel of the program";
  }
  return "";
}

std::string operation_rule(const Operation& operation, const Program& program) {
  const Code code = operation.code;
  if (code >= Code::kCount) return "unknown code";
  if (uses_channel(code)) {
    if (!is_channel(operation.channel, program)) return "no such channel";
  } else if (operation.channel != 0) {
    return "channel is set but not used";
  }
  if (uses_function(code)) {
    if (operation.function >= program.functions.size()) return "no such function";
  } else if (operation.function != 0) {
    return "function is set but not used";
  }
  if (operation.by_pointer && !uses_pointer(code)) return "by_pointer is set but not used";
  if (std::string rule = count_rule(code, operation.count); !rule.empty()) return rule;
  return cases_rule(operation, program);
}

std::string body_rule(const Function& function, const Program& program) {
  if (function.frame_class >= kFramePaddingClasses) return "frame class is out of range";
  if (function.body.size() > kOperationsMax) return "too many operations";
  unsigned open = 0;
  for (std::size_t i = 0; i < function.body.size(); ++i) {
    const Operation& operation = function.body[i];
    std::string rule = operation_rule(operation, program);
    if (rule.empty() && operation.code == Code::kEnd && open-- == 0) rule = "end without a block";
    if (rule.empty() && opens_block(operation.code) && ++open > kNestingMax) {
      rule = "blocks are nested too deep";
    }
    if (!rule.empty()) return "operation " + std::to_string(i) + ": " + rule;
  }
  return open == 0 ? "" : "a block is not ended";
}

// Random bytes should hit real channels, so the result is a remainder, not a bound.
std::uint8_t nearest_channel(std::uint8_t channel, const Program& program) {
  const std::size_t channels = program.channels.size();
  if (channel == kNil || channels == 0) return kNil;
  return static_cast<std::uint8_t>(channel % channels);
}

void normalise_operation(Operation& operation, const Program& program) {
  const Code code = operation.code;
  operation.channel = uses_channel(code) ? nearest_channel(operation.channel, program) : 0;
  const auto functions = static_cast<std::uint8_t>(program.functions.size());
  CHECK(functions != 0, "a program has a main function");
  operation.function =
      uses_function(code) ? static_cast<std::uint8_t>(operation.function % functions) : 0;
  if (!uses_pointer(code)) operation.by_pointer = false;
  const CountRange range = count_range(code);  // of 0 alone where it is not used
  operation.count = std::clamp(operation.count, range.min, range.max);
  if (code != Code::kSelect) {
    operation.has_default = false;
    operation.cases.clear();
  }
  if (operation.cases.size() > kCasesMax) operation.cases.resize(kCasesMax);
  for (Case& one : operation.cases) one.channel = nearest_channel(one.channel, program);
}

// Keeps, in order, every operation that leaves room to close all blocks that are open by then.
void normalise_body(Function& function, const Program& program) {
  function.frame_class = static_cast<std::uint8_t>(function.frame_class % kFramePaddingClasses);
  std::vector<Operation>& body = function.body;
  std::size_t kept = 0;
  unsigned open = 0;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i].code >= Code::kCount) continue;
    if (body[i].code == Code::kEnd) {
      if (open == 0) continue;
      --open;
    } else if (opens_block(body[i].code)) {
      if (open == kNestingMax || kept + 2 + open > kOperationsMax) continue;
      ++open;
    } else if (kept + 1 + open > kOperationsMax) {
      continue;
    }
    if (kept != i) body[kept] = std::move(body[i]);
    normalise_operation(body[kept], program);
    ++kept;
  }
  CHECK(open <= kNestingMax, "blocks nest no deeper than the limit");
  CHECK(kept + open <= kOperationsMax, "there is room to close all open blocks");
  body.resize(kept);
  for (; open > 0; --open) body.push_back({.code = Code::kEnd});
}

}  // namespace

bool uses_channel(Code code) { return traits(code).has_channel; }
bool uses_function(Code code) { return traits(code).has_function; }
bool uses_pointer(Code code) { return traits(code).has_pointer; }
CountRange count_range(Code code) { return traits(code).count; }
bool uses_count(Code code) { return !traits(code).count.name.empty(); }
bool opens_block(Code code) { return code == Code::kLoop || code == Code::kRange; }

std::uint32_t channels_named_by(const std::vector<Operation>& body) {
  std::uint32_t named = 0;
  for (const Operation& operation : body) {
    for_each_channel(operation, [&](std::uint8_t channel) {
      CHECK(channel == kNil || channel < kChannelsMax, "an operation names a channel, or nil");
      if (channel != kNil) named |= 1U << channel;
    });
  }
  return named;
}

Blocks blocks_of(const std::vector<Operation>& body) {
  Blocks blocks;
  std::uint8_t open[kNestingMax];
  std::uint8_t level = 0;
  for (std::uint8_t i = 0; i < body.size(); ++i) {
    if (body[i].code == Code::kEnd) {
      CHECK(level > 0, "a bracket closes an open block");
      blocks.partner[i] = open[--level];
      blocks.partner[open[level]] = i;
    }
    blocks.level[i] = level;
    if (!opens_block(body[i].code)) continue;
    CHECK(level < kNestingMax, "blocks nest no deeper than the limit");
    open[level++] = i;
  }
  CHECK(level == 0, "a valid body ends its blocks");
  return blocks;
}

std::string channel_name(std::uint8_t channel) {
  CHECK(channel == kNil || channel < kChannelsMax, "an operation names a channel, or nil");
  return channel == kNil ? "nil" : "c" + std::to_string(channel);
}

std::string_view code_name(Code code) {
  return code < Code::kCount ? traits(code).name : std::string_view("unknown-code");
}

Code code_by_name(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kTraits); ++i) {
    if (kTraits[i].name == name) return static_cast<Code>(i);
  }
  return Code::kCount;
}

std::string validate(const Program& program) {
  if (program.channels.size() > kChannelsMax) return "too many channels";
  for (std::size_t i = 0; i < program.channels.size(); ++i) {
    const bool is_capacity_good = program.channels[i].capacity <= kCapacityMax;
    if (is_capacity_good && program.channels[i].size_class < kElementSizeClasses) continue;
    return "channel " + std::to_string(i) + ": " + (is_capacity_good ? "size class" : "capacity") +
           " is out of range";
  }
  if (program.functions.empty()) return "there is no main function";
  if (program.functions.size() > kFunctionsMax) return "too many functions";
  for (std::size_t i = 0; i < program.functions.size(); ++i) {
    const std::string rule = body_rule(program.functions[i], program);
    if (!rule.empty()) return "function " + std::to_string(i) + ": " + rule;
  }
  return "";
}

void normalise(Program& program) {
  if (program.channels.size() > kChannelsMax) program.channels.resize(kChannelsMax);
  for (Channel& channel : program.channels) {
    channel.capacity = static_cast<std::uint8_t>(channel.capacity % (kCapacityMax + 1));
    channel.size_class = static_cast<std::uint8_t>(channel.size_class % kElementSizeClasses);
  }
  if (program.functions.empty()) program.functions.emplace_back();
  if (program.functions.size() > kFunctionsMax) program.functions.resize(kFunctionsMax);
  for (Function& function : program.functions) normalise_body(function, program);
  const std::string rule = validate(program);
  CHECK(rule.empty(), "a program that was made valid is valid: " + rule);
}

}  // namespace concertina::fuzzers
