// What the C and C++ libraries say before they abort.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace concertina::fuzzers {

/// "double free or corruption (fasttop)": the last such words in the text, without numbers and
/// places. Empty when there are none.
std::string last_library_words(const std::vector<std::string_view>& lines);

}  // namespace concertina::fuzzers
