// CHECK: an assertion of the harness and of the simulator's own code, where a broken rule is our
// own mistake and no finding about the runtime. The runtime itself has `require`
// (platform/fatal.h), which ends the run and leaves the verdict to the oracles; this ends the
// process.
//
// CHECK is always on, in every build. It touches nothing of a run: no yield point, no access.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

#ifndef CONCERTINA_COSTLY_CHECKS
#define CONCERTINA_COSTLY_CHECKS 1
#endif

namespace concertina {

/// Are the assertions compiled that walk structures, or stand where each instruction counts? They
/// are in `if constexpr (kCostlyChecks)`. On wherever the runtime is fuzzed, stressed under a
/// sanitizer or tested on the simulator; off only in what is benchmarked (runtime/CMakeLists.txt).
inline constexpr bool kCostlyChecks = CONCERTINA_COSTLY_CHECKS != 0;

/// Says what broke and where, and aborts.
[[noreturn, gnu::cold, gnu::noinline]] inline void check_failed(const char* file, unsigned line,
                                                                const char* condition,
                                                                std::string_view rule) {
  std::fprintf(stderr, "%s:%u: check failed: %s: %.*s\n", file, line, condition,
               static_cast<int>(rule.size()), rule.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace concertina

/// `rule` says in words what must hold. It is evaluated only when the condition is false, so it may
/// build a std::string that names the values at fault.
#define CHECK(condition, rule)                                          \
  do {                                                                  \
    if (!(condition)) [[unlikely]]                                      \
      ::concertina::check_failed(__FILE__, __LINE__, #condition, rule); \
  } while (false)
