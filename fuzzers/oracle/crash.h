// race, memory, crash: a verdict on a process that died instead of leaving a trace. A sanitizer's
// report in what it wrote says most: ThreadSanitizer's warnings are oracle race's, errors that
// AddressSanitizer, LeakSanitizer, UndefinedBehaviorSanitizer and others saw in the program
// memory's. Otherwise the signal or the exit status has to do.
#pragma once

#include <string_view>

#include "oracle/verdict.h"

namespace concertina::fuzzers {

/// signal_number: 0 when it exited by itself, then with exit_status. Pass only for a process that
/// ended well and without a report.
Verdict judge_crash(int signal_number, int exit_status, std::string_view stderr_text);

/// The same by reports alone: pass without one. What is left of a report counts for a process that
/// has not ended well.
Verdict judge_reports(std::string_view stderr_text, bool ended_well);

}  // namespace concertina::fuzzers
