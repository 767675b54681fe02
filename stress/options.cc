#include "stress/options.h"

#include <charconv>
#include <type_traits>

#include "host/shown.h"

namespace concertina::stress {
namespace {

using fuzzers::shown;

template <class Number>
bool parse_number(const std::string& text, Number& number, std::type_identity_t<Number> least = 0) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number >= least;
}

bool parse_size(const std::string& text, Size& size) {
  if (text == "small") size = Size::kSmall;
  if (text == "large") size = Size::kLarge;
  if (text == "mixed") size = Size::kMixed;
  return text == "small" || text == "large" || text == "mixed";
}

// True when the option exists and has taken the value.
bool take(const std::string& option, const std::string& value, Options& o) {
  if (option == "--job") return !(o.job = value).empty();
  if (option == "--programs") return !(o.programs = value).empty();
  if (option == "--json") return !(o.json = value).empty();
  if (option == "--seed") return parse_number(value, o.seed);
  if (option == "--batches") return parse_number(value, o.batches, 1);
  if (option == "--operations") return parse_number(value, o.operations, 1);
  if (option == "--seconds") return parse_number(value, o.seconds, 1);
  if (option == "--workers") return parse_number(value, o.workers);
  if (option == "--scale") return parse_number(value, o.scale);
  if (option == "--hang-seconds") return parse_number(value, o.hang_seconds);
  return option == "--size" && parse_size(value, o.size);
}

}  // namespace

std::string parse_options(const std::vector<std::string>& arguments, Options& options) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--quiet") {
      options.is_quiet = true;
      continue;
    }
    if (i + 1 == arguments.size())
      return shown(arguments[i]) + ": no such option, or its value is missing";
    if (!take(arguments[i], arguments[i + 1], options)) {
      return shown(arguments[i]) + " " + shown(arguments[i + 1]) +
             ": no such option, or no such value";
    }
    ++i;
  }
  if (options.job.empty()) return "--job is missing";
  if (options.job == "programs" && options.programs.empty()) {
    return "--programs is missing: the folder with the programs for that job";
  }
  if (options.scale == 0 || options.hang_seconds == 0) return "--scale and --hang-seconds: not 0";
  if (options.batches == 0 && options.seconds == 0 && options.operations == 0) {
    return "one of --batches, --seconds and --operations is needed";
  }
  return "";
}

std::string usage() {
  return "stress_jobs --job NAME [--seed N] [--batches N] [--seconds N]\n"
         "            [--operations N] [--workers N] [--scale N]\n"
         "            [--size small|large|mixed] [--hang-seconds N]\n"
         "            [--programs FOLDER] [--json FILE] [--quiet]\n"
         "Exit code: 0 everything passed, 1 a failure or a hang, 2 could not run.\n";
}

}  // namespace concertina::stress
