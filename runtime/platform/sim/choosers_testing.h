// More choosers for tests, of schedules that a goroutine program wants: lazy, by priorities,
// scripted by goroutine and site, one thread delayed, all schedules; and stack events.
//
// ThreadSanitizer does not watch them (rule 4 of platform/sim/testing.h): they run inside the
// simulator, on behalf of all virtual threads at once, and their own counts would look like races.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "platform/sim/testing.h"

namespace concertina::test {

/// Stays with the current thread while it can, then with the lowest one; every draw is 0.
class LazyChooser : public Chooser {
 public:
  [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId current,
                                            const Pending*) override {
    if ((enabled >> current & 1) != 0) return current;
    return lowest(enabled);
  }
  std::uint32_t choose(std::uint32_t, Site, SpawnPath) override { return 0; }

 protected:
  [[gnu::no_sanitize_thread]] static ThreadId lowest(ThreadMask enabled) {
    return static_cast<ThreadId>(__builtin_ctz(enabled));
  }
};

/// Fixed random priorities that drop at a few random steps (probabilistic concurrency testing).
class PriorityChooser : public Random {
 public:
  explicit PriorityChooser(std::uint64_t seed, std::uint32_t steps = 400) : Random(seed) {
    for (std::uint32_t& value : priority_) value = 1000 + choose(1000, Site::kTest, kAnyPath);
    for (std::uint32_t& at : change_at_) at = choose(steps, Site::kTest, kAnyPath);
  }
  [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId current,
                                            const Pending*) override {
    ++step_;
    for (unsigned i = 0; i < kChanges; ++i) {
      if (change_at_[i] == step_) priority_[current] = i;
    }
    unsigned best = kThreadsMax;
    for (unsigned i = 0; i < kThreadsMax; ++i) {
      if ((enabled >> i & 1) == 0) continue;
      if (best == kThreadsMax || priority_[i] > priority_[best]) best = i;
    }
    return static_cast<ThreadId>(best);
  }

 private:
  static constexpr unsigned kChanges = 4;
  std::uint32_t priority_[kThreadsMax];
  std::uint32_t change_at_[kChanges];
  std::uint32_t step_ = 0;
};

/// A thread about to act at `site` for `path` is not picked until `until_path` has acted at
/// `until_site`. One hold holds one thread once, at its n-th arrival.
struct Hold {
  SpawnPath path = kAnyPath;
  Site site = Site::kTest;
  SpawnPath until_path = kAnyPath;
  Site until_site = Site::kTest;
  unsigned arrival = 1;
};

/// A schedule made of holds; otherwise lazy, or random when there is a seed.
class ScriptChooser : public Random {
 public:
  ScriptChooser() : Random(1) {}
  explicit ScriptChooser(std::uint64_t seed) : Random(seed), is_random_(true) {}
  void add(const Hold& hold) { entries_[count_++].hold = hold; }

  [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId current,
                                            const Pending* pending) override {
    for (unsigned t = 0; t < kThreadsMax; ++t) {
      if ((enabled >> t & 1) != 0) arrive(static_cast<ThreadId>(t), pending[t]);
    }
    ThreadMask free = enabled & ~held();
    if (free == 0) free = enabled;  // see broken()
    if (is_random_) return Random::pick(free, current, pending);
    if ((free >> current & 1) != 0) return current;
    return static_cast<ThreadId>(__builtin_ctz(free));
  }
  [[gnu::no_sanitize_thread]] std::uint32_t choose(std::uint32_t n, Site site,
                                                   SpawnPath path) override {
    return is_random_ ? Random::choose(n, site, path) : 0;
  }
  [[gnu::no_sanitize_thread]] void executing(ThreadId thread, const Pending* pending) override {
    const Pending& now = pending[thread];
    for (unsigned i = 0; i < count_; ++i) {
      Entry& entry = entries_[i];
      if (entry.state == kHeld && entry.thread == thread) {
        entry.state = kReleased;
        ++broken_;
      } else if (entry.state == kHeld && matches(entry.hold.until_path, now.path) &&
                 entry.hold.until_site == now.site) {
        entry.state = kReleased;
      }
    }
    arrived_ &= ~(ThreadMask{1} << thread);
  }
  bool observes() const override { return true; }

  /// Holds that ended because no other thread could run; 0 when the schedule was as written.
  unsigned broken() const { return broken_; }
  /// True when every hold has held a thread and let it go.
  bool is_complete() const {
    for (unsigned i = 0; i < count_; ++i) {
      if (entries_[i].state != kReleased) return false;
    }
    return broken_ == 0;
  }

 private:
  enum State { kWaiting, kHeld, kReleased };
  struct Entry {
    Hold hold;
    State state = kWaiting;
    ThreadId thread = 0;
    unsigned arrivals = 0;
  };

