// yardstick: in how many schedules does a strategy find a known bug? scripts/yardstick runs it for
// many programs and strategies and prints the table.
#include <cstdio>

#include "fuzzers/tools/json.h"
#include "stress/yardstick/options.h"
#include "stress/yardstick/programs/programs.h"
#include "stress/yardstick/runner.h"
#include "stress/yardstick/search.h"

namespace concertina::yardstick {
namespace {

using fuzzers::JsonObject;

constexpr int kExitOk = 0, kExitFailed = 1, kExitUnusable = 2;

void print(const JsonObject& object) {
  std::printf("%s\n", object.str().c_str());
  std::fflush(stdout);
}

// The sizes are those of runs without the bug: it cuts a run short.
void list() {
  constexpr std::uint64_t kRuns = 1000;
  Runner runner;
  for (const Program* program : all_programs()) {
    std::uint64_t steps = 0, decisions = 0, runs = 0;
    const auto search = make_search("random", 1);
    for (std::uint64_t i = 0; i < kRuns; ++i) {
      const Shown shown = runner.run(*program, false, search->next());
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
    const auto search = make_search(options.strategy, options.seed);
    print(JsonObject()
              .text("program", program.name)
              .text("strategy", options.strategy)
              .real("schedules_per_second",
                    runner.speed(program, options.is_fixed, *search, options.speed_seconds)));
  }
  return is_good;
}

int run(const std::vector<std::string>& arguments) {
  Options options;
  const std::string wrong = parse_options(arguments, options);
  if (!wrong.empty()) {
    std::fprintf(stderr, "yardstick: %s\n\n%s", wrong.c_str(), usage().c_str());
    return kExitUnusable;
  }
  if (options.lists) {
    list();
    return kExitOk;
  }
  return measure(options) ? kExitOk : kExitFailed;
}

}  // namespace
}  // namespace concertina::yardstick

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() == 1 && words[0] == "--help") {
    std::printf("%s", concertina::yardstick::usage().c_str());
    return 0;
  }
  return concertina::yardstick::run(words);
}
