// The passes of a select, in Go's order:
//
//   1  lock every channel, in channel id order; look for a ready case in poll order; if there is
//      one, or a default, do it and unlock
//   2  enqueue a sudog for each case, in lock order, and park; the commit function unlocks
//   3  woken: lock every channel again, take the losing sudogs off, unlock
//
// From the wake-up to pass 3's locks the losers' sudogs are still queued on unlocked channels and
// point into this stack, which may grow meanwhile, or be copied by a suspender: the goroutine may
// stop there. That is safe because select_done is 1: every other goroutine's dequeue fails on it
// before it looks at the element (golang/go #17007).
#include "chan/select.h"

#include "base/limits.h"
#include "chan/channel_internal.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

constexpr CaseIndex kNoCase = 0xfffe;
static_assert(kSelectCasesMax <= 0x100, "orders are bytes");
static_assert(kSelectCasesMax <= kNoCase && kNoCase != kSelectedDefault, "no case has its number");

struct SelectFrame {
  FrameHeader header;
  std::uint8_t case_count = 0;
  std::uint8_t order_count = 0;  // cases whose channel is not nil
  bool has_default = false;
  bool ok = false;                  // of what was done
  std::uint16_t orders_offset = 0;  // poll order, then lock order: case numbers, a byte each
  CaseIndex chosen = 0;             // the case that was done
  Sudog* partner = nullptr;         // to be made runnable for it; no channel is locked
  // Followed by case_count SelectCase, then the orders.
};

// Where a select's step goes on.
enum Resume : std::uint32_t {
  kBegin,
  kWoken,        // it waited
  kForEver,      // without cases: never
  kDequeueNext,  // it was woken, its flag is clear, its losers are queued still
  kReadyNext,    // `partner` is to be made runnable
};

constexpr std::uint32_t kCasesOffset = 48;
static_assert(sizeof(SelectFrame) <= kCasesOffset);
static_assert(sizeof(SelectCase) == 24);

Action select_step(Machine& m, Goroutine& g);

constexpr Function kSelect{.name = function_name(FunctionId::kSelect),
                           .id = FunctionId::kSelect,
                           .frame_bytes = kCasesOffset,
                           .layout = {.group_first = kCasesOffset + offsetof(SelectCase, element),
                                      .group_stride = sizeof(SelectCase)},
                           .step = &select_step};
constexpr Function kLockFrame = native_function(FunctionId::kSelectLock, 96);
constexpr Function kPassFrame = native_function(FunctionId::kSelectPass, 96);
constexpr Function kEnqueueFrame = native_function(FunctionId::kSelectEnqueue, 96);
constexpr Function kWakeFrame = native_function(FunctionId::kSelectWake, 96);

// The select frame by its distance below stack.hi: good across moves of the stack.
class Frame {
 public:
  explicit Frame(Goroutine& g) : g_(g), frame_(g, g.sp) {}
  SelectFrame* operator->() const { return &*frame_; }
  SelectCase& at(unsigned index) const {
    if constexpr (kCostlyChecks) require(index < frame_->case_count, "select", "no such case");
    return *reinterpret_cast<SelectCase*>(reinterpret_cast<std::uintptr_t>(&*frame_) +
                                          kCasesOffset + sizeof(SelectCase) * index);
  }
  std::uint8_t& poll_order(unsigned i) const { return orders()[i]; }
  std::uint8_t& lock_order(unsigned i) const { return orders()[frame_->case_count + i]; }
  SelectCase& locked(unsigned i) const { return at(lock_order(i)); }
  FrameRef<std::uintptr_t> element(unsigned index) const {
    return FrameRef<std::uintptr_t>(g_, reinterpret_cast<std::uintptr_t>(&at(index).element));
  }

 private:
  std::uint8_t* orders() const {
    return reinterpret_cast<std::uint8_t*>(&*frame_) + frame_->orders_offset;
  }
  Goroutine& g_;
  FrameRef<SelectFrame> frame_;
};

