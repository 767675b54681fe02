// CopySignals: group copy, and how often a stack moves during one operation of its goroutine.
#pragma once

#include <array>

#include "base/event.h"
#include "feedback/cell_writer.h"

namespace concertina::fuzzers {

class CopySignals {
 public:
  void begin();
  /// Events of the goroutines' operations, and of copies.
  void see(const CellWriter& cells, const Event& e);
  /// What happens while stacks are being copied, perhaps on other threads. Pointless when none are.
  void witness(const CellWriter& cells, const Event& e) const;
  bool are_active() const { return active_ != 0; }
  void end(const CellWriter& cells) {
    cells.set_maximum(Maximum::kCopiesInOperation, most_copies_);
  }

 private:
  static constexpr unsigned kThreads = 16;                       // virtual threads of a run
  static constexpr unsigned kGoroutines = kGoroutinesLimit + 1;  // ids from 1

  /// A thread makes one copy at a time.
  struct Copy {
    bool is_active = false;
    std::uint8_t reason = 0;
    std::uint8_t copy = 0;  // reason and locks, as in cells.h
    GoroutineId goroutine = kNoGoroutine;
  };
  struct Goroutine {
    OpenOperation open = OpenOperation::kNone;
    bool has_parked = false;
    unsigned copies = 0;  // since the operation was opened
  };

  void copy_begins(const CellWriter& cells, const Event& e);
  void copy_ends(const CellWriter& cells, const Event& e);
  void opens(const Event& e, OpenOperation operation);

  unsigned active_ = 0;
  unsigned most_copies_ = 0;
  std::array<Copy, kThreads> copies_;
  std::array<Goroutine, kGoroutines> goroutines_;
};

}  // namespace concertina::fuzzers
