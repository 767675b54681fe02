#include "report/runtime_map.h"

#include <charconv>

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

unsigned line_of(std::string_view place) {
  const std::string_view digits = place.substr(place.rfind(':') + 1);
  unsigned line = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), line);
  CHECK(line != 0, "a position in the source has a line");
  return line;
}

}  // namespace

std::string position_of(Site site, std::string_view hint) {
  std::string_view first;
  std::string_view hinted;
  unsigned count = 0;
  for (const SitePosition& position : site_positions()) {
    if (position.site != site) continue;
    CHECK(!position.place.empty(), "a position has a place");
    if (count++ == 0) first = position.place;
    const bool fits = position.place.starts_with(hint) || position.function == hint;
    if (fits && hinted.empty()) hinted = position.place;
  }
  std::string text(hinted.empty() ? first : hinted);
  return count <= 1 ? text : text + " (+" + std::to_string(count - 1) + ")";
}

bool is_in(Site site, std::string_view file, std::string_view function, unsigned line) {
  constexpr unsigned kSlack = 2;
  for (const SitePosition& position : site_positions()) {
    if (position.site != site || position.function != function) continue;
    if (position.place.substr(0, position.place.rfind(':')) != file) continue;
    const unsigned at = line_of(position.place);
    if (line == 0 || (at <= line + kSlack && line <= at + kSlack)) return true;
  }
  return false;
}

}  // namespace concertina::fuzzers
