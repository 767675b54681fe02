// Programs with the stack scanner, which is virtual thread 1 of every such run.
#pragma once

#include "scan/scanner.h"
#include "sched/testing.h"

namespace concertina::test {

inline constexpr ThreadId kScannerThread = 1;

inline RunSetup with_scanner(RunSetup setup = {}) {
  setup.before = [before = setup.before](Runtime& runtime) {
    start_scanner(runtime);
    if (before) before(runtime);
  };
  return setup;
}

/// Has the scanner begun to act since event `from`?
inline bool scanner_has_begun(std::size_t from) {
  const auto& events = shared_world().events();
  for (std::size_t i = from; i < events.size(); ++i) {
    if (events[i].thread == kScannerThread && events[i].kind == EventKind::kLockAcquired)
      return true;
  }
  return false;
}

/// Asks for a scan and passes safe points until it is over. For choosers that let the scanner
/// run meanwhile.
inline Op scan_and_wait(bool move = false, SpawnPath path = kAnyPath) {
  Op op = [=](Machine&, Goroutine& g) {
    task_frame(g).value = shared_world().events().size();
    platform::post_scan_request({path, move});
  };
  op.append([](Machine& m, Goroutine& g) {
    bool is_over = false;
    if (scanner_has_begun(task_frame(g).value)) {
      m.runtime->lock.lock(Site::kSchedulerLock);
      is_over = m.runtime->busy_scanners == 0;
      m.runtime->lock.unlock(Site::kSchedulerUnlock);
    }
    if (!is_over) --g.top().resume;
    return Action::kBackEdge;
  });
  return op;
}

}  // namespace concertina::test
