#include "chan/channel.h"

#include <new>

#include "chan/channel_internal.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

// The frame of a blocking or non-blocking send or receive.
struct OperationFrame {
  FrameHeader header;
  std::uintptr_t element = 0;  // points into the stack
  Channel* channel = nullptr;
  Sudog* sudog = nullptr;
  std::uint32_t begin_step = 0;
  bool block = false;
  bool success = false;  // of the sudog that is to be given back
};
static_assert(sizeof(OperationFrame) == 64);

// Where the step of an operation goes on.
enum Resume : std::uint32_t {
  kBegin,
  kWoken,        // the goroutine waited
  kForEver,      // on nil: never
  kReadyNext,    // the partner in `sudog` is to be made runnable; no channel is locked
  kReleaseNext,  // `sudog` is to be given back
};

struct CloseFrame {
  FrameHeader header;
  Channel* channel = nullptr;
  Goroutine* released = nullptr;  // by sched_link: to be made runnable, one by one
};

constexpr std::uint16_t kOperationPointers[] = {offsetof(OperationFrame, element)};
constexpr std::uint32_t kOperationFrameBytes = 128;  // as much as Go's chansend and chanrecv

Action send_step(Machine& m, Goroutine& g);
Action receive_step(Machine& m, Goroutine& g);
Action close_step(Machine& m, Goroutine& g);

constexpr Function kChanSend{.name = function_name(FunctionId::kChanSend),
                             .id = FunctionId::kChanSend,
                             .frame_bytes = kOperationFrameBytes,
                             .dead_bytes = kOperationFrameBytes - sizeof(OperationFrame),
                             .layout = {.pointers = kOperationPointers, .pointer_count = 1},
                             .step = &send_step};
constexpr Function kChanReceive{.name = function_name(FunctionId::kChanReceive),
                                .id = FunctionId::kChanReceive,
                                .frame_bytes = kOperationFrameBytes,
                                .dead_bytes = kOperationFrameBytes - sizeof(OperationFrame),
                                .layout = {.pointers = kOperationPointers, .pointer_count = 1},
                                .step = &receive_step};
constexpr Function kClose{.name = function_name(FunctionId::kCloseChannel),
                          .id = FunctionId::kCloseChannel,
                          .frame_bytes = kOperationFrameBytes,
                          .dead_bytes = kOperationFrameBytes - sizeof(CloseFrame),
                          .step = &close_step};
constexpr Function kEnqueueFrame = native_function(FunctionId::kEnqueue, 64);

using Frame = FrameRef<OperationFrame>;

FrameRef<std::uintptr_t> element_of(Goroutine& g, const Frame& frame) {
  return FrameRef<std::uintptr_t>(g, reinterpret_cast<std::uintptr_t>(&frame->element));
}

Action finish(Goroutine& g, bool selected, bool ok) {
  expect(g.waiting == nullptr && g.parameter == nullptr, "operation", "it ends and still waits");
  expect(g.locks_held == 0, "operation", "it ends with its channel locked");
  pop_frame(g, kOperationFrameBytes);
  g.result = Result{.selected = selected, .ok = ok, .index = 0};
  return Action::kNext;
}

void announce_not_ready(const Goroutine& g, const Channel& c, bool is_send,
                        std::uint32_t begin_step) {
  platform::record(event::NotReady{
      .goroutine = g.id, .channel = c.id, .is_send = is_send, .begin_step = begin_step});
}

void announce_not_ready(const Goroutine& g, const Frame& frame, bool is_send) {
  announce_not_ready(g, *frame->channel, is_send, frame->begin_step);
}

[[gnu::always_inline]] inline void call(Goroutine& g, const Function& function, Site prologue,
                                        Channel* c, std::uint32_t element_below_hi, bool block,
                                        std::uint32_t begin_step) {
  push_frame(g, function, function.frame_bytes, prologue);
  const Frame frame(g, g.sp);
  frame->channel = c;
  frame->block = block;
  frame->begin_step = begin_step;
  frame->element = element_below_hi != 0 ? g.at(element_below_hi) : 0;
  if (kCostlyChecks && c != nullptr) check_element(g, *c, frame->element);
}

