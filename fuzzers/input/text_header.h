// The header of a case file: comment lines of the form "# key: value" before the version.
#pragma once

#include <string>
#include <string_view>

#include "input/input.h"

namespace concertina::fuzzers {

struct HeaderField {
  std::string_view key;
  std::string CaseHeader::* value;
  bool is_always_there = false;  // else a field without a value is not printed
};

inline constexpr HeaderField kHeaderFields[] = {
    {"title", &CaseHeader::title, true},   {"bug", &CaseHeader::bug},
    {"oracle", &CaseHeader::oracle},       {"flavour", &CaseHeader::flavour},
    {"expect", &CaseHeader::expect, true}, {"depth", &CaseHeader::depth},
    {"pair", &CaseHeader::pair},
};

/// Reads the header lines at the start of the text. Other comments there are free, unless they look
/// like a header line with an unknown key: a misspelt "expect" must not pass silently.
ParseError parse_header(std::string_view text, CaseHeader& header);

}  // namespace concertina::fuzzers
