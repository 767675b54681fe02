// What a process wrote before it died, read as the reports of sanitizers, of libFuzzer and of the C
// library: made by clang 14 to 22 and gcc 11 to 14, or written after public ones
// (testdata/reports).
//
// A report begins with a line that holds its tool's words, wherever in the line they stand; it ends
// with its summary, or where the next one begins. A stack begins with frame 0 and continues with
// the next number. Lines in between that are no frames (of the program, of other threads, warnings)
// do not end it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/stack_frame.h"

namespace concertina::fuzzers {

struct ReportedStack {
  /// The line that says whose it is, "  Previous write of size 8 at ..."; empty for the stack that
  /// the report itself is about, where that needs no word.
  std::string_view heading;
  std::vector<StackFrame> frames;  // empty when the sanitizer has lost it

  /// "copy_range < copy_stack": the youngest two functions of the runtime.
  std::string top_functions() const;
};

struct SanitizerReport {
  enum class Kind {
    kError,     // of the program, by any sanitizer but a race
    kRace,      // and what else ThreadSanitizer warns of
    kInternal,  // the sanitizer failed itself: one of its CHECKs, its memory, a bug inside a bug
    kEngine,    // libFuzzer's word for a signal, a limit, an early exit
  };
  Kind kind = Kind::kError;
  /// The whole report was not written: a signal while it was reported, or its summary alone.
  bool is_remainder = false;
  /// Stable words: "heap-use-after-free"; of kInternal with the sanitizer's name.
  std::string what;
  std::size_t line = 0;  // of its first line in the text
  std::vector<ReportedStack> stacks;

  /// Where it happened, as top_functions; "unknown function" when its own stack is lost.
  std::string where() const;
};

bool is_access(std::string_view heading);

/// A report's last line; "SUMMARY: 3 of 7" is the program's.
bool is_summary(std::string_view line);

/// The lines of a plain text (report_text.h). Where it was cut in the name of a frame, without
/// that: half a name is none.
std::vector<std::string_view> report_lines(std::string_view text);

/// All reports, in order. `lines` are those of a plain text, and must outlive them.
std::vector<SanitizerReport> read_reports(const std::vector<std::string_view>& lines);

}  // namespace concertina::fuzzers
