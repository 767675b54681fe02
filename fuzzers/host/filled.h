// Sentences with blanks: "$goroutine closes $channel".
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace concertina::fuzzers {

/// The text with value(name) in place of each "$name"; a name is of small letters and underscores.
template <class Value>
std::string filled(std::string_view text, const Value& value) {
  std::string result;
  for (std::size_t blank; (blank = text.find('$')) != std::string_view::npos;) {
    result += text.substr(0, blank);
    text.remove_prefix(blank + 1);
    const std::string_view name =
        text.substr(0, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"));
    result += value(name);
    text.remove_prefix(name.size());
  }
  return result += text;
}

}  // namespace concertina::fuzzers
