// The fewest preemptions that a search comes down to, where the schedules are too many for all of
// them (verify/fewer_preemptions.h): from the input's own failing run, and from failing runs that
// the portfolio of strategies finds. In a child process, because the runs that matter may end it.
//
//   parent                                     child (host/forked.h)
// P1 fork                                      C1 no failing run yet: the own schedule, or a search
// P2 died in a run that fails as wanted:       C2 from a failing run: try others; the notes of each
//    that one counts; another child continues     and the best so far are on the board
//    from the better one                       C3 the start's runs are made: an answer, empty
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/child.h"

namespace concertina::fuzzers {

struct FewerOrder {
  std::string signature;             // of the failure
  unsigned starts = 4;               // failing runs: the input's own, then others
  unsigned runs_to_find = 20'000;    // each of those others at most
  unsigned runs_to_reduce = 30'000;  // each start
  double seconds_max = 0;            // all together; 0: any time
  unsigned timeout_s = 20;
  JudgeRun judge = &fuzzers::judge;
};

struct Fewer {
  bool is_found = false;
  std::uint64_t runs = 0;
  Verdict verdict;
  unsigned preemptions = 0;
  std::vector<std::uint8_t> trail;  // of the run with the fewest
};

Fewer find_fewer_preemptions(const Input& input, const FewerOrder& order);

}  // namespace concertina::fuzzers
