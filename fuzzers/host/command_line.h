// What the programs of this project share in reading their command line with CLI11: values that
// CLI11 itself would take wrongly, and the reason when a line is not understood.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace concertina::fuzzers {

/// "" and `value`, or why the text is not a whole number, decimal or 0x..., in [least, most].
std::string read_number(const std::string& text, std::uint64_t least, std::uint64_t most,
                        std::uint64_t& value);

/// A whole number that the variable can hold; CLI11 itself takes "-1" for a large one, and for the
/// largest what has too many digits.
template <class Number>
CLI::Option* add_number(CLI::App& command, const std::string& name, Number& number,
                        const std::string& description, std::uint64_t least = 0,
                        std::uint64_t most = std::numeric_limits<Number>::max()) {
  const auto check = [least, most](std::string& text) {
    std::uint64_t value = 0;
    const std::string wrong = read_number(text, least, most, value);
    if (wrong.empty()) text = std::to_string(value);
    return wrong;
  };
  CLI::Option* const option = command.add_option(name, number, description);
  if (number != 0) option->capture_default_str();
  return option->transform(CLI::Validator(check, ""));
}

/// Seconds, with a fraction, from 0.001 on or another least number. NaN and infinity are refused.
void add_seconds(CLI::App& command, const std::string& name, double& seconds,
                 const std::string& description, double least = 0.001);

/// A file to write, or anything else that has a name. An empty one is a shell's variable that was
/// not set.
CLI::Option* add_name(CLI::App& command, const std::string& name, std::string& value,
                      const std::string& description);

/// Why the line could not be parsed, fit for a terminal. CLI11 looks first at what is missing,
/// which is not the reason where a word was not understood.
std::string reason_of(const CLI::App& app, const CLI::ParseError& error);

/// Parses the words after the name of a program that prints its help itself; "" or the reason why
/// they make no sense.
std::string parse_words(CLI::App& app, std::vector<std::string> words);

}  // namespace concertina::fuzzers
