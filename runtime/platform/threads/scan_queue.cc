#include "platform/threads/scan_queue.h"

#include "platform/threads/run.h"

namespace concertina::threaded {

void ScanQueue::post(const ScanRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    if (tail_ - head_ == kRequestsMax) return;
    requests_[tail_++ % kRequestsMax] = request;
  }
  // After the request is there: a scanner that slept on the old number finds it.
  posted_.fetch_add(1, std::memory_order_release);
  futex_wake(posted_, 1);
}

bool ScanQueue::take_posted(ScanRequest& request) {
  const std::lock_guard lock(mutex_);
  if (head_ == tail_) return false;
  request = requests_[head_++ % kRequestsMax];
  return true;
}

ScanRequest ScanQueue::take(Thread& scanner, std::uint64_t period_ns) {
  const std::uint64_t due = period_ns == 0 ? kForEver : monotonic_ns() + period_ns;
  for (;;) {
    // Before the look: a post after the look changes it, and the wait returns at once.
    const std::uint32_t seen = posted_.load(std::memory_order_acquire);
    ScanRequest request;
    if (take_posted(request)) return request;
    if (due == kForEver) {
      scanner.wait_while(posted_, seen, kForEver);
      continue;
    }
    const std::uint64_t now = monotonic_ns();
    if (now >= due) {
      moves_next_ = !moves_next_;
      return {kAnyPath, moves_next_};
    }
    scanner.wait_while(posted_, seen, due - now);
  }
}

}  // namespace concertina::threaded
