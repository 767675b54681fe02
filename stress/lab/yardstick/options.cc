#include "stress/lab/yardstick/options.h"

#include "host/command_line.h"
#include "host/shown.h"
#include "stress/lab/yardstick/programs/programs.h"
#include "stress/lab/yardstick/search.h"

namespace concertina::yardstick {
namespace {

using fuzzers::shown;

template <class Names>
std::string joined(const Names& names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

std::vector<std::string_view> program_names() {
  std::vector<std::string_view> names;
  for (const Program* program : all_programs()) names.push_back(program->name);
  return names;
}

}  // namespace

std::string parse_options(const std::vector<std::string>& arguments, Options& options) {
  CLI::App app;
  app.option_defaults()->take_last();
  app.add_flag("--list", options.lists);
  app.add_flag("--fixed", options.is_fixed);
  app.add_option("--program", options.program);
  app.add_option("--strategy", options.strategy);
  fuzzers::add_number(app, "--seed", options.seed, "");
  fuzzers::add_number(app, "--seeds", options.seeds, "", 1);
  fuzzers::add_number(app, "--cap", options.cap, "", 1);
  fuzzers::add_seconds(app, "--seconds", options.seconds, "", 0);
  fuzzers::add_seconds(app, "--speed", options.speed_seconds, "", 0);
  const std::string wrong = fuzzers::parse_words(app, arguments);
  if (!wrong.empty()) return wrong;
  if (options.lists) return "";
  if (program_by_name(options.program) == nullptr) {
    return "no program '" + shown(options.program) + "'; there are: " + joined(program_names());
  }
  if (make_search(options.strategy, 1) == nullptr) {
    return "no strategy '" + shown(options.strategy) + "'; there are: " + joined(strategy_names());
  }
  return "";
}

std::string usage() {
  return R"(yardstick --program NAME --strategy NAME [--seed S] [--seeds N] [--cap N]
          [--seconds S] [--speed S] [--fixed]
yardstick --list

For each of N seeds from S on: runs schedules of the program until the first
that shows its bug, or --cap schedules (10000), or --seconds, and prints a line
of JSON. --speed S adds a line with the schedules per second of processor time:
the fastest of five measurements that take S seconds together. --fixed runs the
program without its bug. --list prints the programs with their sizes, and the
strategies.
Exit code: 0 measured (found or not), 1 a run of a fixed program failed, 2
could not run.
)";
}

}  // namespace concertina::yardstick
