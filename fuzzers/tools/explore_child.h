// A search for a schedule that fails, in a child process: it learns from its own runs, so all of
// them are in one process, and a run that kills it is a finding.
//
//   parent                                     child (host/forked.h)
// P1 fork                                      C1 for each run: write the input to the shared
// P2 an answer is the verdict. Died or hung:      state, count it; run, judge, learn
//    the input in the shared state is the      C2 the answer: the first failing verdict, or a pass
//    one; judge what it said                      when the budget is spent
#pragma once

#include <cstdint>
#include <string>

#include "pipeline.h"

namespace concertina::fuzzers {

/// Runs an input, writes it in the log unless that is null, and judges it.
using SearchExamine = Verdict (*)(const Input&, RunLog*);

struct SearchOptions {
  Strategy strategy = Strategy::kPortfolio;
  Strategy left_out = Strategy::kCount;  // of the portfolio
  std::uint64_t seed = 1;
  std::uint64_t runs_max = 100'000;
  // 0: the given program. Else generated ones, with this many runs each; the given input is unused.
  unsigned per_program = 0;
  bool as_drawn = false;  // generated inputs as they are, schedules and all, one run each
  unsigned timeout_s = 20;
  SearchExamine examine = [](const Input& input, RunLog* log) {
    return judge(input, run(input, {.log = log}));
  };
};

struct SearchResult {
  std::uint64_t runs = 0;  // the failing one included
  double seconds = 0;
  Verdict verdict;  // of the failing run; a pass when there was none
  Input input;      // the failing one
};

/// The program with the schedule as the base (explorer.h).
SearchResult search(const Input& input, const SearchOptions& options);

}  // namespace concertina::fuzzers
