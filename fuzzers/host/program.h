// What all programs of this project have in common: their exit codes, and how they end when they
// cannot continue.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace concertina::fuzzers {

inline constexpr int kExitAsExpected = 0;
/// A bug, or a verdict that was not expected.
inline constexpr int kExitFailed = 1;
/// It could not run; the reason is on stderr.
inline constexpr int kExitUnusable = 2;
/// Of `verify` and `depth`: the budget was spent or the command interrupted before the answer was
/// known.
inline constexpr int kExitNotComplete = 3;

/// Runs a program's main part and returns its exit code. kExitUnusable, with one line on stderr,
/// when it throws, when its output could not be written, and when the reader is gone (SIGPIPE).
int run_program(std::string_view name, const std::function<int()>& body);

/// Writes out what was printed so far; throws when that cannot be done, which run_program reports.
/// For flushing in the middle: later, the reason is lost.
void flush_output();

/// One line on stderr: "NAME: REASON", with the characters that a terminal would obey escaped.
void complain(std::string_view name, std::string_view reason);

}  // namespace concertina::fuzzers
