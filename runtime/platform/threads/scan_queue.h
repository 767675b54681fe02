// ScanQueue: what the scanner is asked to do. Bounded; many post, one takes.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "platform/stack_action.h"
#include "platform/threads/futex.h"

namespace concertina::threaded {

struct Thread;

class ScanQueue {
 public:
  /// Dropped when kRequestsMax are waiting.
  void post(const ScanRequest& request);
  /// Waits for a request. With `period_ns`, one for all goroutines comes about that often by
  /// itself: shrink and move in turns.
  ScanRequest take(Thread& scanner, std::uint64_t period_ns);

 private:
  static constexpr unsigned kRequestsMax = 32;
  bool take_posted(ScanRequest& request);

  std::mutex mutex_;  // never held across anything that may leave
  std::array<ScanRequest, kRequestsMax> requests_{};
  unsigned head_ = 0, tail_ = 0;  // guarded by mutex_
  FutexWord posted_{0};
  bool moves_next_ = false;  // the scanner's
};

}  // namespace concertina::threaded
