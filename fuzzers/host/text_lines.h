// A text, line by line.
#pragma once

#include <algorithm>
#include <string_view>

namespace concertina::fuzzers {

/// Takes a line off the front of the text; without its end.
inline std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

}  // namespace concertina::fuzzers
