#include "report/picture.h"

#include <algorithm>

#include "report/names.h"

namespace concertina::fuzzers {
namespace {

void remove_waiter(std::vector<Waiter>& queue, std::uint32_t goroutine, std::uint32_t index) {
  const auto found = std::find_if(queue.begin(), queue.end(), [&](const Waiter& waiter) {
    return waiter.goroutine == goroutine && waiter.index == index;
  });
  if (found != queue.end()) queue.erase(found);
}

}  // namespace

Picture Picture::at_end(const Trace& trace) {
  Picture picture;
  walk(
      trace, first_step_number(trace),
      [&](const Step& step, std::uint32_t) { picture.apply(step); },
      [&](const Event& event) { picture.apply(event); });
  return picture;
}

void Picture::apply(const Step& step) {
  threads.try_emplace(step.thread);
  if (step.goroutine == kNoGoroutine) return;
  if (step.site == Site::kYieldStatus) goroutines[step.goroutine].standing = Standing::kRunnable;
  if (step.site != Site::kExecuteStatus) return;
  GoroutinePicture& g = goroutines[step.goroutine];
  g.standing = Standing::kRunning;
  g.thread = step.thread;
}

void Picture::apply(const Event& event) {
  apply_lock(event);
  apply_operation(event);
  apply_channel(event);
  apply_goroutine(event);
  apply_stack(event);
}

void Picture::apply_lock(const Event& event) {
  std::vector<HeldLock>& held = threads[event.thread].held;
  if (event.kind == EventKind::kLockAcquired) {
    held.push_back({event.a, static_cast<LockRank>(event.index), event.step});
  }
  if (event.kind == EventKind::kLockReleased) {
    std::erase_if(held, [&](const HeldLock& lock) { return lock.object == event.a; });
  }
}

// What the program asked for, and that it got the result.
void Picture::apply_operation(const Event& event) {
  if (event.goroutine == kNoGoroutine) return;
  OpenOperation& op = goroutines[event.goroutine].operation;
  switch (event.kind) {
    case EventKind::kOpSend:
      op = {OpenKind::kSend, event.index == 1, {{event.channel, true}}};
      return;
    case EventKind::kOpReceive:
      op = {OpenKind::kReceive, event.index == 1, {{event.channel, false}}};
      return;
    case EventKind::kOpClose:
      op = {OpenKind::kClose, false, {{event.channel, false}}};
      return;
    case EventKind::kOpSelect:
      op = {OpenKind::kSelect, event.a == 1, {}};
      return;
    case EventKind::kOpSelectCase:
      op.cases.push_back({event.channel, event.b == 1});
      return;
    case EventKind::kDoneSend:
    case EventKind::kDoneReceive:
    case EventKind::kDoneClose:
    case EventKind::kDoneSelect:
      op = {};
      return;
    default:
      return;
  }
}

void Picture::apply_channel(const Event& event) {
  if (event.channel == kNilChannel) return;
  ThreadPicture& thread = threads[event.thread];
  const auto meets = [&] {
    thread.partner = static_cast<GoroutineId>(event.a);
    thread.partner_channel = event.channel;
  };
  switch (event.kind) {
    case EventKind::kChannelMade:
      channels[event.channel].capacity = event.index;
      channels[event.channel].element_bytes = event.a;
      return;
    case EventKind::kSendToBuffer:
      ++channels[event.channel].buffered;
      return;
    case EventKind::kSendToReceiver:
    case EventKind::kCloseWakesReceiver:
      remove_waiter(channels[event.channel].receivers, event.a, event.b);
      return meets();
    case EventKind::kReceiveFromBuffer:
      // A parked sender's element takes the slot that became free.
      if (event.a == 0 && channels[event.channel].buffered > 0) --channels[event.channel].buffered;
      remove_waiter(channels[event.channel].senders, event.a, event.b);
      return meets();
    case EventKind::kReceiveFromSender:
    case EventKind::kCloseWakesSender:
      remove_waiter(channels[event.channel].senders, event.a, event.b);
      return meets();
    case EventKind::kSendPark:
      channels[event.channel].senders.push_back({event.goroutine, event.index});
      return;
    case EventKind::kReceivePark:
      channels[event.channel].receivers.push_back({event.goroutine, event.index});
      return;
    case EventKind::kDequeued:
      remove_waiter(channels[event.channel].senders, event.goroutine, event.index);
      remove_waiter(channels[event.channel].receivers, event.goroutine, event.index);
      return;
    case EventKind::kClosed:
      channels[event.channel].is_closed = true;
      return;
    default:
      return;
  }
}

void Picture::apply_goroutine(const Event& event) {
  const auto stands = [&](std::uint32_t g, Standing standing) {
    goroutines[static_cast<GoroutineId>(g)].standing = standing;
  };
  switch (event.kind) {
    case EventKind::kSpawned:
      return stands(event.a, Standing::kRunnable);
    case EventKind::kStarted:
    case EventKind::kSyscallLeft:
      goroutines[event.goroutine].thread = event.thread;
      return stands(event.goroutine, Standing::kRunning);
    case EventKind::kParked:
      return stands(event.goroutine, Standing::kWaiting);
    case EventKind::kReadied:
      threads[event.thread].target = static_cast<GoroutineId>(event.a);
      return stands(event.a, Standing::kRunnable);
    case EventKind::kExited:
      return stands(event.goroutine, Standing::kReturned);
    case EventKind::kPreempted:
      return stands(event.goroutine, event.index == 1 ? Standing::kPreempted : Standing::kRunnable);
    case EventKind::kSyscallEntered:
      return stands(event.goroutine, Standing::kInSyscall);
    case EventKind::kPanicked:
      return stands(event.goroutine, Standing::kPanicked);
    default:
      return;
  }
}

void Picture::apply_stack(const Event& event) {
  if (event.goroutine == kNoGoroutine) return;
  GoroutinePicture& g = goroutines[event.goroutine];
  ThreadPicture& thread = threads[event.thread];
  switch (event.kind) {
    case EventKind::kStackAllocated:
      g.stack_bytes = event.b;
      return;
    case EventKind::kCopyBegin:
      g.copied_by = event.thread;
      thread.copies = event.goroutine;
      return;
    case EventKind::kCopyEnd:
      g.copied_by = -1;
      thread.copies = kNoGoroutine;
      return;
    case EventKind::kScanBegin:
      g.suspended_by = event.thread;
      thread.suspends = event.goroutine;
      return;
    case EventKind::kScanEnd:
      g.suspended_by = -1;
      thread.suspends = kNoGoroutine;
      return;
    default:
      return;
  }
}

}  // namespace concertina::fuzzers
