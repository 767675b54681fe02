#include "oracle/memory.h"

#include "oracle/report_text.h"

namespace concertina::fuzzers {

Verdict memory_verdict(const SanitizerReport& report, const std::vector<std::string_view>& lines) {
  return {"memory", report.what + " in " + report.where(), excerpt(lines, report.line)};
}

}  // namespace concertina::fuzzers
