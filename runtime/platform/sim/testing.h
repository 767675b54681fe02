// For tests: runs a lambda as virtual thread 0 of a world, under a chooser that the test picks.
//
// Rules
//   1. When thread 0's body returns, the run ends as kExit. Other threads may just end.
//   2. A run is abandoned wherever its threads happen to be, so a body's own variables must not own
//      memory (no std::vector, no std::string). Results go to variables captured from the test,
//      which may be read once the run is over, or into the events by `say`.
//   3. ThreadSanitizer takes virtual threads for real ones: they share platform objects (made by
//      `make`), and plain variables only where those order the accesses.
//   4. Choosers run on behalf of every thread. They have the attribute below and
//      plain memory: a member function of std::vector would be instrumented.
//
//   const RunResult run = run_body([&] {
//     auto& flag = make<platform::Atomic<std::uint32_t>>(0u);
//     start([&flag] { flag.store(1, Site::kTest); });
//     platform::spin_until(flag, [](std::uint32_t v) { return v == 1; }, Site::kTest);
//   });
//   EXPECT_EQ(run.report.outcome, Outcome::kExit);
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "platform.h"
#include "platform/testing.h"

namespace concertina::test {

/// The lowest enabled thread: thread 0 runs until it is blocked, then thread 1, ...
class FirstEnabled : public Chooser {
 public:
  [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId, const Pending*) override {
    return static_cast<ThreadId>(std::countr_zero(enabled));
  }
  [[gnu::no_sanitize_thread]] std::uint32_t choose(std::uint32_t, Site, SpawnPath) override {
    return 0;
  }
};

/// A list that a chooser can read without ThreadSanitizer's looking on.
template <class T>
class PlainList {
 public:
  PlainList(std::initializer_list<T> items)
      : PlainList(std::span<const T>(items.begin(), items.size())) {}
  explicit PlainList(std::span<const T> items)
      : items_(std::make_unique<T[]>(items.size())), data_(items_.get()), size_(items.size()) {
    for (std::size_t i = 0; i < size_; ++i) data_[i] = items[i];
  }
  [[gnu::no_sanitize_thread]] std::size_t size() const { return size_; }
  [[gnu::no_sanitize_thread]] T& operator[](std::size_t i) { return data_[i]; }

 private:
  std::unique_ptr<T[]> items_;
  T* data_;
  std::size_t size_;
};

/// The given threads, one a decision; the lowest enabled one when the list is over, or when the
/// listed thread is not enabled (`misses` counts those). Draws come from a second list, then 0.
class Picks : public FirstEnabled {
 public:
  Picks(PlainList<ThreadId> picks, PlainList<std::uint32_t> draws = {})
      : picks_(std::move(picks)), draws_(std::move(draws)) {}

  [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId current,
                                            const Pending* pending) override {
    if (next_ < picks_.size()) {
      const ThreadId wanted = picks_[next_++];
      if ((enabled >> wanted & 1) != 0) return wanted;
      ++misses_;
    }
    return FirstEnabled::pick(enabled, current, pending);
  }
  [[gnu::no_sanitize_thread]] std::uint32_t choose(std::uint32_t, Site, SpawnPath) override {
    return next_draw_ < draws_.size() ? draws_[next_draw_++] : 0;
  }
  unsigned misses() const { return misses_; }

 private:
  PlainList<ThreadId> picks_;
  PlainList<std::uint32_t> draws_;
  std::size_t next_ = 0, next_draw_ = 0;
  unsigned misses_ = 0;
};

/// "When thread `from` is about to do `site` for the nth time, go to thread `to` instead." One
/// shot.
struct Switch {
  ThreadId from = 0;
  Site site{};
  ThreadId to = 0;
  unsigned occurrence = 1;
};

/// Stays with the current thread as long as it is enabled (else: the lowest enabled one), except
/// for the switches. A switch whose target is disabled at that moment is lost.
class Switches : public FirstEnabled {
 public:
  explicit Switches(PlainList<Switch> switches) : switches_(std::move(switches)) {}

  [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId current,
                                            const Pending* pending) override {
    for (std::size_t i = 0; i < switches_.size(); ++i) {
      Switch& rule = switches_[i];
      if (rule.from != current || rule.site != pending[current].site || rule.occurrence == 0)
        continue;
      if (--rule.occurrence != 0 || (enabled >> rule.to & 1) == 0) continue;
      ++fired_;
      return rule.to;
    }
    if ((enabled >> current & 1) != 0) return current;
    return FirstEnabled::pick(enabled, current, pending);
  }
  /// Tests demand this: a script that never met its site proves nothing.
  bool all_fired() { return fired_ == switches_.size(); }

 private:
  PlainList<Switch> switches_;
  std::size_t fired_ = 0;
};

/// Every enabled thread with equal chance; a pure function of the seed.
class Random : public Chooser {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  [[gnu::no_sanitize_thread]] ThreadId pick(ThreadMask enabled, ThreadId, const Pending*) override {
    for (auto skip = next(static_cast<std::uint32_t>(std::popcount(enabled))); skip > 0; --skip) {
      enabled &= enabled - 1;
    }
    return static_cast<ThreadId>(std::countr_zero(enabled));
  }
  [[gnu::no_sanitize_thread]] std::uint32_t choose(std::uint32_t n, Site, SpawnPath) override {
    return next(n);
  }

 private:
  [[gnu::no_sanitize_thread]] std::uint32_t next(std::uint32_t n) {
    state_ += kGoldenRatio;
    return static_cast<std::uint32_t>(scatter(state_) % n);
  }
  std::uint64_t state_;
};

/// A run's log, to be asked after it.
class StepLog {
 public:
  RunLog* get() const { return log_.get(); }
  std::span<const Step> steps() const { return log_->steps(); }
  /// How often `thread` did `site`.
  unsigned count(ThreadId thread, Site site) const {
    unsigned found = 0;
    for (const Step& step : steps()) found += step.thread == thread && step.site == site;
    return found;
  }

 private:
  std::unique_ptr<RunLog> log_ = std::make_unique_for_overwrite<RunLog>();
};

/// `config.chooser` may be null: first enabled.
template <class Body>
RunResult run_body(simulator::World& world, simulator::Config config, Body body) {
  FirstEnabled first_enabled;
  if (config.chooser == nullptr) config.chooser = &first_enabled;
  const auto main = [](void* argument) {
    (*static_cast<Body*>(argument))();
    platform::stop(Outcome::kExit, "");
  };
  RunResult run;
  run.report = platform::run(world, config, main, &body);
  run.events.assign(world.events().begin(), world.events().end());
  return run;
}

template <class Body>
RunResult run_body(const simulator::Config& config, Body body) {
  simulator::World world;
  return run_body(world, config, body);
}

template <class Body>
RunResult run_body(Chooser& chooser, Body body) {
  return run_body(simulator::Config{.chooser = &chooser}, body);
}

template <class Body>
RunResult run_body(Body body) {
  return run_body(simulator::Config{}, body);
}

}  // namespace concertina::test
