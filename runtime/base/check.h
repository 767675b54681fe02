// CHECK: an assertion of the harness and of the simulator's own code, where a broken rule is our
// own mistake and no finding about the runtime. The runtime itself has `require`
// (platform/fatal.h), which ends the run and leaves the verdict to the oracles; this ends the
// process.
//
// CHECK is always on, in every build. COSTLY_CHECK, for what stands on the path of each step, event
// or access, is on where kCostlyChecks is. Both touch nothing of a run: no yield point, no access.
//
// scripts/coverage counts neither an assertion's branches nor what runs when it fails: no input
// takes them unless there is a bug. In its build, flavour coverage, all assertions are therefore
// ASSERTIONs, and so is what ends a run as a finding; functions that are for these alone, run when
// the run has failed, or are run by the compiler only, are UNCOUNTED.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

#ifndef CONCERTINA_COSTLY_CHECKS
#define CONCERTINA_COSTLY_CHECKS 1
#endif

/// UNCOUNTED stands before a function: scripts/coverage does not see it. ASSERTION(statement) is
/// the statement, in a function of its own that it does not see; one that returns nothing.
#ifdef CONCERTINA_COVERAGE
#define UNCOUNTED __attribute__((no_profile_instrument_function))
#define ASSERTION(...) ([&]() UNCOUNTED { __VA_ARGS__; }())
#else
#define UNCOUNTED
#define ASSERTION(...) __VA_ARGS__
#endif

namespace concertina {

/// Are the assertions compiled that walk structures, or stand where each instruction counts? They
/// are in `if constexpr (kCostlyChecks)`. On wherever the runtime is fuzzed, stressed under a
/// sanitizer or tested on the simulator; off in what is benchmarked (runtime/CMakeLists.txt), and
/// everywhere with -DCONCERTINA_COSTLY_CHECKS=OFF, to measure what they cost.
inline constexpr bool kCostlyChecks = CONCERTINA_COSTLY_CHECKS != 0;

/// Says what broke and where, and aborts. Few arguments: a call of it counts when the compiler asks
/// whether a function is small enough to be inlined.
[[noreturn, gnu::cold, gnu::noinline]] UNCOUNTED inline void check_failed(
    const char* where_and_what, std::string_view rule) {
  std::fprintf(stderr, "%s: %.*s\n", where_and_what, static_cast<int>(rule.size()), rule.data());
  std::fflush(stderr);
  std::abort();
}
[[noreturn, gnu::cold, gnu::noinline]] UNCOUNTED inline void check_failed(
    const char* where_and_what, const char* rule) {
  check_failed(where_and_what, std::string_view(rule));
}

}  // namespace concertina

/// `rule` says in words what must hold. It is evaluated only when the condition is false, so it may
/// build a std::string that names the values at fault.
#define CHECK(condition, rule)                                                         \
  ASSERTION(do {                                                                       \
    if (!(condition)) [[unlikely]]                                                     \
      ::concertina::check_failed(                                                      \
          __FILE__ ":" CONCERTINA_TEXT(__LINE__) ": check failed: " #condition, rule); \
  } while (false))
#define CONCERTINA_TEXT(line) CONCERTINA_TEXT_OF(line)
#define CONCERTINA_TEXT_OF(line) #line

#define COSTLY_CHECK(condition, rule)            \
  do {                                           \
    if constexpr (::concertina::kCostlyChecks) { \
      CHECK(condition, rule);                    \
    }                                            \
  } while (false)
