// Session: the batches of one job, one after the other, until the time is up or one fails.
#pragma once

#include <cstdint>
#include <string>

#include "stress/figures.h"
#include "stress/options.h"

namespace concertina::stress {

inline constexpr int kExitPassed = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUnusable = 2;

/// Runs the job as the options say; prints how to repeat it, progress and failures. An exit code.
int run_session(const Options& options);

}  // namespace concertina::stress
