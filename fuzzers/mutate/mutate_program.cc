// Steps in the space of programs. A step that does not apply (there is no select to add a case to)
// returns false, and another one is drawn.
#include <algorithm>
#include <span>
#include <utility>

#include "base/check.h"
#include "mutate/draw.h"
#include "mutate/mutate.h"

namespace concertina::fuzzers {
namespace {

using Step = bool (*)(Program&, Random&);
using Body = std::vector<Operation>;

std::uint32_t size_of(const auto& list) { return static_cast<std::uint32_t>(list.size()); }

Body& any_body(Program& program, Random& random) {
  return program.functions[random.below(size_of(program.functions))].body;
}

/// A random operation that satisfies the condition, or nullptr.
template <class Condition>
Operation* any_operation(Program& program, Random& random, Condition condition) {
  Operation* found = nullptr;
  std::uint32_t seen = 0;
  for (Function& function : program.functions) {
    for (Operation& operation : function.body) {
      if (condition(operation) && random.below(++seen) == 0) found = &operation;
    }
  }
  return found;
}

bool is_bracket(const Operation& operation) {
  return opens_block(operation.code) || operation.code == Code::kEnd;
}

bool is_select(const Operation& operation) { return operation.code == Code::kSelect; }

bool add_operation(Program& program, Random& random) {
  Body& body = any_body(program, random);
  if (body.size() == kOperationsMax) return false;
  const auto at = random.below(size_of(body) + 1);
  body.insert(body.begin() + at, draw_operation(program, random));
  return true;
}

// Removing one bracket of a pair moves the other: normalise ends the block at the end of the body,
// or drops the end. Both are new programs worth a try.
bool remove_operation(Program& program, Random& random) {
  Body& body = any_body(program, random);
  if (body.empty()) return false;
  body.erase(body.begin() + random.below(size_of(body)));
  return true;
}

bool duplicate_operation(Program& program, Random& random) {
  Body& body = any_body(program, random);
  if (body.empty() || body.size() == kOperationsMax) return false;
  const Operation copy = body[random.below(size_of(body))];
  if (is_bracket(copy)) return false;
  body.insert(body.begin() + random.below(size_of(body) + 1), copy);
  return true;
}

bool swap_operations(Program& program, Random& random) {
  Body& body = any_body(program, random);
  if (body.size() < 2) return false;
  const std::uint32_t first = random.below(size_of(body));
  const std::uint32_t second =
      random.percent(60) ? (first + 1) % size_of(body) : random.below(size_of(body));
  if (body[first] == body[second]) return false;
  std::swap(body[first], body[second]);
  return true;
}

bool replace_operation(Program& program, Random& random) {
  Operation* operation =
      any_operation(program, random, [](const Operation& o) { return !is_bracket(o); });
  if (operation == nullptr) return false;
  *operation = draw_operation(program, random);
  return true;
}

// Send becomes try-send, receive becomes receive-ok or range, and so on: the channel stays.
bool change_kind(Program& program, Random& random) {
  static constexpr Code kKinds[] = {Code::kSend,    Code::kReceive,    Code::kReceiveOk,
                                    Code::kTrySend, Code::kTryReceive, Code::kClose};
  Operation* operation = any_operation(program, random, [](const Operation& o) {
    return uses_channel(o.code) && o.code != Code::kRange;
  });
  if (operation == nullptr) return false;
  const Code before = operation->code;
  CHECK(!opens_block(before), "a bracket stays one");
  operation->code = random.pick(kKinds);
  if (!uses_pointer(operation->code)) operation->by_pointer = false;
  return operation->code != before;
}

bool retarget_channel(Program& program, Random& random) {
  Operation* operation = any_operation(
      program, random, [](const Operation& o) { return uses_channel(o.code) || !o.cases.empty(); });
  if (operation == nullptr) return false;
  std::uint8_t& channel = uses_channel(operation->code)
                              ? operation->channel
                              : random.pick(std::span(operation->cases)).channel;
  const std::uint8_t before = std::exchange(channel, draw_channel(program, random));
  return channel != before;
}

bool retarget_function(Program& program, Random& random) {
  Operation* operation =
      any_operation(program, random, [](const Operation& o) { return uses_function(o.code); });
  if (operation == nullptr) return false;
  const auto drawn = static_cast<std::uint8_t>(random.below(size_of(program.functions)));
  return std::exchange(operation->function, drawn) != drawn;
}

bool change_capacity(Program& program, Random& random) {
  if (program.channels.empty()) return false;
  Channel& channel = random.pick(std::span(program.channels));
  const std::uint8_t drawn = draw_capacity(random);
  return std::exchange(channel.capacity, drawn) != drawn;
}

bool change_size(Program& program, Random& random) {
  if (program.channels.empty()) return false;
  Channel& channel = random.pick(std::span(program.channels));
  const std::uint8_t drawn = draw_size_class(random);
  return std::exchange(channel.size_class, drawn) != drawn;
}

bool change_frame(Program& program, Random& random) {
  Function& function = random.pick(std::span(program.functions));
  const std::uint8_t drawn = draw_frame_class(random);
  return std::exchange(function.frame_class, drawn) != drawn;
}

bool change_count(Program& program, Random& random) {
  Operation* operation =
      any_operation(program, random, [](const Operation& o) { return uses_count(o.code); });
  if (operation == nullptr) return false;
  const auto drawn = static_cast<std::uint8_t>(random.between(1, 4));
  return std::exchange(operation->count, drawn) != drawn;
}

bool add_channel(Program& program, Random& random) {
  if (program.channels.size() == kChannelsMax) return false;
  program.channels.push_back({draw_capacity(random), draw_size_class(random)});
  return true;
}

/// The same goroutine once more: two of a kind collide where one alone has no partner.
bool duplicate_spawn(Program& program, Random& random) {
  Body& body = any_body(program, random);
  if (body.size() == kOperationsMax) return false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i].code != Code::kSpawn || random.percent(40)) continue;
    const Operation copy = body[i];
    body.insert(body.begin() + static_cast<std::ptrdiff_t>(i), copy);
    return true;
  }
  return false;
}

