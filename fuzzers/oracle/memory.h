// memory: what AddressSanitizer, UndefinedBehaviorSanitizer or ThreadSanitizer's own signal handler
// said of a process that it ended, as a verdict: the report's kind and the runtime's youngest
// functions. "use-after-poison in transfer_to_receiver < send_step".
#pragma once

#include <string_view>

#include "oracle/verdict.h"

namespace concertina::fuzzers {

/// Pass when the text holds no such report.
Verdict judge_memory(std::string_view stderr_text);

}  // namespace concertina::fuzzers
