// yardstick: in how many schedules does a strategy find a known bug? scripts/yardstick runs it for
// many programs and strategies and prints the table.
#include <cstdio>

#include "fuzzers/host/json.h"
#include "fuzzers/host/program.h"
#include "stress/lab/yardstick/options.h"
#include "stress/lab/yardstick/programs/programs.h"
#include "stress/lab/yardstick/runner.h"
#include "stress/lab/yardstick/search.h"

namespace concertina::yardstick {
namespace {

using fuzzers::JsonObject;
using fuzzers::kExitAsExpected;
using fuzzers::kExitFailed;
using fuzzers::kExitUnusable;

void print(const JsonObject& object) {
  std::printf("%s\n", object.str().c_str());
  fuzzers::flush_output();
}

// The sizes are those of runs without the bug: it cuts a run short.
void list() {
  constexpr std::uint64_t kRuns = 1000;
  Runner runner;
  for (const Program* program : all_programs()) {
    std::uint64_t steps = 0, decisions = 0, runs = 0;
    const auto search = make_search("random", 1);
    for (std::uint64_t i = 0; i < kRuns; ++i) {
      const Shown shown = runner.run(*program, false, *search);
      if (shown.outcome != Outcome::kExit) continue;
      steps += shown.steps;
      decisions += shown.decisions;
      ++runs;
    }
    const double divisor = runs == 0 ? 1.0 : static_cast<double>(runs);
    print(JsonObject()
              .text("program", program->name)
              .number("threads", program->threads)
              .text("bug", outcome_name(program->bug))
              .real("steps", static_cast<double>(steps) / divisor)
              .real("decisions", static_cast<double>(decisions) / divisor));
  }
  for (const std::string_view name : strategy_names()) print(JsonObject().text("strategy", name));
}

// False when a fixed program showed a bug.
bool measure(const Options& options) {
  const Program& program = *program_by_name(options.program);
  Runner runner;
  bool is_good = true;
  for (std::uint64_t i = 0; i < options.seeds; ++i) {
    const std::uint64_t seed = options.seed + i;
    const auto search = make_search(options.strategy, seed);
    const Hunt hunt =
        runner.hunt(program, options.is_fixed, *search, {options.cap, options.seconds});
    if (options.is_fixed && (hunt.found || hunt.strange > 0)) is_good = false;
    print(JsonObject()
              .text("program", program.name)
              .text("strategy", options.strategy)
              .number("seed", seed)
              .flag("found", hunt.found)
              .number("schedules", hunt.schedules)
              .real("seconds", hunt.seconds)
              .number("steps", hunt.steps)
              .number("decisions", hunt.decisions)
              .number("strange", hunt.strange));
  }
  if (options.speed_seconds > 0) {
    const auto search = [&] { return make_search(options.strategy, options.seed); };
    print(JsonObject()
              .text("program", program.name)
              .text("strategy", options.strategy)
              .real("schedules_per_second",
                    runner.speed(program, options.is_fixed, search, options.speed_seconds)));
  }
  return is_good;
}

int run(char** words) {
  std::vector<std::string> arguments;
  for (char** word = words + 1; *word != nullptr; ++word) arguments.push_back(*word);
  if (arguments == std::vector<std::string>{"--help"}) {
    std::printf("%s", usage().c_str());
    return kExitAsExpected;
  }
  Options options;
  const std::string wrong = parse_options(arguments, options);
  if (!wrong.empty()) {
    fuzzers::complain("yardstick", wrong + " (see --help)");
    return kExitUnusable;
  }
  if (options.lists) {
    list();
    return kExitAsExpected;
  }
  return measure(options) ? kExitAsExpected : kExitFailed;
}

}  // namespace
}  // namespace concertina::yardstick

int main(int, char** words) {
  return concertina::fuzzers::run_program("yardstick",
                                          [words] { return concertina::yardstick::run(words); });
}
