#include "stress/figures.h"

#include <iterator>

namespace concertina::stress {

namespace {

// What is counted, in the order of Counter's kinds; copies are the sum of some of it.
constexpr std::uint64_t Figures::* kFields[] = {
    &Figures::goroutines, &Figures::operations,    &Figures::growths,     &Figures::shrinks,
    &Figures::moves,      &Figures::copies_locked, &Figures::copies_held, &Figures::scans,
    &Figures::blocked,    &Figures::preempted};

}  // namespace

Figures& Figures::operator+=(const Figures& other) {
  for (const auto field : kFields) this->*field += other.*field;
  copies += other.copies;
  return *this;
}

void Counter::count(ThreadId thread, Kind kind, std::uint64_t by) {
  // Only this thread writes the slot: no read-modify-write is needed.
  std::atomic<std::uint64_t>& slot = slots_[thread].counts[kind];
  slot.store(slot.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

void Counter::count_copy(ThreadId thread, const event::CopyBegin& copy) {
  count(thread, copy.reason == CopyReason::kGrow     ? kGrowths
                : copy.reason == CopyReason::kShrink ? kShrinks
                                                     : kMoves);
  if (copy.locks == CopyLocks::kTaken) count(thread, kLocked);
  if (copy.locks == CopyLocks::kHeld) count(thread, kHeld);
}

void Counter::seen(const Event& event, ThreadId thread) {
  switch (event.kind) {
    case EventKind::kStarted:
      return count(thread, kGoroutines);
    case EventKind::kSendToReceiver:  // both ends are done
    case EventKind::kReceiveFromSender:
      return count(thread, kOperations, 2);
    case EventKind::kReceiveFromBuffer:  // and that of the sender whose element took the slot
      return count(thread, kOperations, partner_of(event).goroutine != kNoGoroutine ? 2 : 1);
    case EventKind::kSendToBuffer:
    case EventKind::kReceiveClosed:
    case EventKind::kCloseWakesReceiver:
    case EventKind::kCloseWakesSender:
    case EventKind::kClosed:
      return count(thread, kOperations);
    case EventKind::kCopyBegin:
      return count_copy(thread, as<event::CopyBegin>(event));
    case EventKind::kScanBegin:
      return count(thread, kScans);
    case EventKind::kParked:
      return count(thread, kBlocked);
    case EventKind::kPreempted:
      return count(thread, kPreempted, as<event::Preempted>(event).for_scanner ? 0 : 1);
    default:
      return;
  }
}

std::uint64_t Counter::total(Kind kind) const {
  std::uint64_t sum = 0;
  for (const Slot& slot : slots_) sum += slot.counts[kind].load(std::memory_order_relaxed);
  return sum;
}

Figures Counter::sum() const {
  static_assert(std::size(kFields) == kKinds);
  Figures figures;
  for (unsigned kind = 0; kind < kKinds; ++kind) figures.*kFields[kind] = total(Kind{kind});
  figures.copies = figures.growths + figures.shrinks + figures.moves;
  return figures;
}

std::uint64_t Counter::progress() const {
  return total(kGoroutines) + total(kOperations) + total(kBlocked);
}

}  // namespace concertina::stress