bool add_function(Program& program, Random& random) {
  if (program.functions.size() == kFunctionsMax) return false;
  const auto callee = static_cast<std::uint8_t>(program.functions.size());
  Function function;
  function.frame_class = draw_frame_class(random);
  for (unsigned n = random.between(1, 3); n > 0; --n) {
    function.body.push_back(draw_operation(program, random));
  }
  Body& caller = any_body(program, random);
  const Code code = random.percent(60) ? Code::kSpawn : Code::kCall;
  const auto at = code == Code::kSpawn ? 0 : random.below(size_of(caller) + 1);
  caller.insert(caller.begin() + at, make_call(code, callee));
  program.functions.push_back(std::move(function));
  return true;
}

bool clone_function(Program& program, Random& random) {
  Operation* spawn =
      any_operation(program, random, [](const Operation& o) { return o.code == Code::kSpawn; });
  if (spawn == nullptr || program.functions.size() == kFunctionsMax) return false;
  CHECK(spawn->function < program.functions.size(), "a callee is one of the program's functions");
  const Function copy = program.functions[spawn->function];
  spawn->function = static_cast<std::uint8_t>(program.functions.size());
  program.functions.push_back(copy);
  return true;
}

bool remove_function(Program& program, Random& random) {
  if (program.functions.size() < 2) return false;
  const std::uint32_t gone = 1 + random.below(size_of(program.functions) - 1);
  CHECK(gone < program.functions.size(), "main stays; another function goes");
  program.functions.erase(program.functions.begin() + gone);
  for (Function& function : program.functions) {
    std::erase_if(function.body, [gone](const Operation& operation) {
      return uses_function(operation.code) && operation.function == gone;
    });
    for (Operation& operation : function.body) {
      if (uses_function(operation.code) && operation.function > gone) --operation.function;
    }
  }
  return true;
}

bool add_case(Program& program, Random& random) {
  Operation* select = any_operation(program, random, is_select);
  if (select == nullptr || select->cases.size() == kCasesMax) return false;
  const auto at = random.below(size_of(select->cases) + 1);
  const Case one = {draw_channel(program, random), random.percent(50), random.percent(20)};
  select->cases.insert(select->cases.begin() + at, one);
  return true;
}

bool remove_case(Program& program, Random& random) {
  Operation* select = any_operation(program, random, is_select);
  if (select == nullptr || select->cases.empty()) return false;
  select->cases.erase(select->cases.begin() + random.below(size_of(select->cases)));
  return true;
}

