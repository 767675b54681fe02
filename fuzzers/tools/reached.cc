#include "tools/reached.h"

#include <array>
#include <vector>

#include "base/event.h"
#include "base/limits.h"

namespace concertina::fuzzers {
namespace {

/// What a goroutine is in the middle of, as far as its events tell.
struct Doing {
  EventKind operation = EventKind::kCount;  // as it was asked for; kCount for none
  unsigned sudogs = 0;                      // it has queued and not taken off
  bool owes_ready = false;                  // it has taken a partner off a channel
  CopyReason copy{};                        // of its stack, the latest
  bool is_copied = false;                   // is that going on?
  bool left_syscall = false;                // and has not been at a safe point since
  bool is_parking = false;                  // with the locks of its channels held
  int assists_on = -1;                      // the thread on which it suspends others, or has
  bool has_assisted = false;                // and has not begun another operation since
  bool in_select() const { return operation == EventKind::kOpSelect; }
};

void see_copy(const event::CopyBegin& copy, const Doing& doing, Features& features) {
  features[kGrows] |= copy.reason == CopyReason::kGrow;
  features[kCopiesUnderLocks] |= copy.locks == CopyLocks::kHeld;
  if (copy.reason == CopyReason::kGrow) return;
  features[kMoves] = true;
  if (copy.locks != CopyLocks::kTaken || doing.sudogs == 0) return;
  features[doing.in_select() ? kCopiesBlockedInSelect : kCopiesBlockedOnOne] = true;
  features[kCopiesBlockedOnMany] |= doing.sudogs > 1;
  if (copy.reason != CopyReason::kShrink) return;
  features[doing.in_select() ? kShrinksBlockedInSelect : kShrinksBlockedOnOne] = true;
}

// In the status in which the machine of a stack copies it, its own goroutine does.
void see_end_of_copy(const event::CopyEnd& copy, const Doing& doing, Features& features) {
  if (doing.copy != CopyReason::kShrink || copy.status != kCopyStack) return;
  features[kShrinksItself] = true;
  features[kAssistShrinks] |= doing.has_assisted;
  features[kShrinksItselfInside] |= doing.operation != EventKind::kCount;
}

// A frame that has been stopped before its first step has not begun yet.
void see_stop(const event::Preempted& stop, const Doing& doing, Features& features) {
  features[kInterrupts] |= stop.is_async;
  if (!stop.for_scanner && !stop.is_async) {
    features[kSlicesEnd] = true;
    features[doing.operation != EventKind::kCount ? kPreemptsOperation : kPreemptsBetween] = true;
  }
  if (stop.resume == 0) return;
  features[kStopsInSend] |= stop.function == FunctionId::kChanSend;
  features[kStopsInReceive] |= stop.function == FunctionId::kChanReceive;
  features[kStopsInSelect] |= stop.function == FunctionId::kSelect;
  features[kStopsInWokenSelect] |= stop.function == FunctionId::kSelect && doing.sudogs > 1;
  features[kStopsInClose] |= stop.function == FunctionId::kCloseChannel;
  features[kStopsBeforeReady] |= doing.owes_ready && stop.function != FunctionId::kCloseChannel;
}

/// A processor's queue as its events tell.
struct Ring {
  unsigned size = 0;
  GoroutineId next = kNoGoroutine;  // beside the ring
};

/// Goroutines that one thread takes off a ring in one step.
struct Taken {
  QueueId queue = 0;
  std::uint32_t step = 0;
  unsigned ring = 0;  // how many were in the ring before
  unsigned count = 0;
  GoroutineId latest = kNoGoroutine;
};

/// A thief takes half of what it has seen, rounded up. Where that is not half of what is there, the
/// owner has put one since the thief looked. (Some such thefts do not show it.)
class Thefts {
 public:
  /// True when the event shows such a theft.
  bool see(const Event& event) {
    if (event.kind == EventKind::kQueued) {
      const auto& queued = as<event::Queued>(event);
      if (queued.queue >= kProcessorsLimit) return false;
      if (queued.runs_next) {
        rings_[queued.queue].next = event.goroutine;
      } else {
        ++rings_[queued.queue].size;
      }
    } else if (event.kind == EventKind::kUnqueued) {
      take(event, as<event::Unqueued>(event).queue);
    } else if (event.kind == EventKind::kSettled) {
      return settle(event, as<event::Settled>(event).server);
    }
    return false;
  }