Action park_for_ever(Machine& m, Goroutine& g, const Frame& frame, WaitReason reason) {
  frame->header.resume = kForEver;
  return park(m, g, nullptr, nullptr, reason);
}

// Steps P1 and P2 of scheduler.h: the sudog is linked to g, queued, and the goroutine asks to be
// parked. The lock is held and stays so until the commit function.
Action wait_on(Machine& m, Goroutine& g, const Frame& frame, WaitQueue& queue, bool is_send) {
  Channel& c = *frame->channel;
  costly(check_may_wait, g);
  expect(frame->block, "wait", "the operation must not block");
  expect(c.closed.inspect() == 0, "wait", "the channel is closed");
  expect(c.count.inspect() == (is_send ? c.capacity : 0), "wait", "the buffer could serve it");
  Sudog* const sudog = acquire_sudog(m, g);
  {
    // No stack split between setting the element and linking the sudog: a copy finds sudogs that
    // point into the stack only through `waiting` (golang/go 1e91e2a25a).
    const NoSplit nosplit(g);
    sudog->element.store_locked(frame->element, c.lock);
    sudog->channel = &c;
    sudog->is_select = false;
    g.waiting = sudog;
    g.parameter = nullptr;
  }
  frame->sudog = sudog;
  frame->header.resume = kWoken;
  {
    const NativeFrame native(g, kEnqueueFrame, Site::kEnqueuePrologue);
    queue.enqueue(*sudog);
    announce_park({g}, c, is_send);
  }
  // A suspender that finds g waiting must know that active_stack_chans does not count yet (#40641).
  g.parking_on_chan.publish(1, Site::kParkingOnChanStore);
  return park(m, g, &chan_park_commit, &c,
              is_send ? WaitReason::kChanSend : WaitReason::kChanReceive);
}

// After the wake-up: the goroutine waits no more, and its sudog is to be given back.
void resume_waiter(Goroutine& g, const Frame& frame) {
  Sudog* const sudog = frame->sudog;
  costly(check_woken, g);
  require(g.waiting == sudog, "waiting list is corrupted", "the sudog is not the one that waited");
  g.waiting = nullptr;
  g.active_stack_chans.store(false, Site::kActiveStackChansClear);
  frame->success = sudog->success;
  require(g.parameter == sudog, "spurious wake-up", "the waker named no sudog, or another one");
  g.parameter = nullptr;
  sudog->channel = nullptr;
  frame->header.resume = kReleaseNext;
}

// True when an operation, false when close woke us.
bool release_waiter(Machine& m, Goroutine& g, const Frame& frame) {
  Sudog* const sudog = frame->sudog;
  frame->sudog = nullptr;
  release_sudog(m, g, sudog);
  return frame->success;
}

Action ready_partner(Machine& m, Goroutine& g, const Frame& frame) {
  wake(m, g, *frame->sudog, true);
  return finish(g, true, true);
}

// The channel is unlocked, and the partner off its queue; a goroutine that stops here leaves it
// waiting for nobody else.
Action ready_partner_or_stop(Machine& m, Goroutine& g, const Frame& frame, Sudog& partner) {
  frame->sudog = &partner;
  frame->header.resume = kReadyNext;
  if (must_stop(g, Site::kReadyPoint)) return Action::kNext;
  return ready_partner(m, g, frame);
}

// Go: full. Without the lock.
bool looks_full(const Channel& c) {
  if (c.capacity == 0) return c.receivers.looks_empty(Site::kChanSendFastFull);
  return c.count.load(Site::kChanSendFastFull) == c.capacity;
}

// Go: empty. Without the lock.
bool looks_empty(const Channel& c, Site site) {
  if (c.capacity == 0) return c.senders.looks_empty(site);
  return c.count.load(site) == 0;
}

// Fast path: full, and open afterwards, so it was open and full at the first moment. Go asks the
// other way round, arguing that a closed channel does not become unready; but close takes the
// waiting receivers away, and then a send gives up that at no moment could have blocked.
bool cannot_send(const Channel& c) {
  return looks_full(c) && c.closed.load(Site::kChanSendFastClosed) == 0;
}

