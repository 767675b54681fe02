#include "minimize/size.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint8_t kPlainSizeClass = 4;  // 8 bytes
// More than any other part of a program: a reader has to keep track of each goroutine. One function
// that starts itself is a short program and a large run.
constexpr std::uint32_t kCostOfGoroutine = 150;

// Goroutines that one activation of the function can start, itself not counted. A recursive program
// is as large as the runtime allows.
unsigned spawned_by(const Program& program, std::size_t function, unsigned depth) {
  CHECK(function < program.functions.size(), "a callee is one of the program's functions");
  if (depth > program.functions.size()) return kGoroutinesMax;
  unsigned total = 0;
  std::array<unsigned, kNestingMax + 1> factor{1, 1, 1, 1};
  std::size_t open = 0;
  for (const Operation& operation : program.functions[function].body) {
    if (opens_block(operation.code) && open < kNestingMax) {
      const unsigned times = operation.code == Code::kLoop ? operation.count : kLoopCountMax;
      factor[open + 1] = factor[open] * times;
      ++open;
    } else if (operation.code == Code::kEnd && open > 0) {
      --open;
    } else if (uses_function(operation.code)) {
      const unsigned below = spawned_by(program, operation.function, depth + 1);
      total += factor[open] * (below + (operation.code == Code::kSpawn ? 1 : 0));
    }
    CHECK(open <= kNestingMax, "blocks nest no deeper than the limit");
    if (total >= kGoroutinesMax) return kGoroutinesMax;
  }
  return total;
}

unsigned goroutines_of(const Program& program) {
  return std::min(kGoroutinesMax, 1 + spawned_by(program, 0, 0));
}

std::uint32_t cost_of_case(const Case& one) {
  return 30 + (one.by_pointer ? 4 : 0) + (one.channel == kNil ? 1 : 0) + one.channel;
}

std::uint32_t cost_of_operation(const Operation& operation) {
  static constexpr std::uint8_t kByCode[] = {
      110, 130, 120, 120, 0,              // go, call, loop, range and the end of either
      100, 100, 105, 105, 105, 100, 110,  // send, recv, recv_ok, try_send, try_recv, close, select
      100, 100, 100, 100, 100, 100,       // yield, scan, syscall, len, cap, check
  };
  static_assert(std::size(kByCode) == static_cast<std::size_t>(Code::kCount));
  std::uint32_t cost = kByCode[static_cast<std::size_t>(operation.code)];
  cost += operation.count + (operation.by_pointer ? 4U : 0U) + (operation.has_default ? 8U : 0U);
  if (uses_channel(operation.code)) cost += operation.channel;
  for (const Case& one : operation.cases) cost += cost_of_case(one);
  return cost;
}

}  // namespace

std::uint32_t cost_of(const Program& program) {
  std::uint32_t cost = kCostOfGoroutine * goroutines_of(program);
  for (const Channel& channel : program.channels) {
    const int off = channel.size_class - kPlainSizeClass;
    cost += 40U + channel.capacity + static_cast<std::uint32_t>(off < 0 ? -off : off);
  }
  for (const Function& function : program.functions) {
    cost += 50U + function.frame_class;
    for (const Operation& operation : function.body) cost += cost_of_operation(operation);
  }
  return cost;
}

StackAction plainer(StackAction action) {
  switch (action) {
    case StackAction::kScanShrink:
      return StackAction::kScanMove;
    case StackAction::kGrow:
    case StackAction::kShrink:
      return StackAction::kMove;
    case StackAction::kInterrupt:
    case StackAction::kAssist:
      return StackAction::kPreempt;
    default:
      return action;
  }
}

std::uint32_t cost_of(const Schedule& schedule) {
  std::uint32_t cost = 0;
  if (schedule.strategy != Strategy::kNonPreemptive) cost += 100;
  if (schedule.strategy == Strategy::kPct) cost += schedule.depth;
  cost += schedule.horizon == 0 ? 0 : 1;
  for (const Constraint& constraint : schedule.constraints) cost += 20U + constraint.skip;
  cost += static_cast<std::uint32_t>(10 * schedule.targets.size() + schedule.thread_counts.size());
  cost += schedule.seed == 0 ? 0 : 1;
  const int processors = schedule.processors - 2;
  cost += static_cast<std::uint32_t>(processors < 0 ? 1 : 3 * processors);
  cost += schedule.move_at_every_prologue ? 15 : 0;
  for (const bool is_usual :
       {schedule.reuse_stacks, schedule.cache_stacks, schedule.shrink_stacks,
        !schedule.adaptive_start, !schedule.elastic_buffers, schedule.native_frames,
        schedule.poison, !schedule.standing_requests}) {
    cost += is_usual ? 0 : 5;
  }
  if (schedule.machines_max != kMachinesMax) cost += 5U + kMachinesMax - schedule.machines_max;
  // A longer slice ends less often; candidates double it.
  if (schedule.slice != kSliceDefault) {
    cost += 5U + static_cast<unsigned>(std::countl_zero(schedule.slice));
  }
  for (const StackEvent& event : schedule.stack_events) {
    cost += 20U + event.key.occurrence + (event.key.path == kAnyPath ? 1 : 0);
    if (plainer(event.action) != event.action) cost += 2;
  }
  for (const Deviation& deviation : schedule.deviations) {
    cost += 20U + deviation.key.occurrence + (deviation.value == 255 ? 1 : 2);
  }
  return cost;
}

Size size_of(const Input& input) {
  Size size;
  size.goroutines = goroutines_of(input.program);
  CHECK(size.goroutines >= 1, "main is a goroutine");
  for (const Function& function : input.program.functions) {
    for (const Operation& operation : function.body) {
      if (operation.code != Code::kEnd) ++size.operations;
    }
  }
  size.functions = static_cast<unsigned>(input.program.functions.size());
  size.channels = static_cast<unsigned>(input.program.channels.size());
  for (const Deviation& deviation : input.schedule.deviations) {
    if (is_preemption(deviation)) ++size.preemptions;
  }
  size.stack_events = static_cast<unsigned>(input.schedule.stack_events.size());
  size.is_free_of_chance = input.schedule.strategy == Strategy::kNonPreemptive;
  return size;
}

}  // namespace concertina::fuzzers
