#include "minimize/reduce_program.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

using Body = std::vector<Operation>;
using Candidate = std::optional<Program>;

struct Place {
  std::size_t function = 0;
  std::size_t at = 0;
};

/// The i-th operation, over all functions, for which `matches` holds.
template <class Matches>
std::optional<Place> nth_operation(const Program& program, std::size_t i, Matches matches) {
  for (std::size_t f = 0; f < program.functions.size(); ++f) {
    const Body& body = program.functions[f].body;
    for (std::size_t at = 0; at < body.size(); ++at) {
      if (matches(body[at]) && i-- == 0) return Place{f, at};
    }
  }
  return std::nullopt;
}

/// The program after `change(result, body, at)`, made at the i-th operation for which `matches`
/// holds.
template <class Matches, class Change>
Candidate change_nth(const Program& program, std::size_t i, Matches matches, Change change) {
  const auto place = nth_operation(program, i, matches);
  if (!place) return std::nullopt;
  Program result = program;
  change(result, result.functions[place->function].body, place->at);
  return result;
}

auto is_code(Code code) {
  return [code](const Operation& operation) { return operation.code == code; };
}
bool names_function(const Operation& operation) { return uses_function(operation.code); }

/// One past the operation, or past the bracket that closes it.
std::size_t end_of(const Body& body, std::size_t at) {
  CHECK(at < body.size(), "an operation is in its body");
  return 1 + (opens_block(body[at].code) ? blocks_of(body).partner[at] : at);
}

void erase(Body& body, std::size_t begin, std::size_t end) {
  CHECK(begin <= end && end <= body.size(), "what is erased is a part of the body");
  body.erase(body.begin() + static_cast<std::ptrdiff_t>(begin),
             body.begin() + static_cast<std::ptrdiff_t>(end));
}

/// Every mention of `from` becomes one of `to`, and what comes after `from` moves up by one.
void redirect_function(Program& program, std::size_t from, std::size_t to) {
  CHECK(from != 0 && from < program.functions.size(), "main stays; another function goes");
  CHECK(to != from && to < program.functions.size(), "mentions move to another function");
  program.functions.erase(program.functions.begin() + static_cast<std::ptrdiff_t>(from));
  for (Function& function : program.functions) {
    for (Operation& operation : function.body) {
      if (!uses_function(operation.code)) continue;
      if (operation.function == from) operation.function = static_cast<std::uint8_t>(to);
      if (operation.function > from) --operation.function;
    }
  }
}

void redirect_channel(Program& program, std::uint8_t from, std::uint8_t to) {
  CHECK(from < program.channels.size(), "the channel that goes is one of the program's");
  CHECK(to == kNil || (to != from && to < program.channels.size()),
        "mentions move to another channel, or to nil");
  program.channels.erase(program.channels.begin() + from);
  const auto redirect = [&](std::uint8_t& channel) {
    if (channel == kNil) return;
    if (channel == from) channel = to;
    if (channel != kNil && channel > from) --channel;
  };
  for (Function& function : program.functions) {
    for (Operation& operation : function.body) for_each_channel(operation, redirect);
  }
}

Candidate drop_function(const Program& program, std::size_t i) {
  const std::size_t dropped = i + 1;  // main stays
  if (dropped >= program.functions.size()) return std::nullopt;
  Program result = program;
  for (Function& function : result.functions) {
    std::erase_if(function.body, [&](const Operation& operation) {
      return uses_function(operation.code) && operation.function == dropped;
    });
  }
  redirect_function(result, dropped, 0);
  return result;
}

/// One of kPieces of a body, brackets as they fall: normalise closes and drops what does not fit.
template <std::size_t kPieces>
Candidate drop_piece(const Program& program, std::size_t i) {
  static_assert(kPieces > 1, "a piece is less than the whole");
  if (i >= program.functions.size() * kPieces) return std::nullopt;
  Program result = program;
  Body& body = result.functions[i / kPieces].body;
  const std::size_t length = (body.size() + kPieces - 1) / kPieces;
  const std::size_t begin = std::min(body.size(), i % kPieces * length);
  erase(body, begin, std::min(body.size(), begin + length));
  normalise(result);
  return result;
}

