// Groups: which groups of cells a run is asked for.
#pragma once

#include <string>
#include <string_view>

#include "feedback/cells.h"

namespace concertina::fuzzers {

inline constexpr char kSignalsVariable[] = "CONCERTINA_SIGNALS";

class Groups {
 public:
  static constexpr Groups none() { return Groups{}; }
  static constexpr Groups all() { return Groups{(1u << kGroups) - 1}; }
  /// Those that were seen to pay: none. README.md says how that was measured.
  static constexpr Groups shipped() { return none(); }

  constexpr Groups with(Group group) const { return Groups{bits_ | bit(group)}; }
  constexpr bool has(Group group) const { return (bits_ & bit(group)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const Groups&) const = default;

 private:
  constexpr Groups() = default;
  constexpr explicit Groups(unsigned bits) : bits_(bits) {}
  static constexpr unsigned bit(Group group) { return 1u << static_cast<unsigned>(group); }
  unsigned bits_ = 0;
};

/// Reads "none", "all", "default" or names from kGroupNames with commas between them. Returns what
/// is wrong, with the words that are known; empty when nothing is.
std::string parse_groups(std::string_view text, Groups& groups);

/// What the environment variable CONCERTINA_SIGNALS asks for; `shipped` without it. Ends the
/// process with exit code 2 and the reason when it cannot be read.
Groups groups_of_environment();

}  // namespace concertina::fuzzers
