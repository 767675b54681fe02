// AddressSanitizer's defaults, compiled in so that a bare `binary FILE` reproduces a report.
//
// The runtime's memory is one arena per run: leaks are judged by an oracle, not by LeakSanitizer.
// The small quarantine keeps a fuzzing worker's memory flat.
#include "symbolizer.h"

extern "C" const char* __asan_default_options();

extern "C" __attribute__((used, visibility("default"))) const char* __asan_default_options() {
  return "detect_leaks=0:detect_stack_use_after_return=0:allow_user_poisoning=1:"
         "quarantine_size_mb=16:dedup_token_length=3:handle_abort=1" SYMBOLIZER_OPTION;
}
