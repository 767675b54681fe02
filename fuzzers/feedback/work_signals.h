// WorkSignals: group sched, and how long run queues become.
#pragma once

#include <array>

#include "base/event.h"
#include "feedback/cell_writer.h"

namespace concertina::fuzzers {

class WorkSignals {
 public:
  void begin() { *this = {}; }
  void see(const CellWriter& cells, const Event& e);
  void end(const CellWriter& cells) {
    cells.set_maximum(Maximum::kLocalQueue, longest_local_);
    cells.set_maximum(Maximum::kGlobalQueue, longest_global_);
  }

 private:
  static constexpr unsigned kThreads = 16;                    // virtual threads of a run
  static constexpr unsigned kGlobalQueue = kProcessorsLimit;  // event.def
  static constexpr unsigned kQueues = kProcessorsLimit + 1;

  void change(const CellWriter& cells, const Event& e, WorkChange change);
  void apply(const Event& e, WorkChange change);
  void looks(ThreadId thread, bool looks);
  static void take_from(unsigned& count) {  // a broken runtime may take what is not there
    if (count != 0) --count;
  }

  std::array<unsigned, kQueues> queues_{};
  std::array<bool, kThreads> is_looking_{};  // threads that have not settled
  unsigned looking_ = 0;
  unsigned runnable_ = 0;  // goroutines in queues
  unsigned idle_processors_ = 0;
  unsigned called_ = 0;  // machines that have not begun
  unsigned longest_local_ = 0;
  unsigned longest_global_ = 0;
};

}  // namespace concertina::fuzzers
