// A list of jobs in one child process (host/forked.h), up to the first that fails: a fork costs as
// much as hundreds of runs (under TSan thirteen milliseconds). A job that kills the child, or
// hangs, has failed, too, and is judged by what the child said. To learn about the jobs after the
// failing one, call again with those.
//
//   parent                                    child
// P1 fork                                     C1 for each job: say that it is being done; do it; a
// P2 an answer: that. Died or hung at job i:     failure is the answer
//    i, and the verdict on that               C2 the answer: none of them
#pragma once

#include <cstddef>
#include <functional>

#include "oracle/verdict.h"

namespace concertina::fuzzers {

struct FirstFailure {
  std::size_t place = 0;  // `end` when there is none
  Verdict verdict;
};

/// Does jobs `begin` to `end` - 1. `timeout_s`: of processor time, for each of them. Throws as
/// run_forked does; fork before the first run of this process.
FirstFailure first_failure(std::size_t begin, std::size_t end,
                           const std::function<Verdict(std::size_t)>& job, unsigned timeout_s);

/// Tells `take` the verdict of every job from 0 to `count` - 1, in order, from as many children as
/// that takes. True when one has failed.
bool each_verdict(std::size_t count, const std::function<Verdict(std::size_t)>& job,
                  unsigned timeout_s, const std::function<void(std::size_t, const Verdict&)>& take);

}  // namespace concertina::fuzzers
