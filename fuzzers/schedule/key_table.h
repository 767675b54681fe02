// KeyTable: counts how often goroutines pass sites, and says which keys a pass reaches.
//
// A schedule has few keys and a run passes many sites, so the common answer ("no key is about this
// site") is one load.
#pragma once

#include <array>
#include <cstdint>

#include "base/check.h"
#include "schedule/schedule.h"

namespace concertina::fuzzers {

/// One bit per key, in the order in which they were added.
using KeyMask = std::uint32_t;

class KeyTable {
 public:
  static constexpr unsigned kKeysMax = 16;

  void clear() {
    size_ = 0;
    about_.fill(0);
  }

  /// The bit of the key is 1 << (number of keys added before it). Further keys than kKeysMax are
  /// ignored.
  void add(const Key& key) {
    if (size_ == kKeysMax || key.site >= Site::kCount) return;
    CHECK(size_ < kKeysMax, "a table has room for its keys");
    entries_[size_] = {key.path, 0, key.occurrence};
    about_[index(key.site)] |= static_cast<std::uint16_t>(1U << size_);
    ++size_;
  }

  bool wants(Site site) const { return about_[index(site)] != 0; }

  /// Counts the pass. Bits of the keys that it reaches, each at most once in a run.
  KeyMask pass(SpawnPath path, Site site) {
    COSTLY_CHECK(site < Site::kCount, "a place that is passed is one of the runtime's sites");
    COSTLY_CHECK(about_[index(site)] >> size_ == 0,
                 "a site's keys are among those that were added");
    KeyMask reached = 0;
    for (KeyMask rest = about_[index(site)]; rest != 0; rest &= rest - 1) {
      const auto i = static_cast<unsigned>(__builtin_ctz(rest));
      Entry& entry = entries_[i];
      if (entry.path != kAnyPath && entry.path != path) continue;
      if (entry.passes++ == entry.occurrence) reached |= 1U << i;
    }
    return reached;
  }

 private:
  struct Entry {
    SpawnPath path;
    std::uint32_t passes;
    std::uint32_t occurrence;
  };

  static std::size_t index(Site site) { return static_cast<std::size_t>(site); }

  unsigned size_ = 0;
  std::array<Entry, kKeysMax> entries_{};
  std::array<std::uint16_t, kSiteCount + 1> about_{};  // by site: the keys about it
};
static_assert(kStackEventsMax <= KeyTable::kKeysMax && kDeviationsMax <= KeyTable::kKeysMax);

}  // namespace concertina::fuzzers
