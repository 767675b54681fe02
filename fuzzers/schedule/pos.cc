#include "schedule/pos.h"

namespace concertina::fuzzers {

void Pos::reset(const Schedule& schedule) {
  priorities_.reset(schedule.seed);
  draws_ = Random(priorities_.random().next());
}

void Pos::started(ThreadId thread) { priorities_.started(thread); }

ThreadId Pos::pick(ThreadMask enabled, ThreadId, const Pending* pending) {
  priorities_.catch_up(pending);
  return priorities_.highest(enabled);
}

void Pos::executing(ThreadId thread, const Pending* pending) {
  priorities_.catch_up(pending);
  priorities_.executed(thread, pending[thread]);
}

}  // namespace concertina::fuzzers
