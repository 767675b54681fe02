#include "oracle/race.h"

#include <algorithm>

#include "oracle/report_text.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kLinesOfAnAccess = 5;

/// The report's first line, and for each access its thread and its youngest frames.
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
std::vector<std::string> sides_of(const SanitizerReport& report) {
  std::vector<std::string> sides;
  for (const ReportedStack& stack : report.stacks) {
    if (is_access(stack.heading) && sides.size() < 2) sides.push_back(stack.top_functions());
  }
  if (sides.empty() && !report.stacks.empty()) sides.push_back(report.where());
  std::sort(sides.begin(), sides.end());
  return sides;
}

}  // namespace

Verdict race_verdict(const SanitizerReport& report, const std::vector<std::string_view>& lines) {
  std::string kind = report.what;
  std::string_view separator = ": ";
  for (const std::string& side : sides_of(report)) {
    kind += separator;
    kind += side;
    separator = " | ";
  }
  return {"race", kind, both_accesses(lines, report.line)};
}

}  // namespace concertina::fuzzers
