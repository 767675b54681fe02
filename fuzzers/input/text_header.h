// The header of a case file: comment lines of the form "# key: value" before the version.
#pragma once

#include <string_view>

#include "input/input.h"

namespace concertina::fuzzers {

/// Reads the header lines at the start of the text. Other comments there are free, unless they look
/// like a header line with an unknown key: a misspelt "expect" must not pass silently.
ParseError parse_header(std::string_view text, CaseHeader& header);

}  // namespace concertina::fuzzers
