// Lanes: the end of the schedule, one lane per virtual thread, one line per step.
//
//     step  T0 machine: g0
//           |       T1 scanner
//     92 *  [g0] chan-send-lock: lock of c0                     chan/channel.cc:136
//           . g0 takes waiting receiver g0.0 off c0 and will write its value into ...
//     93 *  |       [scanner] scan-suspend: g0.0                 scan/scanner.cc:25
//
// A lane is where its text begins; the text may reach over the lanes to its right, as each line is
// of one thread. '*': there was a choice. '>>': the failure is about this step. What was announced
// in a step follows it, in the same lane. Steps that only look for work, or pass through a lock of
// the scheduler, are left out and counted, unless the failure is about them. Where there are more
// threads than lanes, the least busy ones share the last.
#pragma once

#include <map>
#include <set>
#include <string>

#include "report/ink.h"
#include "report/names.h"

namespace concertina::fuzzers {

struct LanesOptions {
  unsigned lines_max = 40;       // steps shown
  bool goes_to_the_end = false;  // also past the last mark
  bool tells_of_work = false;    // also which goroutines could run, and which machines look
  /// Steps that the failure is about, and why.
  std::map<std::uint32_t, std::string> marks = {};
};

/// Empty when the trace kept no steps.
std::string lanes(const Trace& trace, const Names& names, const Ink& ink,
                  const LanesOptions& options);

}  // namespace concertina::fuzzers