// Each case that has a channel is in both orders once.
void check_poll_order(const Frame& frame) {
  bool is_listed[kSelectCasesMax] = {};
  unsigned cases = 0;
  for (unsigned i = 0; i < frame->case_count; ++i) cases += frame.at(i).channel != nullptr;
  require(frame->order_count == cases, "select", "its orders have not as many cases as it");
  for (unsigned i = 0; i < cases; ++i) {
    require(frame.at(frame.poll_order(i)).channel != nullptr, "select", "a nil case is polled");
    require(!is_listed[frame.poll_order(i)], "select", "a case is polled twice");
    is_listed[frame.poll_order(i)] = true;
  }
}

void check_lock_order(const Frame& frame) {
  for (unsigned i = 1; i < frame->order_count; ++i) {
    require(frame.locked(i - 1).channel->id <= frame.locked(i).channel->id, "select",
            "its locks are not in the order of their channels");
  }
}

// A random permutation of the non-nil cases (Go: Fisher-Yates over cheaprandn).
void make_poll_order(const Frame& frame) {
  unsigned count = 0;
  for (unsigned i = 0; i < frame->case_count; ++i) {
    if (frame.at(i).channel == nullptr) continue;
    const unsigned j = platform::choose(count + 1, Site::kSelectOrder);
    frame.poll_order(count) = frame.poll_order(j);
    frame.poll_order(j) = static_cast<std::uint8_t>(i);
    ++count;
  }
  frame->order_count = static_cast<std::uint8_t>(count);
  costly(check_poll_order, frame);
}

// By channel id, by insertion: stable, and constant in stack space. Ids and not addresses, which
// would differ from run to run.
void make_lock_order(const Frame& frame) {
  for (unsigned i = 0; i < frame->order_count; ++i) {
    const std::uint8_t index = frame.poll_order(i);
    unsigned j = i;
    for (; j > 0 && frame.locked(j - 1).channel->id > frame.at(index).channel->id; --j) {
      frame.lock_order(j) = frame.lock_order(j - 1);
    }
    frame.lock_order(j) = index;
  }
  costly(check_lock_order, frame);
}

void lock_all(Goroutine& g, const Frame& frame) {
  const NativeFrame native(g, kLockFrame, Site::kSelectLockPrologue);
  expect(g.locks_held == 0, "select", "it locks its channels with one locked already");
  const Channel* last = nullptr;
  for (unsigned i = 0; i < frame->order_count; ++i) {
    Channel* const c = frame.locked(i).channel;
    if (c != last) lock_channel(g, *c, Site::kSelectLock);
    last = c;
  }
}

// In reverse. Nothing of the frame is read after the last unlock (#5422).
void unlock_all(Goroutine& g, const Frame& frame) {
  for (unsigned i = frame->order_count; i-- > 0;) {
    Channel* const c = frame.locked(i).channel;
    if (i > 0 && frame.locked(i - 1).channel == c) continue;  // its first one unlocks it
    unlock_channel(g, *c, Site::kSelectUnlock);
  }
  expect(g.locks_held == 0, "select", "one of its channels stays locked");
}

// In lock order, and of channels that are all locked on the goroutine's behalf.
void check_waiting_list(const Goroutine& g) {
  unsigned channels = 0;
  const Channel* last = nullptr;
  for (const Sudog* sudog = g.waiting; sudog != nullptr; sudog = sudog->wait_link) {
    require(sudog->goroutine == &g, "waiting list is corrupted", "a sudog is another's");
    require(sudog->is_select, "waiting list is corrupted", "a sudog is no select's");
    const auto& c = static_cast<const Channel&>(*sudog->channel);
    if (&c == last) continue;
    require(last == nullptr || last->id < c.id, "waiting list is corrupted",
            "its sudogs are not in lock order");
    check_channel(c);
    last = &c;
    ++channels;
  }
  require(g.locks_held == channels, "park commit", "other locks are held than those of the cases");
}

