// A search for a schedule that fails, in a child process: it learns from its own runs, so all of them
// are in one process, and a run that kills it is a finding.
//
//   parent                                     child
// P1 map the shared state; fork               C1 stderr to a memory file
// P2 wait; kill the child when the number     C2 for each run: write the input to the shared state,
//    of runs has not changed for `timeout_s`     count it; run, judge, learn
// P3 failed: the verdict is in a memory file  C3 on a failure: write the verdict, say so, _exit(0)
//    died or hung: the input in the shared    C4 budget spent: say so, _exit(0)
//    state is the one; judge what it said
#pragma once

#include <cstdint>
#include <string>

#include "pipeline.h"

namespace concertina::fuzzers {

struct RunLog;

/// Runs an input, notes the run in the log unless that is null, and judges it.
using SearchExamine = Verdict (*)(const Input&, RunLog*);

struct SearchOptions {
  Strategy strategy = Strategy::kPortfolio;
  Strategy left_out = Strategy::kCount;  // of the portfolio
  std::uint64_t seed = 1;
  std::uint64_t runs_max = 100'000;
  // 0: the given program; else generated ones, so many runs each, and the given input is not used.
  unsigned per_program = 0;
  bool as_drawn = false;  // generated inputs as they are, schedules and all, a run each
  unsigned timeout_s = 20;
  SearchExamine examine = nullptr;  // null: the pipeline's run and judge
};

struct SearchResult {
  std::uint64_t runs = 0;  // the failing one included
  double seconds = 0;
  Verdict verdict;  // of the failing run; a pass when there was none
  Input input;      // the failing one
};

/// The program with the schedule as the base (explorer.h). `error` says what kept the tool from
/// searching; empty: nothing.
SearchResult search(const Input& input, const SearchOptions& options, std::string& error);

}  // namespace concertina::fuzzers
