#include "host/command_line.h"

#include <algorithm>
#include <charconv>

#include "host/shown.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kReasonMax = 300;
constexpr double kSecondsMax = 1e9;

template <class Number, class... Base>
bool is_all_of(std::string_view text, Number& number, Base... base) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, base...);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string read_number(const std::string& text, std::uint64_t least, std::uint64_t most,
                        std::uint64_t& value) {
  const bool is_hex = text.starts_with("0x");
  const std::string_view digits = std::string_view(text).substr(is_hex ? 2 : 0);
  if (is_all_of(digits, value, is_hex ? 16 : 10) && value >= least && value <= most) return "";
  return "'" + shown(text) + "' is not a whole number from " + std::to_string(least) + " to " +
         std::to_string(most);
}

void add_seconds(CLI::App& command, const std::string& name, double& seconds,
                 const std::string& description, double least) {
  const auto check = [least](const std::string& text) -> std::string {
    double value = 0;
    if (is_all_of(text, value) && value >= least && value <= kSecondsMax) return "";
    return "'" + shown(text) + "' is not a number of seconds from " + (least > 0 ? "0.001" : "0") +
           " to 1e9";
  };
  CLI::Option* const option = command.add_option(name, seconds, description);
  if (seconds != 0) option->capture_default_str();
  option->check(CLI::Validator(check, ""));
}

CLI::Option* add_name(CLI::App& command, const std::string& name, std::string& value,
                      const std::string& description) {
  const auto check = [](const std::string& text) {
    return text.empty() ? std::string("the name is empty") : std::string();
  };
  return command.add_option(name, value, description)->check(CLI::Validator(check, ""));
}

std::string reason_of(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> left = app.remaining(true);
  if (left.empty()) return shown(error.what(), kReasonMax);
  const std::string word = "'" + shown(left.front()) + "'";
  if (left.front().starts_with('-')) return "no option " + word;
  std::string names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  if (names.empty() || !app.get_subcommands().empty()) return shown(error.what(), kReasonMax);
  return "no subcommand " + word + "; there are: " + names;
}

std::string parse_words(CLI::App& app, std::vector<std::string> words) {
  app.set_help_flag();
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return reason_of(app, error);
  }
  return "";
}

}  // namespace concertina::fuzzers
