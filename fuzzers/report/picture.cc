#include "report/picture.h"

#include <algorithm>

#include "report/names.h"

namespace concertina::fuzzers {
namespace {

void remove_waiter(std::vector<Waiter>& queue, GoroutineId goroutine, CaseIndex index) {
  const auto found = std::find_if(queue.begin(), queue.end(), [&](const Waiter& waiter) {
    return waiter.goroutine == goroutine && waiter.index == index;
  });
  if (found != queue.end()) queue.erase(found);
}

}  // namespace

Picture Picture::at_end(const Trace& trace) {
  Picture picture;
  walk(
      trace, [&](const Step& step, std::uint32_t) { picture.apply(step); },
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
    const auto taken = as<event::LockAcquired>(event);
    held.push_back({taken.lock, taken.rank, event.step});
  }
  if (event.kind == EventKind::kLockReleased) {
    const ObjectId freed = as<event::LockReleased>(event).lock;
    std::erase_if(held, [&](const HeldLock& lock) { return lock.object == freed; });
  }
}

// What the program asked for, and that it got the result.
void Picture::apply_operation(const Event& event) {
  if (event.goroutine == kNoGoroutine) return;
  OpenOperation& op = goroutines[event.goroutine].operation;
  const ChannelId channel = channel_of(event);
  switch (event.kind) {
    case EventKind::kOpSend:
      op = {OpenKind::kSend, as<event::OpSend>(event).non_blocking, {{channel, true}}};
      return;
    case EventKind::kOpReceive:
      op = {OpenKind::kReceive, as<event::OpReceive>(event).non_blocking, {{channel, false}}};
      return;
    case EventKind::kOpClose:
      op = {OpenKind::kClose, false, {{channel, false}}};
      return;
    case EventKind::kOpSelect:
      op = {OpenKind::kSelect, as<event::OpSelect>(event).has_default, {}};
      return;
    case EventKind::kOpSelectCase:
      op.cases.push_back({channel, as<event::OpSelectCase>(event).is_send});
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
  const ChannelId id = channel_of(event);
  if (id == kNilChannel) return;
  const Partner partner = partner_of(event);
  const auto meets = [&](std::vector<Waiter>& queue) {
    remove_waiter(queue, partner.goroutine, partner.case_index);
    threads[event.thread].partner = partner.goroutine;
    threads[event.thread].partner_channel = id;
  };
  switch (event.kind) {
    case EventKind::kChannelMade:
      channels[id].capacity = as<event::ChannelMade>(event).capacity;
      channels[id].element_bytes = as<event::ChannelMade>(event).element_bytes;
      return;
    case EventKind::kSendToBuffer:
      ++channels[id].buffered;
      return;
    case EventKind::kSendToReceiver:
    case EventKind::kCloseWakesReceiver:
      return meets(channels[id].receivers);
    case EventKind::kReceiveFromBuffer:
      // A parked sender's element takes the slot that became free.
      if (partner.goroutine == kNoGoroutine && channels[id].buffered > 0) --channels[id].buffered;
      return meets(channels[id].senders);
    case EventKind::kReceiveFromSender:
    case EventKind::kCloseWakesSender:
      return meets(channels[id].senders);
    case EventKind::kSendPark:
      channels[id].senders.push_back({event.goroutine, as<event::SendPark>(event).case_index});
      return;
    case EventKind::kReceivePark:
      channels[id].receivers.push_back({event.goroutine, as<event::ReceivePark>(event).case_index});
      return;
    case EventKind::kDequeued: {
      const CaseIndex lost = as<event::Dequeued>(event).case_index;
      remove_waiter(channels[id].senders, event.goroutine, lost);
      remove_waiter(channels[id].receivers, event.goroutine, lost);
      return;
    }
    case EventKind::kClosed:
      channels[id].is_closed = true;
      return;
    default:
      return;
  }
}

void Picture::apply_goroutine(const Event& event) {
  const auto stands = [&](GoroutineId g, Standing standing) { goroutines[g].standing = standing; };
  switch (event.kind) {
    case EventKind::kSpawned:
      return stands(as<event::Spawned>(event).child, Standing::kRunnable);
    case EventKind::kStarted:
    case EventKind::kSyscallLeft:
      goroutines[event.goroutine].thread = event.thread;
      return stands(event.goroutine, Standing::kRunning);
    case EventKind::kParked:
      return stands(event.goroutine, Standing::kWaiting);
    case EventKind::kReadied:
      threads[event.thread].target = as<event::Readied>(event).target;
      return stands(as<event::Readied>(event).target, Standing::kRunnable);
    case EventKind::kExited:
      return stands(event.goroutine, Standing::kReturned);
    case EventKind::kPreempted:
      return stands(event.goroutine, as<event::Preempted>(event).for_scanner ? Standing::kPreempted
                                                                             : Standing::kRunnable);
    case EventKind::kAssistBegin:
      return stands(event.goroutine, Standing::kSuspending);
    case EventKind::kAssistEnd:
      return stands(event.goroutine, Standing::kRunning);
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
      g.stack_bytes = as<event::StackAllocated>(event).bytes;
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