// May an operation that does not block take its fast path before it has a frame? Where native
// functions have none, nor does a look need one.
[[gnu::always_inline]] inline bool asks_first(Goroutine& g, const Function& function,
                                              Site prologue) {
  if (g.has_native_frames) return false;
  check_stack(g, function, function.frame_bytes, prologue);
  return true;
}

Action send_now_or_wait(Machine& m, Goroutine& g, const Frame& frame) {
  Channel& c = *frame->channel;
  lock_channel(g, c, Site::kChanSendLock);
  if (c.closed.load_locked(c.lock) != 0) {
    unlock_channel(g, c, Site::kChanSendUnlock);
    panic(g, PanicKind::kSendOnClosed, c.id);
  }
  if (Sudog* const receiver = c.receivers.dequeue()) {
    transfer_to_receiver({g}, c, *receiver, element_of(g, frame));
    unlock_channel(g, c, Site::kWakeUnlock);
    return ready_partner_or_stop(m, g, frame, *receiver);
  }
  if (c.count.load_locked(c.lock) < c.capacity) {
    put_in_buffer({g}, c, element_of(g, frame));
    unlock_channel(g, c, Site::kChanSendUnlock);
    return finish(g, true, true);
  }
  if (!frame->block) {
    announce_not_ready(g, frame, true);
    unlock_channel(g, c, Site::kChanSendUnlock);
    return finish(g, false, false);
  }
  return wait_on(m, g, frame, c.senders, true);
}

Action finish_sender(Machine& m, Goroutine& g, const Frame& frame) {
  const Channel& c = *frame->channel;
  if (release_waiter(m, g, frame)) return finish(g, true, true);
  require(c.closed.load(Site::kChanClosedLoad) != 0, "spurious wake-up",
          "a sender was woken by nobody's receive, and the channel is open");
  panic(g, PanicKind::kSendOnClosed, c.id);
}

Action send_step(Machine& m, Goroutine& g) {
  const Frame frame(g, g.sp);
  Channel* const c = frame->channel;
  switch (frame->header.resume) {
    case kWoken:
      resume_waiter(g, frame);
      if (must_stop(g, Site::kWokenPoint)) return Action::kNext;
      [[fallthrough]];
    case kReleaseNext:
      return finish_sender(m, g, frame);
    case kReadyNext:
      return ready_partner(m, g, frame);
    default:
      expect(frame->header.resume == kBegin, "spurious wake-up", "a send to nil waits for ever");
  }
  if (c == nullptr) {
    if (!frame->block) return finish(g, false, false);
    return park_for_ever(m, g, frame, WaitReason::kChanSendNil);
  }
  if (!frame->block && cannot_send(*c)) {
    announce_not_ready(g, frame, true);
    return finish(g, false, false);
  }
  return send_now_or_wait(m, g, frame);
}

// Closed and drained: the zero value.
Action receive_closed(Goroutine& g, const Frame& frame) {
  platform::record(event::ReceiveClosed{.goroutine = g.id, .channel = frame->channel->id});
  clear_element(*frame->channel, element_of(g, frame), Site::kClearElement);
  return finish(g, true, false);
}

Action receive_now_or_wait(Machine& m, Goroutine& g, const Frame& frame) {
  Channel& c = *frame->channel;
  lock_channel(g, c, Site::kChanReceiveLock);
  if (c.closed.load_locked(c.lock) != 0 && c.count.load_locked(c.lock) == 0) {
    unlock_channel(g, c, Site::kChanReceiveUnlock);
    return receive_closed(g, frame);
  }
  if (Sudog* const sender = c.closed.load_locked(c.lock) == 0 ? c.senders.dequeue() : nullptr) {
    transfer_from_sender({g}, c, *sender, element_of(g, frame));
    unlock_channel(g, c, Site::kWakeUnlock);
    return ready_partner_or_stop(m, g, frame, *sender);
  }
  if (c.count.load_locked(c.lock) > 0) {
    take_from_buffer({g}, c, element_of(g, frame));
    unlock_channel(g, c, Site::kChanReceiveUnlock);
    return finish(g, true, true);
  }
  if (!frame->block) {
    announce_not_ready(g, frame, false);
    unlock_channel(g, c, Site::kChanReceiveUnlock);
    return finish(g, false, false);
  }
  return wait_on(m, g, frame, c.receivers, false);
}