// Go: selparkcommit. Walks the sudogs and never the frame: once a lock is free the goroutine may be
// running, its stack may be somewhere else, and the fields of that channel's sudogs may change.
bool select_park_commit(Goroutine& g, void*) {
  costly(check_about_to_commit, g);
  costly(check_waiting_list, g);
  g.locks_held = 0;
  g.active_stack_chans.store(true, Site::kActiveStackChansSet);
  g.parking_on_chan.publish(0, Site::kParkingOnChanClear);
  ChannelBase* last = nullptr;
  for (Sudog* sudog = g.waiting; sudog != nullptr; sudog = sudog->wait_link) {
    if (sudog->channel != last && last != nullptr) {
      last->lock.unlock(Site::kSelectParkCommitUnlock);
    }
    last = sudog->channel;
  }
  if (last != nullptr) last->lock.unlock(Site::kSelectParkCommitUnlock);
  return true;
}

Action finish(Goroutine& g, CaseIndex index, bool ok) {
  expect(g.waiting == nullptr && g.parameter == nullptr, "select", "it ends and still waits");
  expect(g.locks_held == 0, "select", "it ends with a channel locked");
  pop_frame(g);
  g.result = Result{.selected = index != kSelectedDefault, .ok = ok, .index = index};
  return Action::kNext;
}

// What pass 1 did, for after the unlock.
struct Done {
  CaseIndex index = kNoCase;
  bool ok = true;
  bool is_panic = false;
  Sudog* partner = nullptr;
};

bool try_send(Goroutine& g, const Frame& frame, unsigned index, Done& done) {
  Channel& c = *frame.at(index).channel;
  const Actor actor{g, static_cast<std::uint16_t>(index)};
  if (c.closed.load_locked(c.lock) != 0) {
    done.is_panic = true;
    return true;
  }
  if (Sudog* const receiver = c.receivers.dequeue()) {
    transfer_to_receiver(actor, c, *receiver, frame.element(index));
    done.partner = receiver;
    return true;
  }
  if (c.count.load_locked(c.lock) >= c.capacity) return false;
  put_in_buffer(actor, c, frame.element(index));
  return true;
}

bool try_receive(Goroutine& g, const Frame& frame, unsigned index, Done& done) {
  Channel& c = *frame.at(index).channel;
  const Actor actor{g, static_cast<std::uint16_t>(index)};
  if (Sudog* const sender = c.senders.dequeue()) {
    transfer_from_sender(actor, c, *sender, frame.element(index));
    done.partner = sender;
    return true;
  }
  if (c.count.load_locked(c.lock) > 0) {
    take_from_buffer(actor, c, frame.element(index));
    return true;
  }
  if (c.closed.load_locked(c.lock) == 0) return false;
  platform::record(
      event::ReceiveClosed{.goroutine = g.id, .channel = c.id, .case_index = actor.case_index});
  clear_element(c, frame.element(index), Site::kClearElement);
  done.ok = false;
  return true;
}

// Pass 1, all locks held.
Done try_cases(Goroutine& g, const Frame& frame) {
  const NativeFrame native(g, kPassFrame, Site::kSelectPassPrologue);
  Done done;
  for (unsigned i = 0; i < frame->order_count; ++i) {
    const unsigned index = frame.poll_order(i);
    const bool is_ready = frame.at(index).is_send ? try_send(g, frame, index, done)
                                                  : try_receive(g, frame, index, done);
    if (is_ready) {
      done.index = static_cast<std::uint16_t>(index);
      return done;
    }
  }
  if (frame->has_default) {
    platform::record(event::SelectDefault{.goroutine = g.id});
    done.index = kSelectedDefault;
    done.ok = false;
  }
  return done;
}

