// Figures: how much a run did, counted from its events while it runs.
//
// Each thread of a run counts in a slot of its own, so counting costs no contention; the slots are
// relaxed atomics, which order nothing between threads and so hide no race, and the watchdog may
// look at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "platform.h"

namespace concertina::stress {

struct Figures {
  std::uint64_t goroutines = 0;     // lives that began
  std::uint64_t operations = 0;     // sends, receives and closes that took effect
  std::uint64_t copies = 0;         // of stacks, for any reason
  std::uint64_t growths = 0;        // of them
  std::uint64_t shrinks = 0;        // of them
  std::uint64_t moves = 0;          // of them, to equal size
  std::uint64_t copies_locked = 0;  // of them, under channel locks taken for the copy
  std::uint64_t copies_held = 0;    // of them, while the goroutine itself held channel locks
  std::uint64_t scans = 0;          // goroutines that the scanner suspended
  std::uint64_t blocked = 0;        // times that a goroutine was parked
  std::uint64_t preempted = 0;      // times that one was stopped at the end of a time slice

  Figures& operator+=(const Figures& other);
  bool operator==(const Figures&) const = default;
};

class Counter final : public threaded::EventObserver {
 public:
  void seen(const Event& event, ThreadId thread) override;

  /// All slots together; while threads count, some of them may be a little late.
  Figures sum() const;
  /// Grows whenever the program gets ahead: scans, copies and locks alone are no progress.
  std::uint64_t progress() const;

 private:
  enum Kind : unsigned {
    kGoroutines,
    kOperations,
    kGrowths,
    kShrinks,
    kMoves,
    kLocked,
    kHeld,
    kScans,
    kBlocked,
    kPreempted,
    kKinds
  };
  struct alignas(64) Slot {
    std::array<std::atomic<std::uint64_t>, kKinds> counts{};
  };
  void count(ThreadId thread, Kind kind, std::uint64_t by = 1);
  void count_copy(ThreadId thread, const event::CopyBegin& copy);
  std::uint64_t total(Kind kind) const;

  std::array<Slot, threaded::kThreadsMax> slots_;
};

}  // namespace concertina::stress
