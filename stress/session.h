// Session: the batches of one job, one after the other, until the time is up or one fails.
#pragma once

#include <cstdint>
#include <string>

#include "stress/figures.h"
#include "stress/options.h"

namespace concertina::stress {

/// Runs the job as the options say; prints how to repeat it, progress and failures. An exit code
/// (fuzzers/host/program.h).
int run_session(const Options& options);

}  // namespace concertina::stress
