// Foreign text in a message: one line, of a bounded length, that no terminal obeys.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace concertina::fuzzers {

inline constexpr std::size_t kShownMax = 100;  // bytes, when it is a word
inline constexpr std::size_t kShownPathMax = 4096;

/// The bytes of the character at the beginning of a text that is not empty; 0: that is none, or one
/// that a terminal obeys.
std::size_t printable_size(std::string_view text);

/// Control characters and what is not UTF-8 as \xNN; of a longer text the beginning and its size.
std::string shown(std::string_view text, std::size_t bytes_max = kShownMax);

inline std::string shown_path(std::string_view path) { return shown(path, kShownPathMax); }

}  // namespace concertina::fuzzers
