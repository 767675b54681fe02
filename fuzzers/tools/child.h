// A run in a child process, so that a sanitizer report, a fatal signal or a hang is a verdict and
// not the end of the tool.
//
//   parent                                   child
// P1 map steps and events, shared; fork     C1 stderr to a memory file
// P2 wait, at most `timeout_s`              C2 run and judge; steps and events are written as they
//                                             happen
// P3 on timeout: SIGKILL, "watchdog"        C3 write the trace and the verdict to a memory file
// P4 read what C3 wrote; if it is missing,  C4 _exit(0)
//    what C2 wrote and stderr say what happened
//
// Fork before the first run of this process: ThreadSanitizer does not carry fibers across a fork,
// and what they did before it would look like races in the child.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pipeline.h"

namespace concertina::fuzzers {

/// Judges a run; null: the pipeline's judge.
using JudgeRun = Verdict (*)(const Input&, const Trace&);

struct ChildOptions {
  std::uint32_t last_steps_max = 40;
  unsigned timeout_s = 20;
  Chooser* chooser = nullptr;  // decides in place of the schedule, in the child
  JudgeRun judge = nullptr;
  std::function<void(const Trace&)> ended = {};  // called in the child after its run
};

struct ChildRun {
  Verdict verdict;
  Trace trace;                // of a dead child: its step count, last steps and events
  std::vector<Event> events;  // what trace.events looks at
  std::string log;            // what the child wrote to stderr
  bool died = false;          // it ended before it could judge its trace
};

/// Empty `error` on success; a failing fork or map is the tool's own trouble, not a verdict.
ChildRun run_in_child(const Input& input, const ChildOptions& options, std::string& error);

}  // namespace concertina::fuzzers
