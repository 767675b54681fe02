#include "feedback/signals.h"

namespace concertina::fuzzers {
namespace {

// Who looks at an event. Witnesses of copies look only while there are copies.
enum Looker : std::uint8_t {
  kChannelsLook = 1,
  kLocksLook = 2,
  kCopiesLook = 4,
  kWitnessesLook = 8,
  kWorkLooks = 16
};

/// Who looks at events of that kind, when all groups are wanted.
constexpr std::uint8_t looks_at(EventKind kind) {
  switch (kind) {
    case EventKind::kOpSend:
    case EventKind::kOpReceive:
    case EventKind::kOpClose:
    case EventKind::kOpSelect:
    case EventKind::kDoneSelect:
      return kChannelsLook | kCopiesLook;
    case EventKind::kChannelMade:
    case EventKind::kOpSelectCase:
      return kChannelsLook;
    case EventKind::kSendToBuffer:
    case EventKind::kSendToReceiver:
    case EventKind::kSendPark:
    case EventKind::kReceiveFromBuffer:
    case EventKind::kReceiveFromSender:
    case EventKind::kReceiveClosed:
    case EventKind::kReceivePark:
    case EventKind::kClosed:
    case EventKind::kCloseWakesReceiver:
    case EventKind::kCloseWakesSender:
    case EventKind::kNotReady:
    case EventKind::kSelectDefault:
      return kChannelsLook | kWitnessesLook;
    case EventKind::kLockAcquired:
    case EventKind::kLockReleased:
      return kLocksLook | kWitnessesLook;
    case EventKind::kCopyBegin:
    case EventKind::kCopyEnd:
      return kLocksLook | kCopiesLook;
    case EventKind::kParked:
      return kCopiesLook | kWorkLooks;
    case EventKind::kDoneSend:
    case EventKind::kDoneReceive:
    case EventKind::kDoneClose:
    case EventKind::kReadied:
      return kCopiesLook;
    case EventKind::kExited:
    case EventKind::kPreempted:
    case EventKind::kSyscallEntered:
      return kWitnessesLook | kWorkLooks;
    case EventKind::kDequeued:
    case EventKind::kSpawned:
    case EventKind::kStarted:
    case EventKind::kSyscallLeft:
    case EventKind::kScanBegin:
    case EventKind::kScanEnd:
      return kWitnessesLook;
    case EventKind::kQueued:
    case EventKind::kUnqueued:
    case EventKind::kQueueSeenEmpty:
    case EventKind::kProcessorIdle:
    case EventKind::kProcessorTaken:
    case EventKind::kMachineCalled:
    case EventKind::kMachineBegins:
    case EventKind::kMachineSleeps:
    case EventKind::kSettled:
      return kWorkLooks;
    default:
      return 0;
  }
}

constexpr std::uint8_t lookers_of(Groups groups) {
  if (groups.has(Group::kMaxima)) {  // each of them has some
    return kChannelsLook | kLocksLook | kCopiesLook | kWitnessesLook | kWorkLooks;
  }
  unsigned lookers = 0;
  if (groups.has(Group::kChannel) || groups.has(Group::kSelect)) lookers |= kChannelsLook;
  if (groups.has(Group::kLock)) lookers |= kLocksLook;
  if (groups.has(Group::kCopy)) lookers |= kCopiesLook | kWitnessesLook;
  if (groups.has(Group::kScheduler)) lookers |= kWorkLooks;
  return static_cast<std::uint8_t>(lookers);
}

}  // namespace

Signals::Signals(std::span<std::uint8_t, kCells> cells, Groups groups)
    : cells_(cells, groups), lookers_(lookers_of(groups)) {
  for (unsigned kind = 0; kind < static_cast<unsigned>(EventKind::kCount); ++kind) {
    interested_[kind] = looks_at(static_cast<EventKind>(kind)) & lookers_;
  }
}

void Signals::end(std::span<const Event> events) {
  if (wants_steps()) reads_from_.end(cells_);
  if (lookers_ == 0) return;
  if ((lookers_ & kChannelsLook) != 0) channels_.begin();
  if ((lookers_ & kLocksLook) != 0) locks_.begin();
  if ((lookers_ & kCopiesLook) != 0) copies_.begin();
  if ((lookers_ & kWorkLooks) != 0) work_.begin();
  for (const Event& e : events) {
    const std::uint8_t who = interested_[static_cast<std::size_t>(e.kind)];
    if ((who & kLocksLook) != 0) locks_.see(e);
    if ((who & kChannelsLook) != 0) channels_.see(cells_, e);
    if ((who & kWorkLooks) != 0) work_.see(cells_, e);
    if ((who & kWitnessesLook) != 0 && copies_.are_active()) copies_.witness(cells_, e);
    if ((who & kCopiesLook) != 0) copies_.see(cells_, e);
  }
  // Those that did not look have nothing to say.
  if ((lookers_ & kChannelsLook) != 0) channels_.end(cells_);
  if ((lookers_ & kLocksLook) != 0) locks_.end(cells_);
  if ((lookers_ & kCopiesLook) != 0) copies_.end(cells_);
  if ((lookers_ & kWorkLooks) != 0) work_.end(cells_);
}

}  // namespace concertina::fuzzers
