// UndefinedBehaviorSanitizer's defaults, compiled in so that a bare `binary FILE` reproduces a
// report. Without halt_on_error a run that reported would still exit with 0.
#include "symbolizer.h"

extern "C" const char* __ubsan_default_options();

extern "C" __attribute__((used, visibility("default"))) const char* __ubsan_default_options() {
  return "halt_on_error=1:print_stacktrace=1:dedup_token_length=3" SYMBOLIZER_OPTION;
}
