// StateCache: a set of 64-bit names, each with the fewest preemptions that it was reached with.
//
// Open addressing, doubling; an entry is a word, the count in its low four bits. It grows between
// runs only: memory that one virtual thread allocates and another frees is a race to
// ThreadSanitizer. When it may grow no more it forgets new names: the search then does work
// twice, but misses nothing. Two states of one name would lose one of them: with a million states
// the chance is one in 10^6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace concertina::fuzzers {

class StateCache {
 public:
  void clear(std::uint64_t names_max);

  /// Before each run: makes room for this many new names, unless `names_max` forbids it.
  void make_room(std::size_t names);

  static constexpr unsigned kPreemptionsMax = 15;

  /// True when the name was put in with at most `preemptions`; else it is put in with them.
  bool has_or_put(std::uint64_t name, unsigned preemptions);

  std::size_t size() const { return size_; }

 private:
  std::uint64_t& place_of(std::uint64_t name);
  void grow_to(std::size_t entries);

  std::vector<std::uint64_t> entries_;  // 0: none
  std::size_t size_ = 0;
  std::uint64_t names_max_ = 0;
};

}  // namespace concertina::fuzzers
