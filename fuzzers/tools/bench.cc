// Speed of the simulator: a fixed generated set, and beside it what a bare context switch costs on
// this machine in this process, so that numbers from two machines can be compared.
#include <algorithm>
#include <array>
#include <boost/context/detail/fcontext.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "tools/case_io.h"
#include "tools/commands.h"
#include "tools/generator.h"
#include "tools/json.h"

namespace concertina::fuzzers {
namespace {

namespace context = boost::context::detail;

constexpr unsigned kRounds = 3;
constexpr unsigned kJumps = 1'000'000;
constexpr std::size_t kJumpStackBytes = 64 * 1024;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::array<double, kRounds> values) {
  std::sort(values.begin(), values.end());
  return values[kRounds / 2];
}

// Never returns; its stack is dropped when the measurement is over.
void bounce(context::transfer_t from) {
  for (;;) from = context::jump_fcontext(from.fctx, nullptr);
}

/// One way, in nanoseconds. Sanitizers are not told: nothing but the jump happens on that stack.
double jump_ns() {
  const auto stack = std::make_unique<std::byte[]>(kJumpStackBytes);
  context::fcontext_t other =
      context::make_fcontext(stack.get() + kJumpStackBytes, kJumpStackBytes, &bounce);
  const Clock::time_point begin = Clock::now();
  for (unsigned i = 0; i < kJumps / 2; ++i) other = context::jump_fcontext(other, nullptr).fctx;
  return seconds_since(begin) * 1e9 / kJumps;
}

struct Round {
  double run_s = 0;    // the runs alone
  double judge_s = 0;  // judging them
  std::uint64_t steps = 0;
};

Round one_round(const std::vector<Input>& inputs) {
  Round round;
  for (const Input& input : inputs) {
    const Clock::time_point begin = Clock::now();
    const Trace trace = run(input);
    round.run_s += seconds_since(begin);
    round.steps += trace.steps;
    const Clock::time_point judge_begin = Clock::now();
    const Verdict verdict = judge(input, trace);
    round.judge_s += seconds_since(judge_begin);
    if (verdict.failed()) std::fprintf(stderr, "bench: %s\n", verdict.signature().c_str());
  }
  return round;
}

}  // namespace

int bench(const BenchOptions& options) {
  std::vector<Input> inputs;
  for (unsigned i = 0; i < options.count; ++i) inputs.push_back(generated_input(options.seed, i));
  std::array<double, kRounds> jumps{};
  std::array<double, kRounds> runs_per_second{};
  std::array<double, kRounds> judged_per_second{};
  std::array<double, kRounds> step_ns{};
  std::uint64_t steps = 0;
  for (unsigned i = 0; i < kRounds; ++i) {
    jumps[i] = jump_ns();
    const Round round = one_round(inputs);
    steps = round.steps;
    runs_per_second[i] = options.count / round.run_s;
    judged_per_second[i] = options.count / (round.run_s + round.judge_s);
    step_ns[i] = round.run_s * 1e9 / static_cast<double>(std::max<std::uint64_t>(steps, 1));
  }
  std::printf("flavour %s, %u inputs, %.1f yield points each, median of %u rounds\n",
              std::string(this_flavour()).c_str(), options.count,
              static_cast<double>(steps) / options.count, kRounds);
  std::printf("  runs per second           %12.0f\n", median(runs_per_second));
  std::printf("  runs and verdicts per s   %12.0f\n", median(judged_per_second));
  std::printf("  ns per yield point        %12.1f\n", median(step_ns));
  std::printf("  ns per bare context jump  %12.1f\n", median(jumps));
  if (options.json_path.empty()) return kExitAsExpected;
  JsonObject object;
  object.text("flavour", this_flavour())
      .number("inputs", options.count)
      .number("yield_points", steps)
      .real("runs_per_second", median(runs_per_second))
      .real("judged_runs_per_second", median(judged_per_second))
      .real("yield_point_ns", median(step_ns))
      .real("bare_jump_ns", median(jumps));
  return write_file(options.json_path, object.str() + "\n") ? kExitAsExpected : kExitUnusable;
}

}  // namespace concertina::fuzzers