  [[gnu::no_sanitize_thread]] static bool matches(SpawnPath key, SpawnPath path) {
    return key == kAnyPath || key == path;
  }
  [[gnu::no_sanitize_thread]] void arrive(ThreadId thread, const Pending& pending) {
    if ((arrived_ >> thread & 1) != 0) return;
    arrived_ |= ThreadMask{1} << thread;
    for (unsigned i = 0; i < count_; ++i) {
      Entry& entry = entries_[i];
      if (entry.state != kWaiting || entry.hold.site != pending.site) continue;
      if (!matches(entry.hold.path, pending.path)) continue;
      if (++entry.arrivals < entry.hold.arrival) continue;
      entry.state = kHeld;
      entry.thread = thread;
    }
  }
  [[gnu::no_sanitize_thread]] ThreadMask held() const {
    ThreadMask mask = 0;
    for (unsigned i = 0; i < count_; ++i) {
      if (entries_[i].state == kHeld) mask |= ThreadMask{1} << entries_[i].thread;
    }
    return mask;
  }

  const bool is_random_ = false;
  Entry entries_[8];
  unsigned count_ = 0;
  unsigned broken_ = 0;
  ThreadMask arrived_ = 0;  // threads whose pending operation has been looked at
};

/// Holds one thread back for the first `steps` decisions, and then lets it go first: run once for
/// each number of steps, it puts what that thread does at every place of the others' schedule.
class DelayChooser : public LazyChooser {
 public:
  DelayChooser(ThreadId thread, std::uint32_t steps) : thread_(thread), left_(steps) {}
  [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId current,
                                            const Pending* pending) override {
    const ThreadMask mine = ThreadMask{1} << thread_;
    if (left_ == 0)
      return (enabled & mine) != 0 ? thread_ : LazyChooser::pick(enabled, current, pending);
    if ((enabled & mine) == 0) return LazyChooser::pick(enabled, current, pending);
    --left_;
    return LazyChooser::pick(enabled & ~mine, current, pending);
  }
  /// False when the others were finished before the delay was over.
  bool is_over() const { return left_ == 0; }

 private:
  const ThreadId thread_;
  std::uint32_t left_;
};

/// Walks all schedules, depth first: run, then `next`, until that is false.
class ExhaustiveChooser : public Chooser {
 public:
  [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId, const Pending*) override {
    std::uint32_t left = decide(static_cast<std::uint32_t>(__builtin_popcount(enabled)));
    for (; left != 0; --left) enabled &= enabled - 1;
    return static_cast<ThreadId>(__builtin_ctz(enabled));
  }
  [[gnu::no_sanitize_thread]] std::uint32_t choose(std::uint32_t n, Site, SpawnPath) override {
    return decide(n);
  }
  bool next() {
    while (depth_ > 0 && taken_[depth_ - 1] + 1 == options_[depth_ - 1]) --depth_;
    if (depth_ == 0) return false;
    ++taken_[depth_ - 1];
    planned_ = depth_;
    depth_ = 0;
    return true;
  }

 private:
  static constexpr unsigned kDepthMax = 4096;

  [[gnu::no_sanitize_thread]] std::uint32_t decide(std::uint32_t n) {
    if (depth_ == kDepthMax) return 0;
    if (depth_ >= planned_) taken_[depth_] = 0;
    options_[depth_] = n;
    return taken_[depth_++];
  }

  std::uint32_t taken_[kDepthMax] = {};
  std::uint32_t options_[kDepthMax] = {};
  unsigned depth_ = 0;
  unsigned planned_ = 0;
};

/// Stack events, one action at a set of sites: always, or at every n-th one that is passed.
class StackEventsAt : public StackEvents {
 public:
  StackEventsAt(std::initializer_list<Site> sites, StackAction action, unsigned every = 1)
      : action_(action), every_(every) {
    for (const Site site : sites) sites_.add(site);
  }
  /// At every prologue of the runtime and of user code.
  static StackEventsAt prologues(StackAction action, unsigned every = 1) {
    StackEventsAt events({}, action, every);
    for (unsigned i = 0; i <= static_cast<unsigned>(Site::kSyscallPrologue); ++i) {
      events.sites_.add(static_cast<Site>(i));
    }
    return events;
  }
  const SiteSet& sites() const override { return sites_; }
  [[gnu::no_sanitize_thread]] StackAction at(SpawnPath, Site) override {
    return ++seen_ % every_ == 0 ? action_ : StackAction::kNone;
  }

 private:
  SiteSet sites_;
  const StackAction action_;
  const unsigned every_;
  unsigned seen_ = 0;
};

}  // namespace concertina::test
