#include "oracle/race.h"

#include <algorithm>

#include "oracle/sanitizer_text.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kLinesOfAnAccess = 5;
constexpr std::string_view kWarning = "WARNING: ThreadSanitizer: ";

bool is_access(std::string_view line) {
  const bool says_who = line.find(" by thread ") != std::string_view::npos ||
                        line.find(" by main thread") != std::string_view::npos;
  return says_who && line.find(" of size ") != std::string_view::npos;
}

/// The report's first line, and of each access who did it and its youngest frames.
std::string both_accesses(const std::vector<std::string_view>& lines, std::size_t header) {
  std::string text = excerpt(lines, header, 1);
  unsigned accesses = 0;
  for (std::size_t i = header + 1; i < lines.size() && accesses < 2; ++i) {
    if (!is_access(lines[i])) continue;
    text += '\n' + excerpt(lines, i, kLinesOfAnAccess);
    ++accesses;
  }
  return accesses == 0 ? excerpt(lines, header) : text;
}

/// The functions of each access; of the report's first stack when it is not about accesses.
std::vector<std::string> sides_of(const std::vector<std::string_view>& lines, std::size_t header) {
  std::vector<std::string> sides;
  for (std::size_t i = header + 1; i < lines.size() && sides.size() < 2; ++i) {
    if (lines[i].starts_with("SUMMARY:")) break;
    if (is_access(lines[i])) sides.push_back(top_functions(lines, i + 1));
  }
  for (std::size_t i = header + 1; i < lines.size() && sides.empty(); ++i) {
    if (!function_of_frame(lines[i]).empty()) sides.push_back(top_functions(lines, i));
  }
  std::sort(sides.begin(), sides.end());
  return sides;
}

}  // namespace

Verdict judge_race(std::string_view stderr_text) {
  const std::vector<std::string_view> lines = split_lines(stderr_text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t at = lines[i].find(kWarning);
    if (at == std::string_view::npos) continue;
    std::string kind = stable_words(lines[i].substr(at + kWarning.size()));
    std::string_view separator = ": ";
    for (const std::string& side : sides_of(lines, i)) {
      kind += separator;
      kind += side;
      separator = " | ";
    }
    return {"race", kind, both_accesses(lines, i)};
  }
  return {};
}

}  // namespace concertina::fuzzers
