// race: ThreadSanitizer's report as a verdict. A race's kind names the youngest functions of both
// accesses in sorted order, since which of the two came first is the schedule's doing:
// "data race: copy_range < copy_stack | transfer_to_receiver < send_step".
#pragma once

#include <string_view>

#include "oracle/verdict.h"

namespace concertina::fuzzers {

/// Pass when the text holds no such report.
Verdict judge_race(std::string_view stderr_text);

}  // namespace concertina::fuzzers
