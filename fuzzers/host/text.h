// Text from pieces.
#pragma once

#include <cinttypes>
#include <cstdio>
#include <string>
#include <string_view>
#include <type_traits>

namespace concertina::fuzzers {

/// The pieces one after the other: texts, and whole numbers in decimal.
template <class... Pieces>
std::string text_of(const Pieces&... pieces) {
  std::string text;
  const auto add = [&text]<class Piece>(const Piece& piece) {
    if constexpr (std::is_integral_v<Piece>) {
      text += std::to_string(piece);
    } else {
      text += piece;
    }
  };
  (add(pieces), ...);
  return text;
}

/// With so many digits after the point.
inline std::string decimal(double number, int digits) {
  char text[400];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

/// 16 hexadecimal digits.
inline std::string hash_text(std::uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, hash);
  return text;
}

}  // namespace concertina::fuzzers