Action receive_step(Machine& m, Goroutine& g) {
  const Frame frame(g, g.sp);
  Channel* const c = frame->channel;
  switch (frame->header.resume) {
    case kWoken:
      resume_waiter(g, frame);
      if (must_stop(g, Site::kWokenPoint)) return Action::kNext;
      [[fallthrough]];
    case kReleaseNext:
      return finish(g, true, release_waiter(m, g, frame));
    case kReadyNext:
      return ready_partner(m, g, frame);
    default:
      expect(frame->header.resume == kBegin, "spurious wake-up",
             "a receive from nil waits for ever");
  }
  if (c == nullptr) {
    if (!frame->block) return finish(g, false, false);
    return park_for_ever(m, g, frame, WaitReason::kChanReceiveNil);
  }
  // Fast path. Empty, then open: it was empty and open at the first moment, for a closed channel
  // does not open again. Empty, then closed: look again, a value may have come in between (#32529,
  // #36714).
  if (!frame->block && looks_empty(*c, Site::kChanReceiveFastEmpty)) {
    if (c->closed.load(Site::kChanReceiveFastClosed) == 0) {
      announce_not_ready(g, frame, false);
      return finish(g, false, false);
    }
    if (looks_empty(*c, Site::kChanReceiveFastEmptyAgain)) return receive_closed(g, frame);
  }
  return receive_now_or_wait(m, g, frame);
}

template <class Fact>
void announce_release(const Goroutine& g, const Channel& c, const Sudog& waiter) {
  platform::record(Fact{.goroutine = g.id,
                        .channel = c.id,
                        .partner = waiter.goroutine->id,
                        .partner_case = waiter.case_index});
}

// Under the lock: takes every waiter off one queue, in order. Receivers get the zero value.
Goroutine* release_waiters(Goroutine& g, Channel& c, WaitQueue& queue, bool are_receivers,
                           Goroutine* list) {
  while (Sudog* const sudog = queue.dequeue()) {
    costly(check_dequeued, c, *sudog);
    expect(sudog->goroutine->sched_link == nullptr, "close", "a waiter is on another list");
    if (are_receivers) {
      announce_release<event::CloseWakesReceiver>(g, c, *sudog);
    } else {
      announce_release<event::CloseWakesSender>(g, c, *sudog);
    }
    const std::uintptr_t slot = sudog->element.load(Site::kSudogElementLoad);
    if (slot != 0) {
      if (are_receivers) {
        platform::clear(reinterpret_cast<void*>(slot), c.element_bytes, Site::kClearElement);
      }
      sudog->element.store(0, Site::kSudogElementStore);
    }
    // Off the queue, and ours until it is readied: its goroutine's link field makes the list.
    sudog->goroutine->sched_link = list;
    list = sudog->goroutine;
    sudog->goroutine->parameter = sudog;
    sudog->success = false;
  }
  return list;
}

// Closes, and takes all that wait off the channel.
Goroutine* close_now(Goroutine& g, Channel* c) {
  if (c == nullptr) panic(g, PanicKind::kCloseOfNil, kNilChannel);
  lock_channel(g, *c, Site::kChanCloseLock);
  if (c->closed.load_locked(c->lock) != 0) {
    unlock_channel(g, *c, Site::kChanCloseUnlock);
    panic(g, PanicKind::kCloseOfClosed, c->id);
  }
  c->closed.store(1, Site::kChanClosedStore);
  platform::record(event::Closed{.goroutine = g.id, .channel = c->id});
  Goroutine* list = nullptr;
  list = release_waiters(g, *c, c->receivers, true, list);
  list = release_waiters(g, *c, c->senders, false, list);
  unlock_channel(g, *c, Site::kChanCloseUnlock);
  return list;
}