Candidate drop_operation(const Program& program, std::size_t i) {
  return change_nth(
      program, i, [](const Operation& operation) { return operation.code != Code::kEnd; },
      [](Program&, Body& body, std::size_t at) { erase(body, at, end_of(body, at)); });
}

Candidate unwrap_block(const Program& program, std::size_t i) {
  return change_nth(
      program, i, [](const Operation& operation) { return opens_block(operation.code); },
      [](Program&, Body& body, std::size_t at) {
        const std::size_t end = end_of(body, at);
        erase(body, end - 1, end);
        erase(body, at, at + 1);
      });
}

template <Code kCode>
Candidate inline_callee(const Program& program, std::size_t i) {
  CHECK(uses_function(kCode), "only calls and spawns have a callee");
  return change_nth(
      program, i, is_code(kCode), [&program](Program& result, Body& body, std::size_t at) {
        const Body& callee = program.functions[body[at].function].body;
        erase(body, at, at + 1);
        body.insert(body.begin() + static_cast<std::ptrdiff_t>(at), callee.begin(), callee.end());
        normalise(result);
      });
}

Candidate spawn_becomes_call(const Program& program, std::size_t i) {
  return change_nth(program, i, is_code(Code::kSpawn),
                    [](Program&, Body& body, std::size_t at) { body[at].code = Code::kCall; });
}

/// A copy of the callee without its own spawns and calls takes its place: a function that starts
/// itself becomes two that do not.
Candidate cut_recursion(const Program& program, std::size_t i) {
  if (program.functions.size() == kFunctionsMax) return std::nullopt;
  return change_nth(program, i, &names_function,
                    [&program](Program& result, Body& body, std::size_t at) {
                      Function leaf = program.functions[body[at].function];
                      std::erase_if(leaf.body, &names_function);
                      body[at].function = static_cast<std::uint8_t>(result.functions.size());
                      result.functions.push_back(std::move(leaf));  // `body` is gone
                    });
}

/// The i-th ordered pair (from, to) of different numbers below n, `from` not 0.
std::optional<std::pair<std::size_t, std::size_t>> nth_pair(std::size_t n, std::size_t i) {
  if (n < 2 || i >= (n - 1) * (n - 1)) return std::nullopt;
  const std::size_t from = n - 1 - i / (n - 1);
  std::size_t to = i % (n - 1);
  if (to >= from) ++to;
  CHECK(from != 0 && from < n && to < n && from != to, "a pair is of two, and `from` is not 0");
  return std::pair{from, to};
}

Candidate merge_functions(const Program& program, std::size_t i) {
  const auto pair = nth_pair(program.functions.size(), i);
  if (!pair) return std::nullopt;
  Program result = program;
  redirect_function(result, pair->first, pair->second);
  return result;
}

Candidate merge_channels(const Program& program, std::size_t i) {
  const auto pair = nth_pair(program.channels.size(), i);
  if (!pair) return std::nullopt;
  Program result = program;
  redirect_channel(result, static_cast<std::uint8_t>(pair->first),
                   static_cast<std::uint8_t>(pair->second));
  return result;
}

Candidate drop_case(const Program& program, std::size_t i) {
  Program result = program;
  for (Function& function : result.functions) {
    for (Operation& operation : function.body) {
      if (i < operation.cases.size()) {
        operation.cases.erase(operation.cases.begin() + static_cast<std::ptrdiff_t>(i));
        return result;
      }
      i -= operation.cases.size();
    }
  }
  return std::nullopt;
}

Candidate select_becomes_plain(const Program& program, std::size_t i) {
  return change_nth(
      program, i, [](const Operation& operation) { return operation.cases.size() == 1; },
      [](Program&, Body& body, std::size_t at) {
        const Case one = body[at].cases[0];
        const bool blocks = !body[at].has_default;
        const Code code = one.is_send ? (blocks ? Code::kSend : Code::kTrySend)
                                      : (blocks ? Code::kReceive : Code::kTryReceive);
        body[at] = {.code = code, .channel = one.channel, .by_pointer = one.by_pointer};
      });
}

/// The plainer operation of which this one is a variant; itself when there is none.
Code plainer(Code code) {
  if (code == Code::kTrySend) return Code::kSend;
  return code == Code::kReceiveOk || code == Code::kTryReceive ? Code::kReceive : code;
}