bool swap_cases(Program& program, Random& random) {
  Operation* select = any_operation(program, random, is_select);
  if (select == nullptr || select->cases.size() < 2) return false;
  const std::uint32_t at = random.below(size_of(select->cases) - 1);
  std::swap(select->cases[at], select->cases[at + 1]);
  return true;
}

bool turn_case(Program& program, Random& random) {
  Operation* select = any_operation(program, random, is_select);
  if (select == nullptr || select->cases.empty()) return false;
  Case& one = random.pick(std::span(select->cases));
  one.is_send = !one.is_send;
  return true;
}

bool toggle_default(Program& program, Random& random) {
  Operation* select = any_operation(program, random, is_select);
  if (select == nullptr) return false;
  select->has_default = !select->has_default;
  return true;
}

/// A plain send or receive becomes one case of a select.
bool turn_into_select(Program& program, Random& random) {
  Operation* operation = any_operation(program, random, [](const Operation& o) {
    return o.code == Code::kSend || o.code == Code::kReceive;
  });
  if (operation == nullptr) return false;
  Operation select = draw_select(program, random);
  if (select.cases.empty()) select.cases.emplace_back();
  random.pick(std::span(select.cases)) = {operation->channel, operation->code == Code::kSend,
                                          operation->by_pointer};
  CHECK(select.cases.size() <= kCasesMax, "a select has as many cases as may be");
  *operation = std::move(select);
  return true;
}

bool wrap_in_loop(Program& program, Random& random) {
  Body& body = any_body(program, random);
  if (body.empty() || body.size() + 2 > kOperationsMax) return false;
  const std::uint32_t first = random.below(size_of(body));
  const std::uint32_t last = std::min(first + random.between(1, 3), size_of(body));
  CHECK(first < last, "a loop is put around something");
  // Only whole blocks: a loop around half of one would mean something else than it shows.
  for (std::uint32_t i = first; i < last; ++i) {
    if (is_bracket(body[i])) return false;
  }
  body.insert(body.begin() + last, make(Code::kEnd));
  body.insert(body.begin() + first, make_loop(random.between(2, 4)));
  return true;
}

bool toggle_pointer(Program& program, Random& random) {
  Operation* operation = any_operation(
      program, random, [](const Operation& o) { return uses_pointer(o.code) || !o.cases.empty(); });
  if (operation == nullptr) return false;
  bool& by_pointer = uses_pointer(operation->code)
                         ? operation->by_pointer
                         : random.pick(std::span(operation->cases)).by_pointer;
  by_pointer = !by_pointer;
  return true;
}

bool move_into_call(Program& program, Random& random) {
  const std::uint32_t function = random.below(size_of(program.functions));
  const std::uint32_t size = size_of(program.functions[function].body);
  if (size == 0) return false;
  return outline(program, function, random.below(size), random.between(1, 2), random);
}

bool grow_first(Program& program, Random& random) {
  return inflate(program, random.below(size_of(program.functions)), random);
}

bool add_scan(Program& program, Random& random) {
  Body& body = any_body(program, random);
  if (body.size() == kOperationsMax) return false;
  body.insert(body.begin() + random.below(size_of(body) + 1), make(Code::kScan));
  return true;
}

constexpr Step kSteps[] = {
    add_operation,    add_operation,     remove_operation,  remove_operation, duplicate_operation,
    swap_operations,  swap_operations,   replace_operation, change_kind,      retarget_channel,
    retarget_channel, retarget_function, change_capacity,   change_size,      change_frame,
    change_count,     add_channel,       duplicate_spawn,   duplicate_spawn,  add_function,
    clone_function,   remove_function,   add_case,          remove_case,      swap_cases,
    turn_case,        toggle_default,    turn_into_select,  wrap_in_loop,     toggle_pointer,
    move_into_call,   move_into_call,    grow_first,        add_scan,
};

}  // namespace

void mutate_program(Program& program, Random& random) {
  normalise(program);
  // Of the steps that apply to an empty program add_operation alone is 2 in 34; 200 draws always
  // find one.
  constexpr unsigned kAttempts = 200;
  unsigned attempt = 0;
  while (attempt < kAttempts && !random.pick(kSteps)(program, random)) ++attempt;
  CHECK(attempt < kAttempts, "some step applies to every program");
  normalise(program);
}

}  // namespace concertina::fuzzers
