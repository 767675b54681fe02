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

/// A step that changes a random one of the operations that satisfy the condition.
template <bool (*kCondition)(const Operation&), bool (*kChange)(Operation&, Program&, Random&)>
bool change_any(Program& program, Random& random) {
  Operation* found = nullptr;
  std::uint32_t seen = 0;
  for (Function& function : program.functions) {
    for (Operation& operation : function.body) {
      if (kCondition(operation) && random.below(++seen) == 0) found = &operation;
    }
  }
  return found != nullptr && kChange(*found, program, random);
}

/// A step that draws a setting of a random channel again.
template <std::uint8_t Channel::* kSetting, std::uint8_t (*kDraw)(Random&)>
bool change_channel(Program& program, Random& random) {
  if (program.channels.empty()) return false;
  std::uint8_t& setting = random.pick(std::span(program.channels)).*kSetting;
  const std::uint8_t drawn = kDraw(random);
  return std::exchange(setting, drawn) != drawn;
}

/// Puts what is made at a random place of the body; false when that is full.
template <class Make>
bool insert_somewhere(Body& body, Random& random, Make make) {
  if (body.size() == kOperationsMax) return false;
  const auto at = random.below(size_of(body) + 1);
  body.insert(body.begin() + at, make());
  return true;
}

bool is_bracket(const Operation& o) { return opens_block(o.code) || o.code == Code::kEnd; }
bool is_no_bracket(const Operation& o) { return !is_bracket(o); }
bool is_select(const Operation& o) { return o.code == Code::kSelect; }
bool is_spawn(const Operation& o) { return o.code == Code::kSpawn; }
bool is_on_channel(const Operation& o) { return uses_channel(o.code) && o.code != Code::kRange; }
bool is_transfer(const Operation& o) { return o.code == Code::kSend || o.code == Code::kReceive; }
bool has_channel(const Operation& o) { return uses_channel(o.code) || !o.cases.empty(); }
bool has_function(const Operation& o) { return uses_function(o.code); }
bool has_count(const Operation& o) { return uses_count(o.code); }
bool has_pointer(const Operation& o) { return uses_pointer(o.code) || !o.cases.empty(); }

bool add_operation(Program& program, Random& random) {
  return insert_somewhere(any_body(program, random), random,
                          [&] { return draw_operation(program, random); });
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
  return !is_bracket(copy) && insert_somewhere(body, random, [&] { return copy; });
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

bool replace_operation(Operation& operation, Program& program, Random& random) {
  operation = draw_operation(program, random);
  return true;
}

// Send becomes try-send, receive becomes receive-ok or range, and so on: the channel stays.
bool change_kind(Operation& operation, Program&, Random& random) {
  static constexpr Code kKinds[] = {Code::kSend,    Code::kReceive,    Code::kReceiveOk,
                                    Code::kTrySend, Code::kTryReceive, Code::kClose};
  CHECK(!opens_block(operation.code), "a bracket stays one");
  const Code before = std::exchange(operation.code, random.pick(kKinds));
  if (!uses_pointer(operation.code)) operation.by_pointer = false;
  return operation.code != before;
}

bool retarget_channel(Operation& operation, Program& program, Random& random) {
  std::uint8_t& channel = uses_channel(operation.code)
                              ? operation.channel
                              : random.pick(std::span(operation.cases)).channel;
  const std::uint8_t before = std::exchange(channel, draw_channel(program, random));
  return channel != before;
}

bool retarget_function(Operation& operation, Program& program, Random& random) {
  const auto drawn = static_cast<std::uint8_t>(random.below(size_of(program.functions)));
  return std::exchange(operation.function, drawn) != drawn;
}

bool change_frame(Program& program, Random& random) {
  Function& function = random.pick(std::span(program.functions));
  const std::uint8_t drawn = draw_frame_class(random);
  return std::exchange(function.frame_class, drawn) != drawn;
}

bool change_count(Operation& operation, Program&, Random& random) {
  const auto drawn = static_cast<std::uint8_t>(random.between(1, 4));
  return std::exchange(operation.count, drawn) != drawn;
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

bool clone_function(Operation& spawn, Program& program, Random&) {
  if (program.functions.size() == kFunctionsMax) return false;
  CHECK(spawn.function < program.functions.size(), "a callee is one of the program's functions");
  const Function copy = program.functions[spawn.function];
  spawn.function = static_cast<std::uint8_t>(program.functions.size());
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

bool add_case(Operation& select, Program& program, Random& random) {
  if (select.cases.size() == kCasesMax) return false;
  const auto at = random.below(size_of(select.cases) + 1);
  const Case one = {draw_channel(program, random), random.percent(50), random.percent(20)};
  select.cases.insert(select.cases.begin() + at, one);
  return true;
}

bool remove_case(Operation& select, Program&, Random& random) {
  if (select.cases.empty()) return false;
  select.cases.erase(select.cases.begin() + random.below(size_of(select.cases)));
  return true;
}

bool swap_cases(Operation& select, Program&, Random& random) {
  if (select.cases.size() < 2) return false;
  const std::uint32_t at = random.below(size_of(select.cases) - 1);
  std::swap(select.cases[at], select.cases[at + 1]);
  return true;
}

bool turn_case(Operation& select, Program&, Random& random) {
  if (select.cases.empty()) return false;
  Case& one = random.pick(std::span(select.cases));
  one.is_send = !one.is_send;
  return true;
}

bool toggle_default(Operation& select, Program&, Random&) {
  select.has_default = !select.has_default;
  return true;
}

/// A plain send or receive becomes one case of a select.
bool turn_into_select(Operation& operation, Program& program, Random& random) {
  Operation select = draw_select(program, random);
  if (select.cases.empty()) select.cases.emplace_back();
  random.pick(std::span(select.cases)) = {operation.channel, operation.code == Code::kSend,
                                          operation.by_pointer};
  CHECK(select.cases.size() <= kCasesMax, "a select has as many cases as may be");
  operation = std::move(select);
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

bool toggle_pointer(Operation& operation, Program&, Random& random) {
  bool& by_pointer = uses_pointer(operation.code)
                         ? operation.by_pointer
                         : random.pick(std::span(operation.cases)).by_pointer;
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
  return insert_somewhere(any_body(program, random), random, [] { return make(Code::kScan); });
}

constexpr Step kSteps[] = {
    add_operation,
    add_operation,
    remove_operation,
    remove_operation,
    duplicate_operation,
    swap_operations,
    swap_operations,
    change_any<is_no_bracket, replace_operation>,
    change_any<is_on_channel, change_kind>,
    change_any<has_channel, retarget_channel>,
    change_any<has_channel, retarget_channel>,
    change_any<has_function, retarget_function>,
    change_channel<&Channel::capacity, draw_capacity>,
    change_channel<&Channel::size_class, draw_size_class>,
    change_frame,
    change_any<has_count, change_count>,
    add_channel,
    duplicate_spawn,
    duplicate_spawn,
    add_function,
    change_any<is_spawn, clone_function>,
    remove_function,
    change_any<is_select, add_case>,
    change_any<is_select, remove_case>,
    change_any<is_select, swap_cases>,
    change_any<is_select, turn_case>,
    change_any<is_select, toggle_default>,
    change_any<is_transfer, turn_into_select>,
    wrap_in_loop,
    change_any<has_pointer, toggle_pointer>,
    move_into_call,
    move_into_call,
    grow_first,
    add_scan,
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