void make_simpler(Body& body, std::size_t at, std::size_t way) {
  Operation& operation = body[at];
  switch (way) {
    case 0:
      operation.code = plainer(operation.code);
      break;
    case 1:
      operation.by_pointer = false;
      break;
    case 2:
      operation.has_default = false;
      break;
    case 3:
      for (Case& one : operation.cases) one.by_pointer = false;
      break;
    default:
      if (operation.code != Code::kRange) break;
      const std::size_t end = end_of(body, at);
      operation.code = Code::kReceive;
      erase(body, at + 1, end);
      break;
  }
}

Candidate simpler_operation(const Program& program, std::size_t i) {
  constexpr std::size_t kWays = 5;
  return change_nth(
      program, i / kWays, [](const Operation&) { return true; },
      [i](Program&, Body& body, std::size_t at) { make_simpler(body, at, i % kWays); });
}

Candidate smaller_count(const Program& program, std::size_t i) {
  constexpr std::size_t kWays = 3;
  return change_nth(
      program, i / kWays, [](const Operation& operation) { return operation.count > 0; },
      [i](Program& result, Body& body, std::size_t at) {
        const unsigned count = body[at].count;
        const std::array<unsigned, kWays> values = {0, count / 2, count - 1};
        body[at].count = static_cast<std::uint8_t>(values[i % kWays]);
        normalise(result);  // a loop has at least one round
      });
}

Candidate smaller_channel(const Program& program, std::size_t i) {
  constexpr std::size_t kWays = 5;
  constexpr std::uint8_t kPlain = 4;  // 8 bytes
  if (i / kWays >= program.channels.size()) return std::nullopt;
  Program result = program;
  Channel& channel = result.channels[i / kWays];
  const auto [capacity, size] = channel;
  const int nearer = size + (size < kPlain) - (size > kPlain);
  const Channel ways[kWays] = {{0, size},
                               {static_cast<std::uint8_t>(capacity / 2), size},
                               {static_cast<std::uint8_t>(capacity - (capacity > 0)), size},
                               {capacity, kPlain},
                               {capacity, static_cast<std::uint8_t>(nearer)}};
  channel = ways[i % kWays];
  return result;
}

Candidate smaller_frame(const Program& program, std::size_t i) {
  if (i / 2 >= program.functions.size()) return std::nullopt;
  Program result = program;
  std::uint8_t& frame = result.functions[i / 2].frame_class;
  frame = static_cast<std::uint8_t>(i % 2 == 0 || frame == 0 ? 0 : frame - 1);
  return result;
}

Candidate drop_unused(const Program& program, std::size_t i) {
  if (i > 0) return std::nullopt;
  Program result = program;
  for (std::size_t f = result.functions.size(); f-- > 1;) {
    const bool used = nth_operation(result, 0, [&](const Operation& operation) {
                        return uses_function(operation.code) && operation.function == f;
                      }).has_value();
    if (!used) redirect_function(result, f, 0);
  }
  std::uint32_t named = 0;
  for (const Function& function : result.functions) named |= channels_named_by(function.body);
  for (std::size_t c = result.channels.size(); c-- > 0;) {
    if ((named >> c & 1) == 0) redirect_channel(result, static_cast<std::uint8_t>(c), kNil);
  }
  return result;
}

/// In the order of Reduction.
constexpr Candidate (*kReductions[])(const Program&, std::size_t) = {
    &drop_function,
    &drop_piece<2>,
    &drop_piece<4>,
    &drop_operation,
    &unwrap_block,
    &inline_callee<Code::kSpawn>,
    &inline_callee<Code::kCall>,
    &spawn_becomes_call,
    &cut_recursion,
    &merge_functions,
    &merge_channels,
    &drop_case,
    &select_becomes_plain,
    &simpler_operation,
    &smaller_count,
    &smaller_channel,
    &smaller_frame,
    &drop_unused,
};
static_assert(std::size(kReductions) == static_cast<std::size_t>(Reduction::kCount));

}  // namespace

std::optional<Program> reduce(const Program& program, Reduction kind, std::size_t i) {
  if (kind >= Reduction::kCount) return std::nullopt;
  Candidate result = kReductions[static_cast<std::size_t>(kind)](program, i);
  if (!result) return result;
  const std::string rule = validate(*result);
  CHECK(rule.empty(), "each step makes a valid program of a valid one: " + rule);
  return result;
}

}  // namespace concertina::fuzzers
