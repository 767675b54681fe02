// Waiting for a child process that works through runs, and reading how one ended.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "oracle/verdict.h"

namespace concertina::fuzzers {

/// Waits until the child has ended; `status` is waitpid's. False: `progress`, in memory shared with the
/// child, stood still for `timeout_s`, and the child was killed.
bool watch_child(pid_t child, const std::atomic<std::uint64_t>& progress, unsigned timeout_s,
                 int& status);

/// What a child wrote as "oracle\nkind\ndetail"; a pass for anything else.
Verdict verdict_from(const std::string& text);

}  // namespace concertina::fuzzers
