// LockSignals: group lock, and how many locks one thread holds at once.
#pragma once

#include <array>

#include "base/event.h"
#include "feedback/cell_writer.h"

namespace concertina::fuzzers {

class LockSignals {
 public:
  void begin();
  void see(const Event& e);
  void end(const CellWriter& cells) const;

 private:
  static constexpr unsigned kThreads = 16;            // virtual threads of a run
  static constexpr std::uint32_t kObjectsMax = 4096;  // later objects of a run are not looked at

  struct Thread {
    std::uint8_t ranks_held = 0;  // one bit a rank
    bool copies = false;
    unsigned held = 0;
    std::array<std::uint8_t, kRanks> held_of_rank{};
  };
  struct Release {
    std::uint32_t run = 0;
    ThreadId thread = 0;
    std::uint8_t holder = 0;
  };

  unsigned holder(const Event& e) const {
    return (e.goroutine != kNoGoroutine ? 1u : 0u) | (threads_[e.thread].copies ? 2u : 0u);
  }
  void acquired(const Event& e);
  void released(const Event& e);

  std::uint32_t run_ = 0;
  unsigned most_held_ = 0;
  // Cells of the run, gathered as bits: half of all events are about locks.
  std::array<std::uint8_t, kRanks> held_before_{};  // by rank taken: ranks held
  std::array<std::uint16_t, kRanks> hand_offs_{};   // by rank: from * kHolders + to
  std::array<Thread, kThreads> threads_;
  std::array<Release, kObjectsMax> releases_{};
};
static_assert(kRanks <= 8, "Thread::ranks_held has a bit for each");

}  // namespace concertina::fuzzers