// Pass 2: one sudog a case, in lock order; then step P2 of scheduler.h.
Action enqueue_and_park(Machine& m, Goroutine& g, const Frame& frame) {
  costly(check_may_wait, g);
  expect(!frame->has_default, "select", "one that has a default waits");
  Sudog* last = nullptr;
  for (unsigned i = 0; i < frame->order_count; ++i) {
    Sudog* const sudog = acquire_sudog(m, g);
    const NativeFrame native(g, kEnqueueFrame, Site::kSelectEnqueuePrologue);
    const SelectCase& select_case = frame.locked(i);
    Channel& c = *select_case.channel;
    sudog->is_select = true;
    sudog->case_index = frame.lock_order(i);
    {
      const NoSplit nosplit(g);  // between element and list: see wait_on in channel.cc
      sudog->element.store_locked(select_case.element, c.lock);
      sudog->channel = &c;
      (last == nullptr ? g.waiting : last->wait_link) = sudog;
    }
    last = sudog;
    (select_case.is_send ? c.senders : c.receivers).enqueue(*sudog);
    announce_park({g, sudog->case_index}, c, select_case.is_send);
  }
  g.parameter = nullptr;
  frame->header.resume = kWoken;
  g.parking_on_chan.publish(1, Site::kParkingOnChanStore);
  return park(m, g, &select_park_commit, nullptr, WaitReason::kSelect);
}

// Clears the elements of every sudog that waited, and takes the list off the goroutine: from now on
// a copy of the stack has nothing to adjust.
Sudog* take_waiting(Goroutine& g) {
  Sudog* const list = g.waiting;
  for (Sudog* sudog = list; sudog != nullptr; sudog = sudog->wait_link) {
    expect(sudog->goroutine == &g && sudog->is_select, "waiting list is corrupted",
           "a sudog is not of this select");
    sudog->is_select = false;
    sudog->element.store_locked(0, sudog->channel->lock);
  }
  g.waiting = nullptr;
  return list;
}

// Pass 3, all locks held: finds the winner and takes the losers off their queues. Returns its case.
unsigned dequeue_losers(Goroutine& g, const Frame& frame, Sudog* list, Sudog* winner) {
  const NativeFrame native(g, kWakeFrame, Site::kSelectWakePrologue);
  unsigned chosen = kNoCase;
  Sudog* sudog = list;
  for (unsigned i = 0; i < frame->order_count; ++i) {
    require(sudog != nullptr, "waiting list is corrupted", "fewer sudogs than cases");
    expect(sudog->channel == frame.locked(i).channel, "waiting list is corrupted",
           "a sudog waits on another channel than its case");
    if (sudog == winner) {
      chosen = frame.lock_order(i);  // its waker has taken it off already
    } else {
      Channel& c = *frame.locked(i).channel;
      (frame.locked(i).is_send ? c.senders : c.receivers).remove(*sudog);
      platform::record(
          event::Dequeued{.goroutine = g.id, .channel = c.id, .case_index = frame.lock_order(i)});
    }
    sudog->channel = nullptr;
    sudog = sudog->wait_link;
  }
  expect(sudog == nullptr, "waiting list is corrupted", "more sudogs than cases");
  require(chosen != kNoCase, "spurious wake-up", "select: bad wakeup");
  return chosen;
}

void release_all(Machine& m, Goroutine& g, Sudog* list) {
  while (list != nullptr) {
    Sudog* const sudog = list;
    list = sudog->wait_link;
    sudog->wait_link = nullptr;
    release_sudog(m, g, sudog);
  }
}

void after_wake(Goroutine& g, const Frame& frame) {
  costly(check_woken, g);
  expect(g.parameter == nullptr || g.select_done.inspect() == 1, "spurious wake-up",
         "the waker has not won the select");
  g.active_stack_chans.store(false, Site::kActiveStackChansClear);
  frame->header.resume = kDequeueNext;
}

