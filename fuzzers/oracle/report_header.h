// The lines with which reports begin.
#pragma once

#include <optional>
#include <string_view>

#include "oracle/sanitizer_report.h"

namespace concertina::fuzzers {

/// A report without its line's number and its stacks; nothing when the line begins none.
std::optional<SanitizerReport> read_header(std::string_view line);

}  // namespace concertina::fuzzers
