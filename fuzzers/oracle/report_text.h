// What was written to a terminal or a log, as text: lines, and words that stay the same from run to
// run.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace concertina::fuzzers {

/// Without what only a terminal obeys: colours and other escape sequences, carriage returns, and
/// control characters other than tabs and ends of lines.
std::string plain_text(std::string_view text);

/// The text's lines, without their ends.
std::vector<std::string_view> split_lines(std::string_view text);

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Without blanks and tabs at both ends.
std::string_view trimmed(std::string_view text);

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> begins);
bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends);

/// Words without numbers and addresses, up to where a report begins to speak of particulars
/// ("on", "of type", brackets with numbers in them, a comma, a colon).
std::string stable_words(std::string_view text);

/// At most `count` lines from lines[first] on, each cut to a readable length.
std::string excerpt(const std::vector<std::string_view>& lines, std::size_t first,
                    unsigned count = 10);

}  // namespace concertina::fuzzers
