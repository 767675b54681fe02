#include "stress/lab/yardstick/options.h"

#include <charconv>
#include <cmath>

#include "host/shown.h"
#include "stress/lab/yardstick/programs/programs.h"
#include "stress/lab/yardstick/search.h"

namespace concertina::yardstick {
namespace {

using fuzzers::shown;

template <class Number>
bool parse_number(const std::string& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

// No NaN and no infinity, which from_chars knows.
bool parse_seconds(const std::string& text, double& seconds) {
  return parse_number(text, seconds) && std::isfinite(seconds) && seconds >= 0;
}

// True when the option exists and has taken the value.
bool take(const std::string& option, const std::string& value, Options& o) {
  if (option == "--program") return !(o.program = value).empty();
  if (option == "--strategy") return !(o.strategy = value).empty();
  if (option == "--seed") return parse_number(value, o.seed);
  if (option == "--seeds") return parse_number(value, o.seeds) && o.seeds > 0;
  if (option == "--cap") return parse_number(value, o.cap) && o.cap > 0;
  if (option == "--speed") return parse_seconds(value, o.speed_seconds);
  return option == "--seconds" && parse_seconds(value, o.seconds);
}

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
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--list" || arguments[i] == "--fixed") {
      (arguments[i] == "--list" ? options.lists : options.is_fixed) = true;
      continue;
    }
    if (i + 1 == arguments.size()) {
      return shown(arguments[i]) + ": no such option, or its value is missing";
    }
    if (!take(arguments[i], arguments[i + 1], options)) {
      return shown(arguments[i]) + " " + shown(arguments[i + 1]) +
             ": no such option, or no such value";
    }
    ++i;
  }
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