// Pass 3.
Action after_wait(Machine& m, Goroutine& g, const Frame& frame) {
  lock_all(g, frame);
  g.select_done.publish(0, Site::kSelectDoneReset);
  Sudog* const winner = g.parameter;
  g.parameter = nullptr;
  const bool success = winner != nullptr && winner->success;
  Sudog* const list = take_waiting(g);
  const unsigned chosen = dequeue_losers(g, frame, list, winner);
  const bool is_send = frame.at(chosen).is_send;
  const ChannelId channel = frame.at(chosen).channel->id;
  unlock_all(g, frame);
  release_all(m, g, list);
  if (is_send && !success) panic(g, PanicKind::kSendOnClosed, channel);  // woken by close
  return finish(g, static_cast<std::uint16_t>(chosen), success);
}

Action ready_partner(Machine& m, Goroutine& g, const Frame& frame) {
  wake(m, g, *frame->partner, true);
  return finish(g, frame->chosen, frame->ok);
}

Action select_step(Machine& m, Goroutine& g) {
  const Frame frame(g);
  switch (frame->header.resume) {
    case kWoken:
      after_wake(g, frame);
      if (must_stop(g, Site::kSelectWokenPoint)) return Action::kNext;
      [[fallthrough]];
    case kDequeueNext:
      return after_wait(m, g, frame);
    case kReadyNext:
      return ready_partner(m, g, frame);
    default:
      expect(frame->header.resume == kBegin, "spurious wake-up",
             "a select without cases waits for ever");
  }
  make_poll_order(frame);
  make_lock_order(frame);
  if (frame->order_count == 0 && !frame->has_default) {
    frame->header.resume = kForEver;
    return park(m, g, nullptr, nullptr, WaitReason::kSelectNoCases);
  }
  lock_all(g, frame);
  const Done done = try_cases(g, frame);
  if (done.index == kNoCase) return enqueue_and_park(m, g, frame);
  const ChannelId channel = done.is_panic ? frame.at(done.index).channel->id : kNilChannel;
  unlock_all(g, frame);
  expect(done.partner == nullptr || !done.is_panic, "select", "it panics, and has a partner");
  if (done.partner != nullptr) {
    frame->partner = done.partner;
    frame->chosen = done.index;
    frame->ok = done.ok;
    frame->header.resume = kReadyNext;
    if (must_stop(g, Site::kReadyPoint)) return Action::kNext;
    return ready_partner(m, g, frame);
  }
  if (done.is_panic) panic(g, PanicKind::kSendOnClosed, channel);
  return finish(g, done.index, done.ok);
}

}  // namespace

void call_select(Machine& m, Goroutine& g, unsigned n, bool has_default) {
  (void)m;
  require(n <= kSelectCasesMax, "select", "more than kSelectCasesMax cases");
  const auto orders_offset = static_cast<std::uint16_t>(kCasesOffset + sizeof(SelectCase) * n);
  const std::uint32_t bytes = (orders_offset + 2 * n + 15) & ~15u;
  push_frame(g, kSelect, bytes, Site::kSelectPrologue);
  const Frame frame(g);
  frame->header.group_count = static_cast<std::uint16_t>(n);
  frame->case_count = static_cast<std::uint8_t>(n);
  frame->has_default = has_default;
  frame->orders_offset = orders_offset;
}

void set_case(Goroutine& g, unsigned index, Channel* c, bool is_send,
              std::uint32_t element_below_hi) {
  const Frame frame(g);
  require(index < frame->case_count, "select", "a case that does not exist");
  expect(frame->header.resume == 0, "select", "a case is set when it has begun");
  SelectCase& select_case = frame.at(index);
  select_case.channel = c;
  select_case.is_send = is_send;
  select_case.element = element_below_hi != 0 ? g.at(element_below_hi) : 0;
  if (kCostlyChecks && c != nullptr) check_element(g, *c, select_case.element);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
