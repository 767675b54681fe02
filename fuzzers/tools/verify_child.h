// Exploring in a child process, because a sanitizer or a signal may end the run that matters.
//
//   parent                                     child (host/forked.h)
// P1 fork; show progress, hand on "stop"       C1 for each bound: run after run; each goes to
// P2 a state is offered: take it, keep it         the board's log as it happens
// P3 read the board. Died or hung: the run     C2 at each bound's beginning and now and then:
//    in the log is the failing one                offer the state, once the one before was taken
//                                              C3 the first failing verdict, the end of the last
//                                                 bound, the budget, or "stop": answer why
//
// The failing run's trail is exact; `write_down` turns it into an ordinary input.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pipeline.h"
#include "tools/child.h"
#include "verify/footprint.h"
#include "verify/state_cache.h"

namespace concertina::fuzzers {

enum class VerifyEnd : std::uint32_t {
  kNone,      // not over; at the end: it died
  kComplete,  // every bound that was asked for
  kFailed,    // a failing run
  kBudget,
  kInterrupted,
  kDiedOtherwise,  // a run of another signature killed the process, so the rest is not known
  kDiverged,       // a replayed prefix met other threads: runs are no function of their decisions
};

/// How far the search of one bound has come.
struct BoundReport {
  std::uint32_t bound = 0;
  bool is_complete = false;
  std::uint64_t schedules = 0;  // run to their end and judged
  std::uint64_t cuts = 0;       // ended where they came to a known state
  std::uint64_t states = 0;
  std::uint64_t runs = 0;         // all: with those that learnt what is private
  std::uint64_t decided_max = 0;  // the longest stack of branches
  double seconds = 0;
};

inline constexpr unsigned kBoundsMax = StateCache::kPreemptionsMax + 1;

struct VerifyOrder {
  unsigned first_bound = 0;
  unsigned last_bound = 2;
  bool is_unbounded = false;        // source-DPOR instead, one report with bound 0
  std::uint64_t schedules_max = 0;  // of this exploration, in all bounds together; 0: any number
  double seconds_max = 0;           // 0: any time
  unsigned timeout_s = 20;          // of processor time, until a run counts as hung
  std::string signature = {};       // only such a failure counts; empty: any
  std::string resume = {};   // the state that an earlier exploration left (verify_progress.h)
  bool fixes_draws = false;  // see BoundedOptions::fixes_draws
  bool learns = true;        // see BoundedOptions::runs_to_learn
  JudgeRun judge = &fuzzers::judge;
  // Called a few times a second with the current bound's report and the fraction completed.
  std::function<void(const BoundReport&, double done)> progress = {};
  // Called with the state, to keep it: a kill then costs no more than the work done since.
  std::function<void(const std::string& state)> keep = {};
  double keep_every_s = 2;
};

struct Verified {
  VerifyEnd end = VerifyEnd::kNone;
  std::vector<BoundReport> bounds;  // with those of the exploration that was resumed
  Verdict verdict;                  // kFailed
  unsigned preemptions = 0;         // kFailed: of that run
  std::vector<std::uint8_t> trail;  // kFailed: its decisions
  std::string state;                // kBudget, kInterrupted: to resume from
};

/// Explores the input's program with its processors, stack events and settings; its strategy and
/// deviations are ignored.
Verified verify_in_child(const Input& input, const VerifyOrder& order);

/// The failing run as an ordinary input that replays with the same verdict, or why there is none.
struct WrittenInput {
  Input input;
  std::string why_not;
};
WrittenInput write_down(const Input& input, const Verified& explored, const ChildOptions& options);

/// From a signal handler: explorations in progress stop at the next run.
void stop_exploring();

}  // namespace concertina::fuzzers
