#include "feedback/groups.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace concertina::fuzzers {
namespace {

constexpr int kExitUnusable = 2;

std::string known_words() {
  std::string words = "none, all, default";
  for (const std::string_view name : kGroupNames) words += ", " + std::string(name);
  return words;
}

}  // namespace

std::string parse_groups(std::string_view text, Groups& groups) {
  groups = Groups::none();
  if (text == "none") return {};
  if (text == "all" || text == "default") {
    groups = text == "all" ? Groups::all() : Groups::shipped();
    return {};
  }
  for (;;) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view word = text.substr(0, end);
    const auto name = std::find(kGroupNames.begin(), kGroupNames.end(), word);
    if (name == kGroupNames.end()) {
      return "no signals '" + std::string(word) + "'; there are: " + known_words();
    }
    groups = groups.with(static_cast<Group>(name - kGroupNames.begin()));
    if (end == text.size()) return {};
    text.remove_prefix(end + 1);
  }
}

Groups groups_of_environment() {
  const char* const text = std::getenv(kSignalsVariable);
  if (text == nullptr) return Groups::shipped();
  Groups groups = Groups::none();
  const std::string problem = parse_groups(text, groups);
  if (problem.empty()) return groups;
  std::fprintf(stderr, "%s: %s\n", kSignalsVariable, problem.c_str());
  std::exit(kExitUnusable);
}

}  // namespace concertina::fuzzers
