// Job: one workload, in batches. A batch is one run of the runtime on real threads: its goroutines
// do a bounded amount of work, and what they found is checked when all of them have ended.
//
// What goroutines share
//   - the job itself, which `prepare` has made ready and which they only read
//   - a Member each (Goroutine::user), which they only read, too
//   - Tally, for values that any goroutine may get
// Nothing of these orders goroutines, so that ThreadSanitizer sees exactly the runtime's own order.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/outcome.h"
#include "go.h"

namespace concertina::stress {

/// What a batch is made of. The same values give the same workload; the schedule is the machine's.
struct Batch {
  std::uint64_t seed = 1;
  unsigned processors = 2;
  std::uint32_t scale = 4;  // work per goroutine, in the job's own unit
  bool is_small = false;    // at most kModelGoroutines: its history goes through the model
};

/// What the reference model can hold (oracle/channel_model.h); main is one of them.
inline constexpr unsigned kModelGoroutines = 32;
inline constexpr unsigned kModelChannels = 64;

/// How often each value from 1 to n was received. Relaxed: it must order no threads.
class Tally {
 public:
  void reset(std::size_t values) {
    counts_ = std::make_unique<std::atomic<std::uint8_t>[]>(values + 1);
    values_ = values;
  }
  /// False for a value that is never sent.
  bool add(std::uint32_t value) {
    if (value == 0 || value > values_) return false;
    counts_[value].fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  /// "" when each was received once.
  std::string check() const {
    std::uint64_t lost = 0, repeated = 0;
    for (std::size_t value = 1; value <= values_; ++value) {
      const unsigned count = counts_[value].load(std::memory_order_relaxed);
      lost += count == 0;
      repeated += count > 1;
    }
    if (lost + repeated == 0) return "";
    return std::to_string(lost) + " of " + std::to_string(values_) + " values lost, " +
           std::to_string(repeated) + " received more than once";
  }

 private:
  std::unique_ptr<std::atomic<std::uint8_t>[]> counts_;
  std::size_t values_ = 0;
};

class Job;

/// What a goroutine knows of itself: Goroutine::user of each, main's, too, points to one.
struct Member {
  Job* job;
  std::uint32_t number;
};

class Job {
 public:
  Job(std::string_view job_name, const Function& main_function)
      : name(job_name), main(main_function) {}
  virtual ~Job() = default;
  /// Forgets the last batch; says how many goroutines and channels this one needs.
  virtual void prepare(const Batch& batch, Knobs& knobs) = 0;
  /// Makes the channels, before the first goroutine exists.
  virtual void make(Runtime& runtime) = 0;
  virtual Outcome expected() const { return Outcome::kExit; }
  /// After a run that ended as expected: "" or what was lost, found twice or out of order.
  virtual std::string check() { return arrived_.check(); }

  const std::string_view name;
  const Function& main;
  Member main_member{this, 0};

 protected:
  void enlist(std::uint32_t count) {
    members_.clear();
    for (std::uint32_t i = 0; i < count; ++i) members_.push_back({this, i});
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(members_.size()); }

  std::vector<Member> members_;  // for the goroutines that main starts
  Tally arrived_;                // of the values that the batch sends
};

/// For what `prepare` draws.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}
  std::uint32_t below(std::uint32_t n) {
    state_ += kGoldenRatio;
    return static_cast<std::uint32_t>((scatter(state_) >> 32) * n >> 32);
  }

 private:
  std::uint64_t state_;
};

// One a file in this folder.
std::unique_ptr<Job> make_ring();
std::unique_ptr<Job> make_select_storm();
std::unique_ptr<Job> make_close_race();
std::unique_ptr<Job> make_spawn_tree();
std::unique_ptr<Job> make_deep_recursion();
std::unique_ptr<Job> make_pointer_receive();

/// All of them, in a fixed order.
std::vector<std::unique_ptr<Job>> make_jobs();

}  // namespace concertina::stress
