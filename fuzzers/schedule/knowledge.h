// Knowledge: what a search knows of one program, from the logs of its earlier runs.
//
//   pairs     (reader's site, writer's site) on one object, by different threads: those seen to
//             happen, and those possible by what was seen
//   profile   which objects at least two threads operate on, how often each
//   horizon   decisions of the longest run
//
// Threads are told apart as in ThreadCount: goroutines by path, the rest by virtual thread. Objects
// are named by ObjectKey.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "platform/sim/run_log.h"
#include "schedule/conflict.h"
#include "schedule/random.h"
#include "schedule/schedule.h"

namespace concertina::fuzzers {

struct SitePair {
  Site reader{};
  Site writer{};
  bool operator==(const SitePair&) const = default;
};

/// A set of pairs from which one can be drawn.
class PairSet {
 public:
  /// False when it was there already.
  bool add(SitePair pair);
  bool empty() const { return pairs_.empty(); }
  std::size_t size() const { return pairs_.size(); }
  SitePair draw(Random& random) const {
    CHECK(!pairs_.empty(), "a pair is drawn once some are known");
    return pairs_[random.below(static_cast<std::uint32_t>(pairs_.size()))];
  }

 private:
  std::vector<SitePair> pairs_;
  std::bitset<256 * 256> has_;
};

struct ObjectProfile {
  ObjectKey key;
  std::uint32_t operations = 0;
  std::vector<ThreadCount> threads;  // at least two
  std::vector<std::uint16_t> names;  // of those, in order: 0, 1, ...; the same in all profiles
};

class Knowledge {
 public:
  /// Pairs of the run that no run had shown before; they join `pairs`.
  unsigned learn_reads_from(const RunLog& log);
  /// Everything else; the profile is the latest run's.
  void learn_profile(const RunLog& log);
  void learn_horizon(const RunLog& log) {
    if (log.decisions > horizon_) horizon_ = log.decisions;
  }

  const PairSet& pairs() const { return pairs_; }
  const std::vector<ObjectProfile>& profile() const { return profile_; }
  /// How many names the profiles' threads have.
  std::size_t name_count() const { return named_.size(); }
  std::uint32_t horizon() const { return horizon_; }

 private:
  struct LastWrite {
    std::uint32_t run = 0;
    Site site{};
    ThreadId thread = 0;
    SpawnPath path = 0;
  };

  void name_objects(const RunLog& log);
  void learn_object(std::span<const Step* const> steps);
  std::uint16_t name_of(const ThreadCount& thread);

  PairSet pairs_;
  PairSet seen_;  // to happen
  std::vector<ObjectProfile> profile_;
  std::vector<ThreadCount> named_;  // of the profiles' threads, by name; their counts are nothing
  std::uint32_t horizon_ = 0;
  std::uint32_t run_ = 0;
  std::vector<LastWrite> last_writes_;  // by object
  std::vector<ObjectKey> names_;        // by object; kAnyPath: it has none
};

}  // namespace concertina::fuzzers
