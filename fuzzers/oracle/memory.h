// memory: what a sanitizer said of a process that it ended, other than a race, as a verdict: the
// report's kind and the runtime's youngest functions. "use-after-poison in transfer_to_receiver <
// send_step". That is AddressSanitizer and LeakSanitizer, UndefinedBehaviorSanitizer, and
// ThreadSanitizer's own signal handler; of MemorySanitizer and others the reports are read as well.
#pragma once

#include <string_view>
#include <vector>

#include "oracle/sanitizer_report.h"
#include "oracle/verdict.h"

namespace concertina::fuzzers {

/// Of a report that is no race. `lines` are those that it was read from.
Verdict memory_verdict(const SanitizerReport& report, const std::vector<std::string_view>& lines);

}  // namespace concertina::fuzzers
