// Listing: the program as numbered lines of Go-like text, and where in it each goroutine is.
//
// The trace does not say where a goroutine is. Its control flow is known, though: loops have fixed
// counts, a range ends when its receive says so, and every channel operation and spawn is
// announced. So each goroutine's way is walked again, from one announced operation to the next.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

/// An operation of the program, by function and position in its body.
struct Place {
  std::uint8_t function = 0;
  std::uint8_t operation = 0;
  bool operator==(const Place&) const = default;
  auto operator<=>(const Place&) const = default;
};

class Listing {
 public:
  explicit Listing(const Program& program);

  const std::vector<std::string>& lines() const { return lines_; }
  /// Line, from 1, on which the operation begins.
  unsigned line_of(Place place) const { return first_lines_.at(place); }
  /// The line's text without indentation; of a select its first line.
  std::string text_of(Place place) const;

 private:
  std::vector<std::string> lines_;
  std::map<Place, unsigned> first_lines_;
};

/// Where each goroutine is: at its open operation, else at the last one that it announced.
/// Goroutines that announced nothing, or whose way was lost, are missing.
std::map<GoroutineId, Place> whereabouts(const Program& program, const Trace& trace);

}  // namespace concertina::fuzzers
