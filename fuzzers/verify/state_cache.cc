#include "verify/state_cache.h"

#include <bit>

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kEntriesFirst = 1 << 12;
constexpr std::uint64_t kCountBits = StateCache::kPreemptionsMax;

}  // namespace

void StateCache::clear(std::uint64_t names_max) {
  // A table that has been large is not worth keeping: clearing it costs as much as filling it.
  if (entries_.size() != kEntriesFirst) {
    std::vector<std::uint64_t>(kEntriesFirst).swap(entries_);
  } else if (size_ != 0) {
    entries_.assign(kEntriesFirst, 0);
  }
  size_ = 0;
  names_max_ = names_max;
}

std::uint64_t& StateCache::place_of(std::uint64_t name) {
  CHECK(std::has_single_bit(entries_.size()), "the table has room, a power of two");
  const std::size_t mask = entries_.size() - 1;
  std::size_t i = name >> 8 & mask;
  while (entries_[i] != 0 && (entries_[i] & ~kCountBits) != name) i = (i + 1) & mask;
  return entries_[i];
}

void StateCache::grow_to(std::size_t entries) {
  CHECK(entries > entries_.size(), "a table grows");
  std::vector<std::uint64_t> old(entries);
  old.swap(entries_);
  for (const std::uint64_t entry : old) {
    if (entry != 0) place_of(entry & ~kCountBits) = entry;
  }
}

void StateCache::make_room(std::size_t names) {
  std::size_t entries = entries_.size();
  while (entries < (size_ + names) * 2 && size_ < names_max_) entries *= 2;
  if (entries > entries_.size()) grow_to(entries);
}

bool StateCache::has_or_put(std::uint64_t name, unsigned preemptions) {
  COSTLY_CHECK(preemptions <= kPreemptionsMax, "a count of preemptions fits its bits");
  name &= ~kCountBits;
  if (name == 0) name = kCountBits + 1;
  std::uint64_t& entry = place_of(name);
  if (entry != 0) {
    if ((entry & kCountBits) <= preemptions) return true;
    entry = name | preemptions;
    return false;
  }
  if (size_ >= names_max_ || size_ * 2 >= entries_.size()) return false;
  entry = name | preemptions;
  ++size_;
  COSTLY_CHECK(size_ * 2 <= entries_.size(), "half of the table is free, or a look would not end");
  return false;
}

}  // namespace concertina::fuzzers
