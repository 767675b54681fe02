// ScanQueue: what the scanners are asked to do. Bounded; many post, some take.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "platform/stack_action.h"
#include "platform/threads/futex.h"

namespace concertina::threaded {

class Run;
struct Thread;

class ScanQueue {
 public:
  /// Dropped when kRequestsMax are waiting.
  void post(Run& run, const ScanRequest& request);
  /// Waits for a request. With `period_ns`, one for all goroutines comes about that often by
  /// itself: shrink and move in turns.
  ScanRequest take(Thread& scanner, std::uint64_t period_ns);
  bool has_request();

 private:
  static constexpr unsigned kRequestsMax = 32;
  /// False when there is none; then the scanner counts as asleep.
  bool take_posted(Run& run, ScanRequest& request, bool& is_asleep);
  /// mutex_ is held. The scanner, which counted as asleep, is awake; its poster may have said so.
  void count_as_awake(Run& run, bool& is_asleep);

  std::mutex mutex_;  // never held across anything that may leave
  std::array<ScanRequest, kRequestsMax> requests_{};
  unsigned head_ = 0, tail_ = 0;  // guarded by mutex_
  // Guarded by mutex_: scanners that called Run::falls_asleep, and those of them for which a poster
  // has called Run::woke since.
  unsigned asleep_ = 0, woken_ = 0;
  FutexWord posted_{0};
  bool moves_next_ = false;  // guarded by mutex_
};

}  // namespace concertina::threaded
