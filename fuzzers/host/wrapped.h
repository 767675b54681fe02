// Text for people, in lines that fit a terminal of 80 columns. What a program reads is not wrapped.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "host/text.h"

namespace concertina::fuzzers {

inline constexpr std::size_t kPageWidth = 80;

/// The lines of one line: broken at blanks, and a word that is longer than a line where that ends,
/// so that nothing is lost. Those after the first are indented by `hang`. At least one.
std::vector<std::string> wrapped(std::string_view line, std::size_t hang = 0,
                                 std::size_t width = kPageWidth);

/// The same of each line of a text, each with its line end.
std::string wrapped_text(std::string_view text, std::size_t hang = 0,
                         std::size_t width = kPageWidth);

/// To stdout: pieces (text_of) of one or more lines, each of them wrapped.
template <class... Pieces>
void print_wrapped(std::size_t hang, const Pieces&... pieces) {
  std::fputs(wrapped_text(text_of(pieces...), hang).c_str(), stdout);
}

}  // namespace concertina::fuzzers
