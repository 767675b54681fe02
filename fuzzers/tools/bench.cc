// Speed of the simulator: a fixed generated set, and beside it what a bare context switch costs on
// this machine in this process, so that numbers from two machines can be compared.
//
// The set is the stream of generated inputs without those of more than kStepsMax steps: a median of
// about 200 steps, the size at which a campaign spends most of its time.
#include <algorithm>
#include <array>
#include <boost/context/detail/fcontext.hpp>
#include <cstdio>
#include <memory>

#include "base/check.h"
#include "host/json.h"
#include "host/stopwatch.h"
#include "tools/case_io.h"
#include "tools/commands.h"
#include "tools/generator.h"

namespace concertina::fuzzers {
namespace {

namespace context = boost::context::detail;

constexpr unsigned kRounds = 3;
constexpr std::uint32_t kStepsMax = 350;
constexpr unsigned kJumps = 1'000'000;
constexpr std::size_t kJumpStackBytes = 64 * 1024;

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
  const Stopwatch watch;
  for (unsigned i = 0; i < kJumps / 2; ++i) other = context::jump_fcontext(other, nullptr).fctx;
  return watch.seconds() * 1e9 / kJumps;
}

/// The inputs as an engine would hand them over, and the sizes of their runs.
struct Set {
  std::vector<Bytes> inputs;
  std::vector<std::uint32_t> steps;  // sorted

  std::uint32_t percentile(unsigned percent) const {
    CHECK(!steps.empty() && percent <= 100, "a percentile is of some runs");
    return steps[(steps.size() - 1) * percent / 100];
  }
};

Set make_set(const BenchOptions& options) {
  Set set;
  for (std::uint64_t i = 0; set.inputs.size() < options.count; ++i) {
    const Input input = generated_input(options.seed, i);
    const std::uint32_t steps = run(input).steps;
    if (steps > kStepsMax) continue;
    set.inputs.push_back(encode(input));
    set.steps.push_back(steps);
  }
  CHECK(set.steps.size() == set.inputs.size(), "each input of the set has its steps");
  std::sort(set.steps.begin(), set.steps.end());
  return set;
}

struct Round {
  double run_s = 0;
  double decode_and_judge_s = 0;
  std::uint64_t steps = 0;
};

Round one_round(const Set& set) {
  Round round;
  for (const Bytes& bytes : set.inputs) {
    const Stopwatch watch;
    const Input input = decode(bytes);
    const double decoded_s = watch.seconds();
    const Trace trace = run(input);
    const double run_s = watch.seconds();
    const Verdict verdict = judge(input, trace);
    round.decode_and_judge_s += decoded_s + watch.seconds() - run_s;
    round.run_s += run_s - decoded_s;
    round.steps += trace.steps;
    if (verdict.failed()) std::fprintf(stderr, "bench: %s\n", verdict.signature().c_str());
  }
  return round;
}

}  // namespace

int bench(const BenchOptions& options) {
  if (options.count == 0) {
    std::fprintf(stderr, "bench: --count must be at least 1\n");
    return kExitUnusable;
  }
  if (!can_write_or_complain(options.json_path)) return kExitUnusable;
  const Set set = make_set(options);
  std::array<double, kRounds> jumps{};
  std::array<double, kRounds> runs_per_second{};
  std::array<double, kRounds> judged_per_second{};
  std::array<double, kRounds> step_ns{};
  std::uint64_t steps = 0;
  for (unsigned i = 0; i < kRounds; ++i) {
    jumps[i] = jump_ns();
    const Round round = one_round(set);
    steps = round.steps;
    runs_per_second[i] = options.count / round.run_s;
    judged_per_second[i] = options.count / (round.run_s + round.decode_and_judge_s);
    step_ns[i] = round.run_s * 1e9 / static_cast<double>(std::max<std::uint64_t>(steps, 1));
  }
  std::printf("flavour %s, %u inputs, %.1f yield points each, median of %u rounds\n",
              std::string(this_flavour()).c_str(), options.count,
              static_cast<double>(steps) / options.count, kRounds);
  std::printf("  steps: median %u, 10 %% %u, 90 %% %u, max %u\n", set.percentile(50),
              set.percentile(10), set.percentile(90), set.percentile(100));
  std::printf("  runs per second           %12.0f\n", median(runs_per_second));
  std::printf("  decoded, run and judged   %12.0f per second\n", median(judged_per_second));
  std::printf("  ns per yield point        %12.1f\n", median(step_ns));
  std::printf("  ns per bare context jump  %12.1f (there and back %.1f)\n", median(jumps),
              2 * median(jumps));
  if (options.json_path.empty()) return kExitAsExpected;
  JsonObject object;
  object.text("flavour", this_flavour())
      .number("inputs", options.count)
      .number("yield_points", steps)
      .number("steps_median", set.percentile(50))
      .number("steps_p10", set.percentile(10))
      .number("steps_p90", set.percentile(90))
      .real("runs_per_second", median(runs_per_second))
      .real("judged_runs_per_second", median(judged_per_second))
      .real("yield_point_ns", median(step_ns))
      .real("bare_jump_ns", median(jumps));
  return write_or_complain(options.json_path, object.str() + "\n") ? kExitAsExpected
                                                                   : kExitUnusable;
}

}  // namespace concertina::fuzzers
