// race: ThreadSanitizer's warning as a verdict, of a race or of something else (a mutex, a thread,
// a signal's handler). A race's kind names the youngest functions of both accesses in sorted order,
// since which of the two came first is the schedule's doing: "data race: copy_range < copy_stack |
// transfer_to_receiver < send_step".
#pragma once

#include <string_view>
#include <vector>

#include "oracle/sanitizer_report.h"
#include "oracle/verdict.h"

namespace concertina::fuzzers {

/// Of a report that is one. `lines` are those that it was read from.
Verdict race_verdict(const SanitizerReport& report, const std::vector<std::string_view>& lines);

}  // namespace concertina::fuzzers
