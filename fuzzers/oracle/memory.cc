#include "oracle/memory.h"

#include "oracle/sanitizer_text.h"

namespace concertina::fuzzers {
namespace {

constexpr std::string_view kErrors[] = {
    "ERROR: AddressSanitizer: ", "ERROR: ThreadSanitizer: ", "ERROR: UndefinedBehaviorSanitizer: "};
constexpr std::string_view kUndefined = "runtime error: ";

/// The report's kind if the line is its first, else empty.
std::string kind_of_line(std::string_view line) {
  for (const std::string_view error : kErrors) {
    const std::size_t at = line.find(error);
    if (at != std::string_view::npos) return stable_words(line.substr(at + error.size()));
  }
  const std::size_t at = line.find(kUndefined);
  if (at == std::string_view::npos) return "";
  return stable_words(line.substr(at + kUndefined.size()));
}

/// The access's stack is the first one after the report's first line.
std::size_t first_frame(const std::vector<std::string_view>& lines, std::size_t header) {
  for (std::size_t i = header + 1; i < lines.size(); ++i) {
    if (!function_of_frame(lines[i]).empty()) return i;
    if (lines[i].starts_with("SUMMARY:")) break;
  }
  return lines.size();
}

}  // namespace

Verdict judge_memory(std::string_view stderr_text) {
  const std::vector<std::string_view> lines = split_lines(stderr_text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string kind = kind_of_line(lines[i]);
    if (kind.empty()) continue;
    return {"memory", kind + " in " + top_functions(lines, first_frame(lines, i)),
            excerpt(lines, i)};
  }
  return {};
}

}  // namespace concertina::fuzzers
