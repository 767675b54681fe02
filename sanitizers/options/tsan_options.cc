// ThreadSanitizer's defaults, compiled in so that a bare `binary FILE` reproduces a report.
//
// halt_on_error: without it libFuzzer continues and saves an empty input as the crash.
// history_size: both stacks of a race must still be known when the second access comes.
// handle_segv and the like: TSan's own handler cannot unwind a fiber's stack and dies of it;
// without it libFuzzer's handler saves the input, and the tool's parent process sees the signal.
// atexit_sleep_ms: a second at each exit, for threads that we do not have.
// report_signal_unsafe: a trace oracle's verdict ends in abort, and libFuzzer saves the input
// inside the signal handler. Reporting that would end the process before the input is saved.
#include "symbolizer.h"

extern "C" const char* __tsan_default_options();

extern "C" __attribute__((used, visibility("default"))) const char* __tsan_default_options() {
  return "halt_on_error=1:exitcode=66:history_size=4:second_deadlock_stack=1:"
         "report_thread_leaks=0:detect_deadlocks=0:handle_segv=0:handle_sigbus=0:handle_sigill=0:"
         "handle_sigfpe=0:report_signal_unsafe=0:atexit_sleep_ms=0" SYMBOLIZER_OPTION;
}
