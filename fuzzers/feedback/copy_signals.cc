#include "feedback/copy_signals.h"

#include "base/lock_rank.h"

namespace concertina::fuzzers {
namespace {

// What others may do while a stack is copied, in the order of their cells.
constexpr EventKind kWitnesses[] = {
    EventKind::kSendToBuffer,
    EventKind::kSendToReceiver,
    EventKind::kSendPark,
    EventKind::kReceiveFromBuffer,
    EventKind::kReceiveFromSender,
    EventKind::kReceiveClosed,
    EventKind::kReceivePark,
    EventKind::kClosed,
    EventKind::kCloseWakesReceiver,
    EventKind::kCloseWakesSender,
    EventKind::kNotReady,
    EventKind::kSelectDefault,
    EventKind::kDequeued,
    EventKind::kSpawned,
    EventKind::kStarted,
    EventKind::kParked,
    EventKind::kReadied,
    EventKind::kExited,
    EventKind::kPreempted,
    EventKind::kSyscallEntered,
    EventKind::kSyscallLeft,
    EventKind::kCopyBegin,
    EventKind::kScanBegin,
    EventKind::kScanEnd,
    EventKind::kLockAcquired,
    EventKind::kLockReleased,
};
static_assert(std::size(kWitnesses) == kCopyWitnesses);

constexpr std::uint8_t kNoWitness = 0xff;
constexpr auto kWitnessOrdinals = [] {
  std::array<std::uint8_t, 256> ordinals{};  // a kind is a byte
  ordinals.fill(kNoWitness);
  for (unsigned i = 0; i < kCopyWitnesses; ++i) {
    ordinals[static_cast<std::size_t>(kWitnesses[i])] = static_cast<std::uint8_t>(i);
  }
  return ordinals;
}();

/// Kinds whose field a is a goroutine to whom it is done.
bool names_other(EventKind kind) {
  switch (kind) {
    case EventKind::kSendToReceiver:
    case EventKind::kReceiveFromBuffer:
    case EventKind::kReceiveFromSender:
    case EventKind::kCloseWakesReceiver:
    case EventKind::kCloseWakesSender:
    case EventKind::kReadied:
      return true;
    default:
      return false;
  }
}

// Only the locks about which a copy is: others' pools and queues are taken all the time.
bool is_channel_lock(const Event& e) {
  return e.index == static_cast<unsigned>(LockRank::kChannel) ||
         e.index == static_cast<unsigned>(LockRank::kChannelLeaf);
}

}  // namespace

void CopySignals::begin() {
  active_ = most_copies_ = 0;
  copies_.fill({});
  goroutines_.fill({});
}

void CopySignals::see(const CellWriter& cells, const Event& e) {
  if (e.thread >= kThreads || e.goroutine >= kGoroutines) return;
  Goroutine& g = goroutines_[e.goroutine];
  switch (e.kind) {
    case EventKind::kOpSend:
      return opens(e, OpenOperation::kSend);
    case EventKind::kOpReceive:
      return opens(e, OpenOperation::kReceive);
    case EventKind::kOpClose:
      return opens(e, OpenOperation::kClose);
    case EventKind::kOpSelect:
      return opens(e, OpenOperation::kSelect);
    case EventKind::kDoneSend:
    case EventKind::kDoneReceive:
    case EventKind::kDoneClose:
    case EventKind::kDoneSelect:
      return opens(e, OpenOperation::kNone);
    case EventKind::kParked:
      if (active_ != 0) witness(cells, e);
      g.has_parked = true;
      return;
    case EventKind::kReadied:
      if (active_ != 0) witness(cells, e);
      if (e.a < kGoroutines) goroutines_[e.a].has_parked = false;
      return;
    case EventKind::kCopyBegin:
      if (active_ != 0) witness(cells, e);
      return copy_begins(cells, e);
    case EventKind::kCopyEnd:
      return copy_ends(cells, e);
    default:
      return;
  }
}

void CopySignals::opens(const Event& e, OpenOperation operation) {
  goroutines_[e.goroutine].open = operation;
  goroutines_[e.goroutine].copies = 0;
}

void CopySignals::witness(const CellWriter& cells, const Event& e) const {
  if (e.thread >= kThreads || e.goroutine >= kGoroutines) return;
  const std::uint8_t ordinal = kWitnessOrdinals[static_cast<std::size_t>(e.kind)];
  if (ordinal == kNoWitness) return;
  const bool is_lock = e.kind == EventKind::kLockAcquired || e.kind == EventKind::kLockReleased;
  if (is_lock && !is_channel_lock(e)) return;
  for (unsigned thread = 0; thread < kThreads; ++thread) {
    const Copy& copy = copies_[thread];
    if (!copy.is_active || thread == e.thread) continue;
    const bool to_it =
        e.goroutine == copy.goroutine || (names_other(e.kind) && e.a == copy.goroutine);
    cells.set<Group::kCopy>(meanwhile_cell(copy.copy, ordinal, to_it));
  }
}

void CopySignals::copy_begins(const CellWriter& cells, const Event& e) {
  if (e.index >= kCopyReasons || e.channel >= kCopyLocks) return;
  Copy& copy = copies_[e.thread];
  if (!copy.is_active) ++active_;
  const unsigned kind = e.index * kCopyLocks + e.channel;
  copy = {true, static_cast<std::uint8_t>(e.index), static_cast<std::uint8_t>(kind), e.goroutine};
  Goroutine& g = goroutines_[e.goroutine];
  cells.set<Group::kCopy>(during_cell(kind, g.open, g.has_parked));
  if (g.open != OpenOperation::kNone && ++g.copies > most_copies_) most_copies_ = g.copies;
}

void CopySignals::copy_ends(const CellWriter& cells, const Event& e) {
  Copy& copy = copies_[e.thread];
  if (!copy.is_active) return;
  cells.set<Group::kCopy>(copy_status_cell(copy.reason, e.index));
  copy.is_active = false;
  --active_;
}

}  // namespace concertina::fuzzers
