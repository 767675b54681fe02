// ReadsFromSignals: which code sites read, on another thread, what which others had written.
//
// The cell is the pair of sites; neither thread nor object is in it, so that the number of cells is
// that of the runtime's code and not of a program's size (RFF, ASPLOS 2024). A lock is read from by
// who takes it and written by who releases it (schedule/conflict.h).
#pragma once

#include <array>

#include "feedback/cell_writer.h"
#include "schedule/conflict.h"

namespace concertina::fuzzers {

/// A set of operation kinds, one bit each.
constexpr std::uint16_t kind_bit(OperationKind kind) {
  return static_cast<std::uint16_t>(1u << static_cast<unsigned>(kind));
}
template <class Predicate>
constexpr std::uint16_t kinds_that(Predicate predicate) {
  std::uint16_t bits = 0;
  for (unsigned i = 0; i < 16; ++i) {
    if (predicate(static_cast<OperationKind>(i))) bits |= kind_bit(static_cast<OperationKind>(i));
  }
  return bits;
}

class ReadsFromSignals {
 public:
  ReadsFromSignals();

  void begin() { ++run_; }

  void step(const CellWriter& cells, ThreadId thread, const Pending& step) {
    const Ordinals& site = sites_[static_cast<std::size_t>(step.site)];
    if (site.family == kNoFamily || step.object >= kObjectsMax) return;
    const std::uint16_t kind = kind_bit(step.kind);
    Write& last = writes_[step.object];
    // Goroutines are told apart by path, machines between two goroutines by their thread.
    const std::uint32_t actor =
        step.path != kSchedulerPath ? step.path : kFirstMachine + thread;
    if ((kind & kReaders) != 0 && last.run == run_ && last.actor != actor &&
        last.family == site.family) {
      cells.set<Group::kReadsFrom>(site.reader + last.writer);
    }
    if ((kind & kWriters) != 0) last = {run_, actor, site.family, site.writer};
  }

  /// Cells in use: the table's pairs.
  unsigned cells_used() const { return cells_used_; }

 private:
  static constexpr std::uint16_t kReaders = kinds_that(is_reader);
  static constexpr std::uint16_t kWriters = kinds_that(is_writer);
  static constexpr std::uint8_t kNoFamily = 0xff;
  static constexpr ObjectId kObjectsMax = 4096;  // later objects of a run are not looked at
  static constexpr std::uint32_t kFirstMachine = 0xffffff00;

  /// Of a site in its family: reader + writer is the pair's cell.
  struct Ordinals {
    std::uint8_t family = kNoFamily;
    std::uint8_t reader = 0;
    std::uint8_t writer = 0;
  };
  struct Write {
    std::uint32_t run = 0;
    std::uint32_t actor = 0;
    std::uint8_t family = 0;
    std::uint8_t writer = 0;
  };
  static_assert(kReadsFromCells <= 256, "Ordinals::reader is a byte");

  std::uint32_t run_ = 0;
  unsigned cells_used_ = 0;
  std::array<Ordinals, 256> sites_;  // a site is a byte
  std::array<Write, kObjectsMax> writes_{};
};

}  // namespace concertina::fuzzers
