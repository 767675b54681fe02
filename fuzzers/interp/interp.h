// The interpreter: a Program on the runtime. Its functions are frames like any other. What the
// program asks for, and the results it gets, are announced for the oracles (event.def, first
// block).
#pragma once

#include "interp/compiled.h"

namespace concertina::fuzzers {

/// What a run needs besides the program. Both must outlive the run.
struct InterpreterRun {
  const Compiled* program = nullptr;
  Knobs knobs;
  void (*made)(Runtime&) = nullptr;  // told of the runtime, before the first goroutine exists
};

/// Entry of the first virtual thread; the argument is an InterpreterRun. Never returns.
void interpreter_main(void* run);

}  // namespace concertina::fuzzers
