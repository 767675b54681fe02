// Story: what happened, in one paragraph, and what a page should draw the eye to.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "oracle/verdict.h"
#include "report/accesses.h"
#include "report/names.h"
#include "report/picture.h"

namespace concertina::fuzzers {

struct Story {
  std::string text;                            // a paragraph, without line breaks
  std::map<std::uint32_t, std::string> marks;  // steps that the failure is about, and why
  std::vector<GoroutineId> goroutines;         // whom it is about
  std::uint32_t step = 0xffffffff;             // at which it was seen; the end of the run otherwise
};

Story tell(const Verdict& verdict, const Trace& trace, const Names& names, const Picture& picture,
           const std::vector<ReportedAccess>& accesses);

/// The oracle's detail with this page's names, its event in words instead of numbers.
std::string plain_detail(const Verdict& verdict, const Trace& trace, const Names& names);

}  // namespace concertina::fuzzers
