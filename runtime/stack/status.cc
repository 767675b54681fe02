// The slow side of the status gate: suspenders, and waiting for one.
#include "stack/goroutine.h"

namespace concertina::inline CONCERTINA_PLATFORM {

void wait_for_scan(Goroutine& g, Status from, Status seen) {
  require((seen & ~kScan) == from, "goroutine status",
          "not the status that the transition starts from");
  platform::spin_until(
      g.status, [](Status s) { return (s & kScan) == 0; }, Site::kStatusWaitForScan);
}

bool cas_to_scan(Goroutine& g, Status from, Site site) {
  require((from & kScan) == 0 && from != kDead && from != kIdle, "goroutine status",
          "this status cannot be scanned");
  Status seen = from;
  return g.status.freeze(seen, from | kScan, site);
}

void cas_from_scan(Goroutine& g, Status to, Site site) {
  Status seen = to | kScan;
  require(g.status.compare_exchange(seen, to, site), "goroutine status",
          "the suspender lost its scan bit");
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
