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

  void begin() {
    seen_.fill(0);
    if (++run_ != 0) return;
    // Notes of a run with the same number are gone before it comes again.
    writes_.fill(0);
    run_ = 1;
  }

  // Which branch would be taken is hard to foresee, and there is a step every 40 ns: so there are
  // none but the first.
  void step(ThreadId thread, const Pending& step) {
    const Ordinals& site = sites_[static_cast<std::size_t>(step.site)];
    if (site.family == kNoFamily || step.object >= kObjectsMax) return;
    // Goroutines are told apart by path, machines between two goroutines by their thread.
    const std::uint32_t actor = step.path != kSchedulerPath ? step.path : kFirstMachine + thread;
    const std::uint64_t here = static_cast<std::uint64_t>(actor) << 32 |
                               static_cast<std::uint32_t>(run_) << 16 | site.family << 8 |
                               site.writer;
    const auto kind = static_cast<unsigned>(step.kind);
    std::uint64_t& write = writes_[step.object];
    const std::uint64_t last = write;
    const bool is_of_this_run = ((last ^ here) & 0xffffff00) == 0;  // and family
    const bool reads_other = (kReaders >> kind & 1) != 0 && last >> 32 != actor;
    const unsigned cell = site.reader + (last & 0xff);
    seen_[(is_of_this_run & reads_other) ? cell : kNoCell] = 1;
    write = (kWriters >> kind & 1) != 0 ? here : last;
  }

  void end(const CellWriter& cells) const {
    for (unsigned i = 0; i < cells_used_; ++i) {
      if (seen_[i] != 0) cells.set<Group::kReadsFrom>(i);
    }
  }

  /// Cells in use: the table's pairs.
  unsigned cells_used() const { return cells_used_; }

 private:
  static constexpr std::uint16_t kReaders = kinds_that(is_reader);
  static constexpr std::uint16_t kWriters = kinds_that(is_writer);
  static constexpr std::uint8_t kNoFamily = 0xff;
  static constexpr ObjectId kObjectsMax = 4096;  // later objects of a run are not looked at
  static constexpr std::uint32_t kFirstMachine = 0xffffff00;
  static constexpr unsigned kNoCell = 2 * kReadsFromCells;

  /// Of a site in its family: reader + writer is the pair's cell.
  struct Ordinals {
    std::uint8_t family = kNoFamily;
    std::uint8_t reader = 0;
    std::uint8_t writer = 0;
  };
  static_assert(kReadsFromCells <= 256, "Ordinals::reader is a byte");

  std::uint16_t run_ = 0;
  unsigned cells_used_ = 0;
  std::array<Ordinals, 256> sites_;  // a site is a byte
  // By object, the last write: actor (32 bits), run (16), family (8), writer (8).
  std::array<std::uint64_t, kObjectsMax> writes_{};
  std::array<std::uint8_t, kNoCell + 1> seen_{};  // by cell
};

}  // namespace concertina::fuzzers
