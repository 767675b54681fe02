// Accesses: a sanitizer's report in short. Each stack becomes a heading (which access, on which
// virtual thread, for which goroutine) and its frames of the runtime, innermost first, with file
// and line. Addresses, process ids and build ids are left out: they differ from run to run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/names.h"

namespace concertina::fuzzers {

struct ReportedFrame {
  std::string function;  // "transfer_to_receiver"
  std::string file;      // below runtime/, "chan/transfer.cc"; empty when unknown
  unsigned line = 0;
};

struct ReportedAccess {
  std::string what;                      // "write of 8 bytes", "freed by", ...
  bool is_previous = false;              // the earlier one of a race
  int thread = -1;                       // virtual thread, -1 when the report does not say
  std::vector<ReportedFrame> frames;     // of the runtime and the interpreter, innermost first
  std::uint32_t step = 0;                // at which it was done, 0 when not found
  GoroutineId goroutine = kNoGoroutine;  // for whom
};

/// The stacks of the first report in the text, with the steps that they belong to. `trace` must be
/// that of the process that died: its last step is the one in which it died.
std::vector<ReportedAccess> accesses(std::string_view log, const Trace& trace);

std::string say_accesses(const std::vector<ReportedAccess>& accesses, const Names& names);

}  // namespace concertina::fuzzers
