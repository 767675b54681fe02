// Surw: selectively uniform random walk (Zhao, Wolff, Mathur and Roychoudhury, "Selectively uniform
// concurrency testing", ASPLOS 2025).
//
// Of all operations only those on a few target objects matter ("interesting"); their orders are to
// be equally likely. If the threads have n1, n2, ... interesting operations left, the next one must
// be thread i's with the probability ni / (n1 + n2 + ...), as in a shuffle. Hence:
//
//   1  a thread is drawn by these weights: the intended one
//   2  all threads run in POS's order; one that comes to an interesting operation and is not the
//      intended one is held there
//   3  the intended one performs its interesting operation; the held ones are let go; 1
//
// If only held threads are enabled, the draw is void (the intended one waits for a held one), and
// also when all enabled threads merely wait: a thread that spins must not hold up the others.
//
// A thread that starts others carries their weight until they are there. Lock acquisitions are
// interesting, releases are not: a lock's holder has no competitor. Targets and weights are in the
// schedule: explorer.h learns them from earlier runs of the program. Without targets this is POS,
// and such a run is the one to learn from.
//
// Weights belong to goroutines, by spawn path, wherever they run. A goroutine that waits in a run
// queue has no thread that could be drawn for it: its turn comes when a machine gets to it.
#pragma once

#include <array>

#include "schedule/priorities.h"
#include "schedule/schedule.h"

namespace concertina::fuzzers {

class Surw final : public Chooser {
 public:
  void reset(const Schedule& schedule);

  void started(ThreadId thread) override;
  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  void executing(ThreadId thread, const Pending* pending) override;
  void made(ObjectId object, SpawnPath path) override;
  std::uint32_t choose(std::uint32_t n, Site, SpawnPath) override { return draws_.below(n); }
  bool observes() const override { return true; }
  bool names_objects() const override { return target_count_ != 0; }

 private:
  static constexpr unsigned kNobody = ~0U;
  struct Target {
    ObjectKey key;
    std::uint32_t made = 0;  // objects of the key's path so far
    ObjectId object = 0;     // 0: not made yet
  };
  struct Count {
    SpawnPath path = 0;
    std::uint8_t thread = 0;
    bool has_appeared = false;
    unsigned parent = kNobody;
    std::uint32_t weight = 0;  // what is left, of its own and of those that have not appeared
    ThreadMask threads{};      // that were seen last on behalf of it
  };

  static constexpr unsigned kSlots = 2 * kThreadCountsMax;
  static constexpr unsigned kThreadNumbers = 256;  // that a ThreadCount can name
  static constexpr std::uint8_t kFree = 0xff;
  static_assert(kThreadCountsMax <= kFree);

  unsigned slot_of(SpawnPath path, std::uint8_t thread) const;
  unsigned find(SpawnPath path, std::uint8_t thread) const;
  unsigned parent_of(const Count& count, unsigned scheduler) const;
  void take_counts(const Schedule& schedule);
  bool is_interesting(const Pending& operation) const;
  void catch_up(const Pending* pending);
  void note_path(ThreadId thread, SpawnPath path);
  void set_weight(unsigned entry, std::uint32_t weight);
  void set_entry(ThreadId thread, unsigned entry);
  void note_weight(ThreadId thread, std::uint32_t weight);
  void expect_one(ThreadMask threads);
  ThreadId draw_intended(ThreadMask threads);

  Priorities priorities_;
  Random draws_;
  Random random_;
  unsigned target_count_ = 0;
  unsigned size_ = 0;
  unsigned intended_ = kNobody;  // a thread
  ThreadMask held_{};
  ThreadMask interested_{};  // their pending operation is interesting
  Lanes weights_;            // of the threads' entries; of those that have none, 1
  Lanes sums_;               // of weights, while one is drawn
  ThreadMask exhausted_{};   // of weight 0
  std::array<Target, kTargetsMax> targets_{};
  std::array<Count, kThreadCountsMax> counts_{};
  // Indices into counts_: of goroutines by hash of their path; then of the scheduler's threads,
  // by number.
  std::array<std::uint8_t, kSlots + kThreadNumbers> slots_{};
  std::array<SpawnPath, kThreadsMax> paths_{};   // on whose behalf a thread was seen last
  std::array<unsigned, kThreadsMax> entries_{};  // its entry in counts_, or kNobody
};

}  // namespace concertina::fuzzers
