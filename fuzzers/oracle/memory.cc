#include "oracle/memory.h"

#include "oracle/report_text.h"

namespace concertina::fuzzers {

Verdict judge_memory(std::string_view stderr_text) {
  const std::string text = plain_text(stderr_text);
  const std::vector<std::string_view> lines = split_lines(text);
  for (const SanitizerReport& report : read_reports(lines)) {
    if (report.kind == SanitizerReport::Kind::kError && !report.is_remainder)
      return memory_verdict(report, lines);
  }
  return {};
}

Verdict memory_verdict(const SanitizerReport& report, const std::vector<std::string_view>& lines) {
  return {"memory", report.what + " in " + report.where(), excerpt(lines, report.line)};
}

}  // namespace concertina::fuzzers
