// What a child process that could not finish its work says of the run that it was in.
#pragma once

#include "host/forked.h"
#include "oracle/verdict.h"

namespace concertina::fuzzers {

/// For one that has not answered; never a pass.
Verdict verdict_of(const Forked& forked);

}  // namespace concertina::fuzzers
