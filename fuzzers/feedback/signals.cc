#include "feedback/signals.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint8_t kChannelsLook = 1, kLocksLook = 2, kCopiesLook = 4, kWorkLooks = 8;

/// Who looks at events of that kind, when all groups are wanted.
std::uint8_t looks_at(EventKind kind) {
  switch (kind) {
    case EventKind::kOpSend:
    case EventKind::kOpReceive:
    case EventKind::kOpClose:
    case EventKind::kOpSelect:
    case EventKind::kDoneSelect:
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
      return kChannelsLook | kCopiesLook;
    case EventKind::kChannelMade:
    case EventKind::kOpSelectCase:
      return kChannelsLook;
    case EventKind::kLockAcquired:
    case EventKind::kLockReleased:
    case EventKind::kCopyBegin:
    case EventKind::kCopyEnd:
      return kLocksLook | kCopiesLook;
    case EventKind::kParked:
    case EventKind::kExited:
    case EventKind::kPreempted:
    case EventKind::kSyscallEntered:
      return kCopiesLook | kWorkLooks;
    case EventKind::kDoneSend:
    case EventKind::kDoneReceive:
    case EventKind::kDoneClose:
    case EventKind::kDequeued:
    case EventKind::kSpawned:
    case EventKind::kStarted:
    case EventKind::kReadied:
    case EventKind::kSyscallLeft:
    case EventKind::kScanBegin:
    case EventKind::kScanEnd:
      return kCopiesLook;
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

}  // namespace

Signals::Signals(std::span<std::uint8_t, kCells> cells, Groups groups) : cells_(cells, groups) {
  std::uint8_t wanted = 0;
  if (groups.has(Group::kChannel) || groups.has(Group::kSelect)) wanted |= kChannelsLook;
  if (groups.has(Group::kLock)) wanted |= kLocksLook;
  if (groups.has(Group::kCopy)) wanted |= kCopiesLook;
  if (groups.has(Group::kScheduler)) wanted |= kWorkLooks;
  if (groups.has(Group::kMaxima)) wanted |= kChannelsLook | kLocksLook | kCopiesLook | kWorkLooks;
  for (unsigned kind = 0; kind < static_cast<unsigned>(EventKind::kCount); ++kind) {
    interested_[kind] = looks_at(static_cast<EventKind>(kind)) & wanted;
  }
}

void Signals::end(std::span<const Event> events) {
  channels_.begin();
  locks_.begin();
  copies_.begin();
  work_.begin();
  for (const Event& e : events) {
    const std::uint8_t who = interested_[static_cast<std::size_t>(e.kind)];
    if (who == 0) continue;
    if ((who & kChannelsLook) != 0) channels_.see(cells_, e);
    if ((who & kLocksLook) != 0) locks_.see(cells_, e);
    if ((who & kCopiesLook) != 0) copies_.see(cells_, e);
    if ((who & kWorkLooks) != 0) work_.see(cells_, e);
  }
  channels_.end(cells_);
  locks_.end(cells_);
  copies_.end(cells_);
  work_.end(cells_);
}

}  // namespace concertina::fuzzers
