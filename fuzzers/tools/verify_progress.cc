#include "tools/verify_progress.h"

#include <cmath>
#include <cstdio>
#include <iterator>
#include <sstream>

#include "base/check.h"
#include "verify/bounded.h"

namespace concertina::fuzzers {
namespace {

constexpr double kMilli = 1000;

std::string line_of(const BoundReport& report) {
  std::ostringstream line;
  line << (report.is_complete ? "complete" : "begun") << " bound " << report.bound << " schedules "
       << report.schedules << " cuts " << report.cuts << " states " << report.states << " runs "
       << report.runs << " decided " << report.decided_max << " milliseconds "
       << std::llround(report.seconds * kMilli) << '\n';
  return line.str();
}

bool parse_line(const std::string& line, BoundReport& report) {
  std::istringstream in(line);
  std::string end, words[7];
  long long milliseconds = -1;
  in >> end >> words[0] >> report.bound >> words[1] >> report.schedules >> words[2] >>
      report.cuts >> words[3] >> report.states >> words[4] >> report.runs >> words[5] >>
      report.decided_max >> words[6] >> milliseconds;
  report.is_complete = end == "complete";
  report.seconds = static_cast<double>(milliseconds) / kMilli;
  // There is one way to write it.
  return in && line_of(report) == line + "\n" && report.schedules <= report.runs;
}

/// One after the other; the last one is begun, the others are complete.
bool are_in_order(const std::vector<BoundReport>& bounds) {
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (bounds[i].bound != bounds[0].bound + i) return false;
    if (bounds[i].is_complete != (i + 1 < bounds.size())) return false;
  }
  return !bounds.empty() && bounds.size() <= kBoundsMax && bounds.back().bound < kBoundsMax;
}

}  // namespace

std::string print(const VerifyProgress& state) {
  std::string text = "bounds " + std::to_string(state.bounds.size()) + "\n";
  CHECK(are_in_order(state.bounds), "bounds are told one after the other, the last one begun");
  for (const BoundReport& report : state.bounds) text += line_of(report);
  return text + state.search;
}

bool parse(std::string_view text, VerifyProgress& state) {
  state = {};
  std::istringstream in{std::string(text)};
  std::string line;
  std::size_t count = 0;
  if (!std::getline(in, line) || std::sscanf(line.c_str(), "bounds %zu", &count) != 1) return false;
  while (state.bounds.size() < count) {
    BoundReport report;
    if (!std::getline(in, line) || !parse_line(line, report)) return false;
    state.bounds.push_back(report);
  }
  if (!are_in_order(state.bounds)) return false;
  state.search.assign(std::istreambuf_iterator<char>(in), {});
  const BoundReport& last = state.bounds.back();
  BoundedSearch search;
  return print(state) == text && search.restore(state.search, Schedule{}) &&
         search.bound() == last.bound && search.schedules() == last.schedules &&
         search.cuts() == last.cuts;
}

}  // namespace concertina::fuzzers