 private:
  Taken& taken_by(ThreadId thread) {
    if (thread >= taken_.size()) taken_.resize(thread + 1);
    return taken_[thread];
  }
  void take(const Event& event, QueueId queue) {
    if (queue >= kProcessorsLimit) return;
    Ring& ring = rings_[queue];
    if (ring.next == event.goroutine) {
      ring.next = kNoGoroutine;
      return;
    }
    Taken& taken = taken_by(event.thread);
    if (taken.step != event.step || taken.queue != queue || taken.count == 0) {
      taken = {.queue = queue, .step = event.step, .ring = ring.size};
    }
    ++taken.count;
    taken.latest = event.goroutine;
    if (ring.size > 0) --ring.size;
  }
  // The thread runs what it took last: with another processor than that of the queue it has stolen.
  bool settle(const Event& event, unsigned server) {
    Taken& taken = taken_by(event.thread);
    const bool is_theft = taken.count != 0 && taken.latest == event.goroutine && server != 0 &&
                          server - 1 != taken.queue;
    const bool is_beside_put = is_theft && taken.count != taken.ring - taken.ring / 2;
    taken.count = 0;
    return is_beside_put;
  }

  std::array<Ring, kProcessorsLimit> rings_;
  std::vector<Taken> taken_;  // by thread
};

/// What pages have been.
class Pages {
 public:
  void see(const Event& event, Features& features) {
    if (event.kind == EventKind::kSpanTaken) {
      taken(as<event::SpanTaken>(event), features);
    } else if (event.kind == EventKind::kStackAllocated) {
      allocated(as<event::StackAllocated>(event), features);
    } else if (event.kind == EventKind::kSpanFreed) {
      const auto freed = as<event::SpanFreed>(event);
      // The last scan's end and what leaves with it are one critical section.
      features[kSpansKeptBack] |= freed.use == SpanUse::kStacks && event.thread == ended_by_;
    } else if (event.kind == EventKind::kCacheFlushed) {
      features[kCachesFlushed] |= as<event::CacheFlushed>(event).stacks != 0;
    } else if (event.kind == EventKind::kCycleEnd) {
      ended_by_ = event.thread;
      has_scanned_ = true;
    } else if (event.kind == EventKind::kLockReleased &&
               as<event::LockReleased>(event).rank == LockRank::kStackPool) {
      ended_by_ = kNobody;
    }
  }

 private:
  static constexpr int kNobody = -1;
  static constexpr std::uint32_t kPagesMax = 1 << 16;

  void taken(const event::SpanTaken& span, Features& features) {
    if (span.page >= kPagesMax || span.pages > kPagesMax) return;
    const std::size_t end = span.page + span.pages;
    if (end > pages_.size()) pages_.resize(end);
    pages_[span.page].span_pages = span.pages;
    if (span.use != SpanUse::kObjects) return;
    for (std::size_t i = span.page; i < end; ++i) {
      features[kStackBecomesObjects] |= pages_[i].stack_bytes != 0;
    }
  }

  void allocated(const event::StackAllocated& stack, Features& features) {
    if (stack.goroutine >= has_begun_.size()) has_begun_.resize(stack.goroutine + 1);
    features[kStartsLarge] |=
        !has_begun_[stack.goroutine] && has_scanned_ && stack.bytes > kStackMin;
    has_begun_[stack.goroutine] = true;
    if (stack.page >= pages_.size()) return;
    const std::size_t end = stack.page + pages_[stack.page].span_pages;
    for (std::size_t i = stack.page; i < end && i < pages_.size(); ++i) {
      std::uint32_t& bytes = pages_[i].stack_bytes;
      features[kStackBecomesOther] |= bytes != 0 && bytes != stack.bytes;
      bytes = stack.bytes;
    }
  }

