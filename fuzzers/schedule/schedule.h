// Schedule: in what order to run it, as a strategy, a seed and a few position-independent wishes.
//
// A schedule never is a stream of thread choices: wishes are keyed by (spawn path, site,
// occurrence), so they keep their meaning when the program changes elsewhere. An occurrence counts,
// from 0, how often a goroutine with that path passed that site in this run. Path kAnyPath (0)
// matches all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/site.h"
#include "base/spawn_path.h"
#include "platform/sim/chooser.h"

namespace concertina::fuzzers {

inline constexpr unsigned kProcessorsMax = 4;
inline constexpr unsigned kMachinesMin = 2;    // with one, nothing would happen at the same time
inline constexpr unsigned kSliceDefault = 64;  // safe points; at least 1
inline constexpr unsigned kStackEventsMax = 16;
inline constexpr unsigned kDeviationsMax = 16;
inline constexpr unsigned kDepthMax = 10;
inline constexpr unsigned kConstraintsMax = 16;
inline constexpr unsigned kTargetsMax = 4;
inline constexpr unsigned kThreadCountsMax = 128;

/// Append only. What each does is in its own file, but for kPortfolio: that is one of the others,
/// by the seed (choosers.h).
enum class Strategy : std::uint8_t {
  kRandom,
  kPct,
  kNonPreemptive,
  kPos,
  kReadsFrom,
  kSurw,
  kPortfolio,
  kCount
};

struct Key {
  SpawnPath path = kAnyPath;
  Site site{};
  std::uint8_t occurrence = 0;
  bool operator==(const Key&) const = default;
};

inline constexpr StackAction kLastStackAction = StackAction::kAssist;

struct StackEvent {
  StackAction action = StackAction::kMove;  // never kNone
  Key key;
  bool operator==(const StackEvent&) const = default;
};

/// Append only.
enum class DeviationKind : std::uint8_t {
  kHold,    // the thread that reaches the key is not picked for the next `value` decisions,
            // unless nothing else is enabled
  kChoose,  // the draw at the key yields `value` modulo its range
  kPrefer,  // the thread that reaches the key is picked for the next `value` decisions whenever it
            // is enabled and not merely waiting
  kCount
};

struct Deviation {
  DeviationKind kind = DeviationKind::kHold;
  Key key;
  std::uint8_t value = 0;
  bool operator==(const Deviation&) const = default;
};

/// A wish for another order of threads, as against another draw.
inline bool is_preemption(const Deviation& deviation) {
  return deviation.kind == DeviationKind::kHold || deviation.kind == DeviationKind::kPrefer;
}

/// kReadsFrom: some operation at `reader` is to see (or none is to see) what one at `writer` left.
struct Constraint {
  bool is_wanted = false;
  Site reader{};
  Site writer{};
  std::uint8_t skip = 0;  // passes of the reader that do not count
  bool operator==(const Constraint&) const = default;
};

/// An object's name that survives edits elsewhere: on whose behalf it was made, and how many had
/// been made on that path before. (Creation ordinals over all paths depend on the schedule.)
struct ObjectKey {
  SpawnPath path = kSchedulerPath;
  std::uint16_t ordinal = 0;
  bool operator==(const ObjectKey&) const = default;
};

/// kSurw: how often a thread or goroutine operates on the targets. Those that share a reserved path
/// are told apart by `thread`, the number of the virtual thread; it is 0 for goroutines, which move
/// from thread to thread.
struct ThreadCount {
  SpawnPath path = kSchedulerPath;
  std::uint8_t thread = 0;
  std::uint16_t count = 0;
  bool operator==(const ThreadCount&) const = default;
};

struct Schedule {
  std::uint8_t processors = 2;               // 1..kProcessorsMax; machines come and go as needed
  std::uint8_t machines_max = kMachinesMax;  // kMachinesMin..kMachinesMax: no more are ever made
  std::uint8_t slice = kSliceDefault;        // 1..255: safe points of a processor's time slice
  Strategy strategy = Strategy::kRandom;
  std::uint8_t depth = 3;  // kPct: bug depth d, 1..kDepthMax
  std::uint64_t seed = 0;
  // Stack debugging knobs, after Go's stack.go.
  bool move_at_every_prologue = false;   // mayMoreStackMove
  bool reuse_stacks = true;              // false: a freed stack is never handed out again
  bool cache_stacks = true;              // false: stackNoCache
  bool shrink_stacks = true;             // false: gcshrinkstackoff
  bool adaptive_start = false;           // adaptivestackstart
  bool elastic_buffers = false;          // buffers are there only while something is in them
  bool native_frames = true;             // native functions have frames on the stack
  bool poison = true;                    // free memory is filled, and looked at
  bool standing_requests = false;        // submitters rely on each other's (need_spinning)
  std::vector<StackEvent> stack_events;  // at most kStackEventsMax
  std::vector<Deviation> deviations;     // at most kDeviationsMax
  // What a search has learnt of the program (explorer.h); a run learns nothing, and stays a pure
  // function of its input.
  std::uint16_t horizon = 0;               // kPct: decisions of a run; 0: not known
  std::vector<Constraint> constraints;     // kReadsFrom: at most kConstraintsMax
  std::vector<ObjectKey> targets;          // kSurw: at most kTargetsMax; without any it is kPos
  std::vector<ThreadCount> thread_counts;  // kSurw: at most kThreadCountsMax
  bool operator==(const Schedule&) const = default;
};

/// The word of the text form; empty for Strategy::kCount.
std::string_view strategy_name(Strategy strategy);
/// The inverse of strategy_name; Strategy::kCount for an unknown word.
Strategy strategy_by_name(std::string_view name);

/// Empty when the schedule keeps every rule above, else the first broken rule in words.
std::string validate(const Schedule& schedule);

/// Makes any value valid by clamping it; a valid schedule stays as it is.
void normalise(Schedule& schedule);

}  // namespace concertina::fuzzers
