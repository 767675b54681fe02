// The slow side of the status gate: suspenders, and waiting for one.
#include "stack/goroutine.h"

namespace concertina::inline CONCERTINA_PLATFORM {

void wait_for_scan(Goroutine& g, Status from, Status seen) {
  require((seen & ~kScan) == from, "goroutine status",
          "not the status that the transition starts from");
  platform::record(event::StatusHeld{.goroutine = g.id, .status = from});
  platform::spin_until(
      g.status, [](Status s) { return (s & kScan) == 0; }, Site::kStatusWaitForScan);
}

bool cas_from_preempted(Goroutine& g, Site site) {
  Status seen = kPreempted;
  return g.status.compare_exchange(seen, kWaiting, site);
}

bool cas_to_scan(Goroutine& g, Status from, Site site) {
  require((from & kScan) == 0 && from != kDead && from != kIdle && from != kCopyStack,
          "goroutine status", "this status cannot be scanned");
  Status seen = from;
  if (!g.status.freeze_as(scan_rank(from), seen, from | kScan, site)) return false;
  require(g.status.inspect() == (from | kScan), "goroutine status",
          "somebody changed it while a suspender holds the scan bit");
  return true;
}

void cas_from_scan(Goroutine& g, Status to, Site site) {
  require((to & kScan) == 0, "goroutine status", "the scan bit is given back and kept");
  Status seen = to | kScan;
  require(g.status.thaw_as(scan_rank(to), seen, to, site), "goroutine status",
          "the suspender lost its scan bit");
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
