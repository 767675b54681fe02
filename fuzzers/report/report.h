// report: a case, its run and its verdict as a page for people who do not have the source at hand.
//
// Order: the verdict and what it means; what to look at (accesses, circle of locks, why all sleep);
// lanes around the failure; who holds what at the end; the stacks; the program. Plain ASCII, equal
// in every process: no addresses, no process ids. Colours only when asked for.
//
// Parts: names.h (what things are called), words.h (events in words), picture.h (the state at a
// moment), lanes.h, stacks.h, locks.h, state.h (channels, goroutines), listing.h (the program),
// accesses.h (sanitizer reports), story.h (the paragraph, and which steps matter).
#pragma once

#include <string>

#include "input/input.h"
#include "oracle/verdict.h"
#include "report/words.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

struct PageOptions {
  unsigned last_steps = 40;  // lines of the schedule, at most
  bool color = false;
  std::string log = {};  // what the process said on stderr, if it died
  bool raw = false;      // append `log` as it is
};

std::string render(const CaseFile& file, const Trace& trace, const Verdict& verdict,
                   const PageOptions& options = {});

}  // namespace concertina::fuzzers