  struct Page {
    std::uint32_t span_pages = 0;   // of the span that began here last
    std::uint32_t stack_bytes = 0;  // of the latest stack in its span
  };
  std::vector<Page> pages_;
  std::vector<bool> has_begun_;  // goroutines, with a stack
  bool has_scanned_ = false;
  int ended_by_ = kNobody;
};

// Those of requests, and of system calls.
void see_request(const Event& event, Doing& doing, Features& features) {
  switch (event.kind) {
    case EventKind::kAskedAgain:
      features[kRequestsPutOff] |= as<event::AskedAgain>(event).was_put_off;
      features[kRequestsWipedOut] |= doing.is_copied;
      features[kRequestsInSyscall] |= doing.left_syscall;
      break;
    case EventKind::kSyscallLeft:
      doing.left_syscall = true;
      break;
    case EventKind::kAnswered:
      doing.left_syscall = false;
      break;
    default:
      break;
  }
}

// Those of suspenders.
void see_suspension(const Event& event, Doing& doing, Features& features) {
  switch (event.kind) {
    case EventKind::kStatusHeld:
      if (as<event::StatusHeld>(event).status != kRunning) break;
      features[kRunningIsHeld] = true;
      features[kParkingIsHeld] |= doing.is_parking;
      break;
    case EventKind::kAssistBegin:
      features[kAssists] = true;
      doing.assists_on = event.thread;
      break;
    case EventKind::kAssistEnd:
      doing.assists_on = -1;
      doing.has_assisted = true;
      break;
    case EventKind::kScanBegin:
      features[kAssistIsScanned] |= doing.assists_on >= 0 && doing.assists_on != event.thread;
      break;
    default:
      break;
  }
}

void see_event(const Event& event, std::vector<Doing>& goroutines, Features& features) {
  if (event.goroutine >= goroutines.size()) goroutines.resize(event.goroutine + 1);
  Doing& doing = goroutines[event.goroutine];
  see_request(event, doing, features);
  see_suspension(event, doing, features);
  if (partner_of(event).goroutine != kNoGoroutine) doing.owes_ready = true;
  switch (event.kind) {
    case EventKind::kOpSend:
    case EventKind::kOpReceive:
    case EventKind::kOpSelect:
    case EventKind::kOpClose:
      doing = {.operation = event.kind};
      break;
    case EventKind::kSendPark:
    case EventKind::kReceivePark:
      ++doing.sudogs;
      break;
    case EventKind::kDequeued:
      if (doing.sudogs > 0) --doing.sudogs;
      break;
    case EventKind::kReadied:
      doing.owes_ready = false;
      break;
    case EventKind::kPreempted:
      see_stop(as<event::Preempted>(event), doing, features);
      break;
    case EventKind::kDoneSend:
    case EventKind::kDoneReceive:
    case EventKind::kDoneSelect:
    case EventKind::kDoneClose:
      doing = {};
      break;
    case EventKind::kParked:
      features[kBlocks] = true;
      doing.is_parking = doing.sudogs > 0;
      break;
    case EventKind::kLockReleased:  // the first of those that are held since
      doing.is_parking = false;
      break;
    case EventKind::kCloseWakesReceiver:
    case EventKind::kCloseWakesSender:
      features[kClosesUnderWaiters] = true;
      break;
    case EventKind::kCopyBegin:
      doing.copy = as<event::CopyBegin>(event).reason;
      doing.is_copied = true;
      see_copy(as<event::CopyBegin>(event), doing, features);
      break;
    case EventKind::kCopyEnd:
      doing.is_copied = false;
      see_end_of_copy(as<event::CopyEnd>(event), doing, features);
      break;
    default:
      break;
  }
}

}  // namespace

Features features_of(const Input& input, const Trace& trace) {
  Features features{};
  std::vector<Doing> goroutines;
  Thefts thefts;
  Pages pages;
  unsigned held_by_scanners = 0;
  for (const Event& event : trace.events) {
    see_event(event, goroutines, features);
    features[kStealsBesidePut] |= thefts.see(event);
    pages.see(event, features);
    if (event.kind == EventKind::kScanBegin) features[kTwoScans] |= ++held_by_scanners == 2;
    if (event.kind == EventKind::kScanEnd) --held_by_scanners;
  }
  features[kStartsLarge] = features[kStartsLarge] && input.schedule.adaptive_start;
  features[kDeadlocks] = trace.outcome == Outcome::kDeadlock;
  features[kPanics] = trace.outcome == Outcome::kPanic;
  features[kRunsOut] = trace.outcome == Outcome::kBudget;
  features[kFails] = judge(input, trace).failed();
  return features;
}

}  // namespace concertina::fuzzers
