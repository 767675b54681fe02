#include "host/shown.h"

#include <cstdint>
#include <cstdio>

#include "base/check.h"

namespace concertina::fuzzers {

std::size_t printable_size(std::string_view text) {
  CHECK(!text.empty(), "a character begins a text that is not empty");
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return byte(0) >= 0x20 && byte(0) != 0x7f ? 1 : 0;
  const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : byte(0) >= 0xc0 ? 2 : 0;
  if (size == 0 || byte(0) > 0xf4 || text.size() < size) return 0;
  std::uint32_t code = byte(0) & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3fU);
  }
  // The first code of each size; those below have a shorter form, or are control characters.
  constexpr std::uint32_t kFirst[] = {0, 0, 0xa0, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xd800 && code < 0xe000;
  // Marks that turn the direction of what follows them.
  const bool turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  const bool is_good = code >= kFirst[size] && code <= 0x10ffff && !is_surrogate && !turns;
  return is_good ? size : 0;
}

std::string shown(std::string_view text, std::size_t bytes_max) {
  std::string result;
  std::string_view rest = text;
  while (!rest.empty() && result.size() < bytes_max) {
    const std::size_t size = printable_size(rest);
    CHECK(size <= rest.size(), "a character ends within the text");
    if (size != 0) {
      result += rest.substr(0, size);
    } else {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x",
                    unsigned{static_cast<unsigned char>(rest[0])});
      result += escape;
    }
    rest.remove_prefix(size != 0 ? size : 1);
  }
  return rest.empty() ? result : result + "... (" + std::to_string(text.size()) + " bytes)";
}

}  // namespace concertina::fuzzers
