// A text as its lines, for tests that damage one of them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace concertina::fuzzers {

/// Each with its end.
inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

}  // namespace concertina::fuzzers
