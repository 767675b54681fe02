// One run in a child process (host/forked.h). What a dead one leaves: steps and events are written
// to shared memory as they happen.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/shared_memory.h"
#include "pipeline.h"

namespace concertina::fuzzers {

/// Judges a run.
using JudgeRun = Verdict (*)(const Input&, const Trace&);

struct ChildOptions {
  unsigned timeout_s = 20;
  Chooser* chooser = nullptr;  // decides in place of the schedule, in the child
  JudgeRun judge = &fuzzers::judge;
  std::function<void(const Trace&)> ended = {};  // called in the child after its run
};

struct ChildRun {
  Verdict verdict;
  Trace trace;                             // of a dead child: its step count, steps and events
  std::unique_ptr<Shared<RunLog>> record;  // what the trace's steps and events look at
  std::string log;                         // what the child wrote to stderr
  bool died = false;                       // it ended before it could judge its trace
};

ChildRun run_in_child(const Input& input, const ChildOptions& options);

}  // namespace concertina::fuzzers
