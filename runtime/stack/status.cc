// The status gate: the one place where a goroutine's status changes.
#include "stack/goroutine.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

// From \ to     Idle Runnable Running Syscall Waiting Dead CopyStack Preempted
// Idle           -      x       -       -       -      -      -         -
// Runnable       -      -       x       -       -      -      -         -
// Running        -      x       -       x       x      x      x         x
// Syscall        -      -       x       -       -      -      -         -
// Waiting        -      x       -       -       -      -      -         -
// Dead           x      -       -       -       -      -      -         -
// CopyStack      -      -       x       -       -      -      -         -
// Preempted      -      -       -       -       x      -      -         -
bool is_legal(Status from, Status to) {
  switch (from) {
    case kIdle:
      return to == kRunnable;
    case kRunnable:
      return to == kRunning;
    case kRunning:
      return to == kRunnable || to == kSyscall || to == kWaiting || to == kDead ||
             to == kCopyStack || to == kPreempted;
    case kSyscall:
      return to == kRunning;
    case kWaiting:
      return to == kRunnable;
    case kDead:  // for another life
      return to == kIdle;
    case kCopyStack:
      return to == kRunning;
    case kPreempted:
      return to == kWaiting;
    default:
      return false;
  }
}

}  // namespace

void cas_status(Goroutine& g, Status from, Status to, Site site) {
  require(is_legal(from, to), "goroutine status", "an edge that the status table forbids");
  Status seen = from;
  // A suspender puts its scan bit on what is not running and not copied: there its owner is alone.
  if (from == kRunning || from == kCopyStack) {
    require(g.status.update_mine(seen, to, site), "goroutine status",
            "not the status that the transition starts from");
    return;
  }
  while (!g.status.compare_exchange(seen, to, site)) {
    require((seen & ~kScan) == from, "goroutine status",
            "not the status that the transition starts from");
    // The suspender holds kScan: wait until it is taken off, then try again.
    platform::spin_until(
        g.status, [](Status s) { return (s & kScan) == 0; }, Site::kStatusWaitForScan);
    seen = from;
  }
}

bool cas_to_scan(Goroutine& g, Status from, Site site) {
  require((from & kScan) == 0 && from != kDead && from != kIdle, "goroutine status",
          "this status cannot be scanned");
  Status seen = from;
  return g.status.compare_exchange(seen, from | kScan, site);
}

void cas_from_scan(Goroutine& g, Status to, Site site) {
  Status seen = to | kScan;
  require(g.status.compare_exchange(seen, to, site), "goroutine status",
          "the suspender lost its scan bit");
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
