// A file as an input, whichever form it has (form.h), for everything that reads inputs from files.
#pragma once

#include <string>

#include "input/input.h"

namespace concertina::fuzzers {

/// More than any case or engine input takes.
inline constexpr std::size_t kCaseBytesMax = 1 << 20;

/// Empty on success, else "PATH:line:column: reason". `as_bytes`: it is an engine's input, whatever
/// its name and content say; only a name that ends in .case contradicts.
std::string load(const std::string& path, CaseFile& file, bool as_bytes = false);

}  // namespace concertina::fuzzers
