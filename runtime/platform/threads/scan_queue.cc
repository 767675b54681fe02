#include "platform/threads/scan_queue.h"

#include "base/check.h"
#include "platform/threads/run.h"

namespace concertina::threaded {

void ScanQueue::count_as_awake(Run& run, bool& is_asleep) {
  if (!is_asleep) return;
  is_asleep = false;
  --asleep_;
  if (woken_ != 0) {
    --woken_;
  } else {
    run.woke();
  }
}

bool ScanQueue::has_request() {
  const std::lock_guard lock(mutex_);
  return head_ != tail_;
}

void ScanQueue::post(Run& run, const ScanRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    if (tail_ - head_ == kRequestsMax) return;
    requests_[tail_++ % kRequestsMax] = request;
    CHECK(tail_ - head_ <= kRequestsMax, "no request is overwritten");
    if (woken_ < asleep_) {
      ++woken_;
      run.woke();
    }
  }
  // After the request is there: a scanner that slept on the old number finds it.
  posted_.fetch_add(1, std::memory_order_release);
  futex_wake(posted_, 1);
}

bool ScanQueue::take_posted(Run& run, ScanRequest& request, bool& is_asleep) {
  const std::lock_guard lock(mutex_);
  if (head_ == tail_) {
    if (!is_asleep) {
      is_asleep = true;
      ++asleep_;
      run.falls_asleep();
    } else if (woken_ != 0) {  // for a request that another scanner has taken
      --woken_;
      run.falls_asleep();
    }
    return false;
  }
  count_as_awake(run, is_asleep);
  request = requests_[head_++ % kRequestsMax];
  return true;
}

// The alarm of `period_ns` does not make it awake: in a run in which all others sleep it would find
// nothing to do for ever.
ScanRequest ScanQueue::take(Thread& scanner, std::uint64_t period_ns) {
  const std::uint64_t due = period_ns == 0 ? kForEver : monotonic_ns() + period_ns;
  bool is_asleep = false;
  for (;;) {
    // Before the look: a post after the look changes it, and the wait returns at once.
    const std::uint32_t seen = posted_.load(std::memory_order_acquire);
    ScanRequest request;
    if (take_posted(*scanner.run, request, is_asleep)) return request;
    if (due == kForEver) {
      scanner.wait_while(posted_, seen, kForEver);
      continue;
    }
    const std::uint64_t now = monotonic_ns();
    if (now >= due) {
      const std::lock_guard lock(mutex_);
      count_as_awake(*scanner.run, is_asleep);
      moves_next_ = !moves_next_;
      return {kAnyPath, moves_next_};
    }
    scanner.wait_while(posted_, seen, due - now);
  }
}

}  // namespace concertina::threaded
