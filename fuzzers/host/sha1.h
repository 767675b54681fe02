// SHA-1, by which fuzzing engines name what they save: with it a file says whether it is whole.
#pragma once

#include <string>
#include <string_view>

namespace concertina::fuzzers {

/// The digest as 40 small hexadecimal digits. Against accidents, not against forgers.
std::string sha1(std::string_view content);

}  // namespace concertina::fuzzers