// Readies what close has released only when the channel is free: see the rule on statuses in
// channel.h. The list is in the frame: what is left of it waits for this goroutine alone.
Action close_step(Machine& m, Goroutine& g) {
  const FrameRef<CloseFrame> frame(g, g.sp);
  if (frame->header.resume == 0) {
    Goroutine* const released = close_now(g, frame->channel);
    frame->released = released;
    frame->header.resume = 1;
    if (released != nullptr && must_stop(g, Site::kCloseReadyPoint)) return Action::kNext;
  }
  while (Goroutine* const waiter = frame->released) {
    frame->released = waiter->sched_link;
    waiter->sched_link = nullptr;
    expect(waiter->parameter != nullptr && !waiter->parameter->success, "close",
           "a waiter is readied that does not know why");
    ready(m, g, *waiter);
    if (frame->released != nullptr && must_stop(g, Site::kCloseReadyPoint)) return Action::kNext;
  }
  pop_frame(g, kOperationFrameBytes);
  return Action::kNext;
}

}  // namespace

Channel* make_channel(Runtime& runtime, std::uint32_t element_bytes, std::uint32_t capacity) {
  require(element_bytes <= kElementSizeMax, "make_channel", "element too large");
  runtime.goroutines_lock.lock(Site::kAllGoroutinesLock);
  require(runtime.channel_count < runtime.knobs.channels_max, "make_channel",
          "kChannelsLimit channels exist");
  const auto id = static_cast<ChannelId>(runtime.channel_count + 1);
  const bool is_elastic = runtime.knobs.elastic_buffers;
  unsigned char* const buffer = capacity != 0 && !is_elastic
                                    ? make_buffer(runtime.objects, element_bytes, capacity)
                                    : nullptr;
  auto* const c = new (platform::allocate(sizeof(Channel)))
      Channel(id, element_bytes, capacity, buffer, is_elastic ? &runtime.objects : nullptr);
  expect(runtime.channels[id - 1] == nullptr, "make_channel", "its place is taken");
  runtime.channels[id - 1] = c;
  ++runtime.channel_count;  // a scan goes by it
  runtime.goroutines_lock.unlock(Site::kAllGoroutinesUnlock);
  platform::record(event::ChannelMade{.channel = id,
                                      .capacity = static_cast<std::uint16_t>(capacity),
                                      .element_bytes = element_bytes});
  return c;
}

void call_send(Machine& m, Goroutine& g, Channel* c, std::uint32_t element_below_hi, bool block) {
  (void)m;
  const std::uint32_t begin_step = platform::step();
  if (!block && asks_first(g, kChanSend, Site::kChanSendPrologue) && c != nullptr &&
      cannot_send(*c)) {
    announce_not_ready(g, *c, true, begin_step);
    g.result = Result{};
    return;
  }
  call(g, kChanSend, Site::kChanSendPrologue, c, element_below_hi, block, begin_step);
}

void call_receive(Machine& m, Goroutine& g, Channel* c, std::uint32_t element_below_hi,
                  bool block) {
  (void)m;
  const std::uint32_t begin_step = platform::step();
  if (!block && asks_first(g, kChanReceive, Site::kChanReceivePrologue) && c != nullptr &&
      looks_empty(*c, Site::kChanReceiveFastEmpty) &&
      c->closed.load(Site::kChanReceiveFastClosed) == 0) {
    announce_not_ready(g, *c, false, begin_step);
    g.result = Result{};
    return;
  }
  call(g, kChanReceive, Site::kChanReceivePrologue, c, element_below_hi, block, begin_step);
}

void call_close(Machine& m, Goroutine& g, Channel* c) {
  (void)m;
  push_frame(g, kClose, kClose.frame_bytes, Site::kChanClosePrologue);
  FrameRef<CloseFrame>(g, g.sp)->channel = c;
}

std::uint32_t channel_len(const Channel* c) {
  return c == nullptr ? 0 : c->count.load(Site::kChanLen);
}

std::uint32_t channel_cap(const Channel* c) { return c == nullptr ? 0 : c->capacity; }

void announce_channels(Runtime& runtime) {
  for (unsigned i = 0; i < runtime.channel_count; ++i) {
    const auto& c = static_cast<const Channel&>(*runtime.channels[i]);
    platform::record(event::EndChannel{.channel = c.id,
                                       .buffered = static_cast<std::uint16_t>(c.count.inspect()),
                                       .receivers = c.receivers.size(),
                                       .senders = c.senders.size()});
  }
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
