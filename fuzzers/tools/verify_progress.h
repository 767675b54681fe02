// How far an exploration within bounds has come, as text: what it says of each bound, the last of
// which it is in, and the search of that bound.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/verify_child.h"

namespace concertina::fuzzers {

struct VerifyProgress {
  std::vector<BoundReport> bounds;  // all complete but the last
  std::string search;               // BoundedSearch::save()
};

std::string print(const VerifyProgress& state);

/// False for a text that is none.
bool parse(std::string_view text, VerifyProgress& state);

}  // namespace concertina::fuzzers
