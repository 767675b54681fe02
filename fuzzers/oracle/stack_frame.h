// One line of a stack, as the sanitizers of clang and gcc print it.
//
// clang; gcc without the column:
//   #1 0x55d0 in concertina::sim::f(int) const /x/a.cc:7:9
// without debug information:
//   #1 0x55d0 in concertina::sim::f(int) (/x/program+0x5eb5e) (BuildId: 2e10)
// without a symboliser:
//   #1 0x55d0  (/x/program+0x5eb5e)
// ThreadSanitizer, with debug information and without:
//   #1 concertina::sim::f(int) const /x/a.cc:7:9 (program+0x5eb5e)
//   #1 concertina::sim::f(int) <null> (program+0x5eb5e)
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace concertina::fuzzers {

struct StackFrame {
  unsigned number = 0;   // 0 is the youngest
  std::string function;  // in short (function_name.h), or "<unknown>"
  std::string file;      // as it is printed; empty when unknown
  unsigned line = 0;
  bool has_place = false;  // a file or a program follows the name, so it is whole
  /// A function of the runtime or the harness: no interceptor, no library, none of the platform's
  /// primitives, through which every access to an element goes.
  bool is_of_the_runtime = false;
};

/// Nothing when the line is no frame.
std::optional<StackFrame> read_frame(std::string_view line);

/// The frame's function; empty when the line is no frame.
std::string function_of_frame(std::string_view line);

}  // namespace concertina::fuzzers
