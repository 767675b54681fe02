#include "feedback/work_signals.h"

namespace concertina::fuzzers {

void WorkSignals::see(const CellWriter& cells, const Event& e) {
  switch (e.kind) {
    case EventKind::kQueued:
      return change(cells, e, WorkChange::kQueued);
    case EventKind::kUnqueued:
      return change(cells, e, WorkChange::kUnqueued);
    case EventKind::kQueueSeenEmpty:
      return change(cells, e, WorkChange::kQueueSeenEmpty);
    case EventKind::kProcessorIdle:
      return change(cells, e, WorkChange::kProcessorIdle);
    case EventKind::kProcessorTaken:
      return change(cells, e, WorkChange::kProcessorTaken);
    case EventKind::kMachineCalled:
      return change(cells, e, WorkChange::kMachineCalled);
    case EventKind::kMachineBegins:
      return change(cells, e, WorkChange::kMachineBegins);
    case EventKind::kMachineSleeps:
      return change(cells, e, WorkChange::kMachineSleeps);
    case EventKind::kSettled:
      return change(cells, e, WorkChange::kSettled);
    case EventKind::kParked:
    case EventKind::kExited:
    case EventKind::kPreempted:
    case EventKind::kSyscallEntered:
      return looks(e.thread, true);  // its goroutine stopped running
    default:
      return;
  }
}

// The cell is the state after the change.
void WorkSignals::change(const CellWriter& cells, const Event& e, WorkChange change) {
  apply(e, change);
  cells.set<Group::kScheduler>(
      scheduler_cell(change, idle_processors_, runnable_, looking_, called_));
}

void WorkSignals::apply(const Event& e, WorkChange change) {
  switch (change) {
    case WorkChange::kQueued: {
      looks(e.thread, true);
      if (e.index >= kQueues) return;
      ++runnable_;
      const unsigned length = ++queues_[e.index];
      unsigned& longest = e.index == kGlobalQueue ? longest_global_ : longest_local_;
      if (length > longest) longest = length;
      return;
    }
    case WorkChange::kUnqueued:
      looks(e.thread, true);
      if (e.index >= kQueues) return;
      take_from(queues_[e.index]);
      return take_from(runnable_);
    case WorkChange::kProcessorIdle:
      ++idle_processors_;
      return;
    case WorkChange::kProcessorTaken:
      return take_from(idle_processors_);
    case WorkChange::kMachineCalled:
      ++called_;
      return;
    case WorkChange::kMachineBegins:
      take_from(called_);
      return looks(e.thread, true);
    case WorkChange::kMachineSleeps:
    case WorkChange::kSettled:
      return looks(e.thread, false);
    case WorkChange::kQueueSeenEmpty:
    case WorkChange::kCount:
      return;
  }
}

void WorkSignals::looks(ThreadId thread, bool looks) {
  if (thread >= kThreads) return;
  looking_ += static_cast<unsigned>(looks) - static_cast<unsigned>(is_looking_[thread]);
  is_looking_[thread] = looks;
}

}  // namespace concertina::fuzzers
