// Chooser: the strategy that decides every nondeterministic step of a simulated run.
//
// The simulator asks at each yield point, *before* the pending operation takes effect, which of the
// enabled virtual threads goes next, and at each random draw which number comes. A single enabled
// thread is no decision and is not asked about. A chooser knows no runtime object, only pending
// operations; given equal calls it must give equal answers.
#pragma once

#include <array>
#include <cstdint>

#include "base/event.h"
#include "base/site.h"
#include "base/spawn_path.h"
#include "base/step.h"
#include "platform/sim/thread_mask.h"
#include "platform/stack_action.h"

namespace concertina {

/// What a thread will do when it is resumed.
struct Pending {
  Site site{};
  OperationKind kind{};
  bool is_write = false;     // conflicts with every access to the same object, not only writes
  bool is_spinning = false;  // it waits in a loop: running it now makes no progress by itself
  ObjectId object = 0;       // equal ids conflict if one side writes
  SpawnPath path = kSchedulerPath;  // the goroutine on whose behalf, or a reserved path
};

/// The step that will perform it. Who runs there, and how it was chosen, only the world can say.
inline Step step_of(ThreadId thread, const Pending& pending) {
  Step step;
  step.thread = thread;
  step.site = pending.site;
  step.kind = pending.kind;
  step.is_write = pending.is_write;
  step.object = pending.object;
  step.path = pending.path;
  return step;
}

class Chooser {
 public:
  virtual ~Chooser() = default;

  /// A virtual thread was created; its first pending operation is kStart.
  virtual void started(ThreadId thread) { (void)thread; }

  /// Picks a member of `enabled` (at least two bits). `current` is the thread that reached the
  /// yield point (it may be disabled). `pending` is indexed by ThreadId and valid for started
  /// threads.
  virtual ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) = 0;

  /// The picked (or only) thread is about to perform its pending operation.
  virtual void executing(ThreadId thread, const Pending* pending) { (void)thread, (void)pending; }

  /// A draw in [0, n), n >= 1: select's poll order, whom to steal from.
  virtual std::uint32_t choose(std::uint32_t n, Site site, SpawnPath path) = 0;

  /// A platform object was made on behalf of `path`. Its id is the creation ordinal in this run and
  /// depends on the schedule; path and ordinal among that path's objects hardly do.
  virtual void made(ObjectId object, SpawnPath path) { (void)object, (void)path; }

  /// True when `executing` must be called; false saves a call a step.
  virtual bool observes() const { return false; }
  /// True when `made` must be called; false saves a call an object.
  virtual bool names_objects() const { return false; }

  // --- For choosers that must know all that a step does, not only what it announced. ---

  /// True when the two below must be called; it must observe, too.
  virtual bool watches() const { return false; }
  /// The step in progress also accesses this object: one without a yield point, or one of the
  /// names below.
  virtual void touched(ObjectId object, bool is_write) { (void)object, (void)is_write; }
  /// The step in progress has announced this fact.
  virtual void recorded(const Event& event) { (void)event; }
};

/// What a step may touch that no platform object stands for.
inline constexpr ObjectId kObjectNames = 0xffffffff;  // the next object's ordinal
inline constexpr ObjectId kStackEvents = 0xfffffffe;  // how often a place was passed
inline constexpr ObjectId kStepNumber = 0xfffffffd;   // the count of steps, read
inline constexpr ObjectId kClock = 0xfffffffc;        // the virtual time

/// A set of sites, one bit each.
class SiteSet {
 public:
  bool contains(Site site) const {
    const auto index = static_cast<unsigned>(site);
    return (words_[index / 64] >> (index % 64) & 1) != 0;
  }
  void add(Site site) {
    const auto index = static_cast<unsigned>(site);
    words_[index / 64] |= std::uint64_t{1} << (index % 64);
  }
  void clear() { words_ = {}; }

 private:
  std::array<std::uint64_t, (kSiteCount + 63) / 64> words_{};
};

/// The stack events of a run's input. `at` is asked for each site that a goroutine passes, in
/// order.
class StackEvents {
 public:
  virtual ~StackEvents() = default;
  /// Sites at which `at` has to be asked at all. Read once a run.
  virtual const SiteSet& sites() const = 0;
  virtual StackAction at(SpawnPath path, Site site) = 0;
};

}  // namespace concertina
