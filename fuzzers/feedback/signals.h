// Signals: turns what a run did into cells, for engines that look for what is new.
//
//   Signals signals(cells, groups);            // the bytes are an engine's, or a test's
//   run(input, {.signals = &signals});         // begin, a step at each yield point, end
//
// What an edge counter of the compiler cannot say: which two places met in which order, and in
// which state. The cells are a pure function of the run's steps and events, so that the same input
// sets the same ones in every process and build flavour. Nothing is allocated by a run. Cells are
// only ever set: whoever owns them clears them.
#pragma once

#include "feedback/cell_writer.h"
#include "feedback/channel_signals.h"
#include "feedback/copy_signals.h"
#include "feedback/lock_signals.h"
#include "feedback/reads_from.h"
#include "feedback/work_signals.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

class Signals {
 public:
  Signals(std::span<std::uint8_t, kCells> cells, Groups groups);

  /// Must `step` be called at all?
  bool wants_steps() const { return cells_.wants<Group::kReadsFrom>(); }

  void begin() { reads_from_.begin(); }
  /// The thread is about to perform its pending operation.
  void step(ThreadId thread, const Pending& pending) { reads_from_.step(thread, pending); }
  void end(std::span<const Event> events);

  unsigned reads_from_cells_used() const { return reads_from_.cells_used(); }

 private:
  CellWriter cells_;
  std::uint8_t lookers_;                        // a bit for each of those below that is wanted
  std::array<std::uint8_t, 256> interested_{};  // by event kind: of them, those who look at it
  ReadsFromSignals reads_from_;
  ChannelSignals channels_;
  LockSignals locks_;
  CopySignals copies_;
  WorkSignals work_;
};

}  // namespace concertina::fuzzers
