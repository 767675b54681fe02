// Moving elements between goroutines, under the channel's lock, and waking the waiters.
#include "chan/channel_internal.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

constexpr Function kSendFrame = native_function(FunctionId::kSend, 96);
constexpr Function kReceiveFrame = native_function(FunctionId::kReceive, 96);

template <class Fact>
void announce(Actor actor, const Channel& c) {
  platform::record(
      Fact{.goroutine = actor.goroutine.id, .channel = c.id, .case_index = actor.case_index});
}

template <class Fact>
void announce(Actor actor, const Channel& c, const Sudog& partner) {
  platform::record(Fact{.goroutine = actor.goroutine.id,
                        .channel = c.id,
                        .case_index = actor.case_index,
                        .partner = partner.goroutine->id,
                        .partner_case = partner.case_index});
}

const void* source(FrameRef<std::uintptr_t> element) {
  return reinterpret_cast<const void*>(*element);
}
void* target(FrameRef<std::uintptr_t> element) { return reinterpret_cast<void*>(*element); }

void advance(const Channel& c, std::uint32_t& index) {
  if (++index == c.capacity) index = 0;
}

}  // namespace

void lock_channel(Goroutine& g, Channel& c, Site site) {
  c.lock.lock(site);
  ++g.locks_held;
  expect(g.locks_held <= kSelectCasesMax, "channel lock", "more are held than a select has cases");
  costly(check_channel, c);
}

void unlock_channel(Goroutine& g, Channel& c, Site site) {
  costly(check_channel, c);
  expect(g.locks_held != 0, "channel lock", "one is given back that the goroutine does not hold");
  --g.locks_held;
  c.lock.unlock(site);
  if (g.locks_held == 0) recall_if_asked(g);
}

bool chan_park_commit(Goroutine& g, void* argument) {
  auto& c = *static_cast<Channel*>(argument);
  expect(g.locks_held == 1, "park commit", "other locks are held than that of the one channel");
  costly(check_about_to_commit, g);
  costly(check_channel, c);
  --g.locks_held;
  // The locks that protect the sudogs are about to be free: from now on every copy takes them.
  g.active_stack_chans.store(true, Site::kActiveStackChansSet);
  // Release: a suspender that reads 0 also sees the flag above.
  g.parking_on_chan.publish(0, Site::kParkingOnChanClear);
  c.lock.unlock(Site::kParkCommitUnlock);
  // Nothing may touch g from here on: it may be running already.
  return true;
}

void transfer_to_receiver(Actor sender, Channel& c, Sudog& receiver,
                          FrameRef<std::uintptr_t> element) {
  costly(check_dequeued, c, receiver);
  expect(c.count.inspect() == 0, "send", "a receiver waited beside an element");
  announce<event::SendToReceiver>(sender, c, receiver);
  const NativeFrame frame(sender.goroutine, kSendFrame, Site::kSendPrologue);
  const std::uintptr_t slot = receiver.element.load(Site::kSudogElementLoad);
  if (slot == 0) return;
  // The slot is on another goroutine's stack. Between reading its address and this copy's end
  // nothing may move that stack: the channel's lock sees to it.
  platform::copy(reinterpret_cast<void*>(slot), source(element), c.element_bytes,
                 Site::kSendDirect);
  receiver.element.store(0, Site::kSudogElementStore);
}

void transfer_from_sender(Actor receiver, Channel& c, Sudog& sender,
                          FrameRef<std::uintptr_t> element) {
  costly(check_dequeued, c, sender);
  expect(c.count.inspect() == c.capacity, "receive", "a sender waited beside a free slot");
  if (c.capacity == 0) {
    announce<event::ReceiveFromSender>(receiver, c, sender);
  } else {
    announce<event::ReceiveFromBuffer>(receiver, c, sender);
  }
  const NativeFrame frame(receiver.goroutine, kReceiveFrame, Site::kReceivePrologue);
  if (c.capacity == 0) {
    const std::uintptr_t slot = sender.element.load(Site::kSudogElementLoad);
    if (*element != 0) {
      platform::copy(target(element), reinterpret_cast<const void*>(slot), c.element_bytes,
                     Site::kReceiveDirect);
    }
  } else {
    // The buffer is full. Take its head; the sender's element becomes the tail, in the same slot.
    unsigned char* const head = c.slot(c.receive_index);
    if (*element != 0) {
      platform::copy(target(element), head, c.element_bytes, Site::kBufferTake);
    }
    const std::uintptr_t slot = sender.element.load(Site::kSudogElementLoad);
    platform::copy(head, reinterpret_cast<const void*>(slot), c.element_bytes,
                   Site::kReceiveDirect);
    advance(c, c.receive_index);
    c.send_index = c.receive_index;
  }
  sender.element.store(0, Site::kSudogElementStore);
}

unsigned char* make_buffer(ObjectHeap& objects, std::uint32_t element_bytes,
                           std::uint32_t capacity) {
  const std::size_t bytes = std::size_t{element_bytes} * capacity + 8;
  return static_cast<unsigned char*>(objects.make(bytes, ObjectUse::kBuffer));
}

void put_in_buffer(Actor sender, Channel& c, FrameRef<std::uintptr_t> element) {
  expect(c.count.inspect() < c.capacity, "channel buffer", "an element is put where no slot is");
  costly(check_element, sender.goroutine, c, *element);
  if (c.buffer == nullptr) c.buffer = make_buffer(*c.elastic, c.element_bytes, c.capacity);
  platform::copy(c.slot(c.send_index), source(element), c.element_bytes, Site::kBufferPut);
  advance(c, c.send_index);
  c.count.store_locked(c.count.load_locked(c.lock) + 1, c.lock);
  announce<event::SendToBuffer>(sender, c);
}

void take_from_buffer(Actor receiver, Channel& c, FrameRef<std::uintptr_t> element) {
  expect(c.count.inspect() != 0, "channel buffer", "an element is taken where none is");
  costly(check_element, receiver.goroutine, c, *element);
  unsigned char* const head = c.slot(c.receive_index);
  if (*element != 0) platform::copy(target(element), head, c.element_bytes, Site::kBufferTake);
  platform::clear(head, c.element_bytes, Site::kClearElement);
  advance(c, c.receive_index);
  const std::uint32_t left = c.count.load_locked(c.lock) - 1;
  c.count.store_locked(left, c.lock);
  announce<event::ReceiveFromBuffer>(receiver, c);
  if (left == 0 && c.elastic != nullptr) {
    c.elastic->free(c.buffer);
    c.buffer = nullptr;
  }
}

void clear_element(Channel& c, FrameRef<std::uintptr_t> element, Site site) {
  if (*element != 0) platform::clear(target(element), c.element_bytes, site);
}

void announce_park(Actor actor, const Channel& c, bool is_send) {
  if (is_send) {
    announce<event::SendPark>(actor, c);
  } else {
    announce<event::ReceivePark>(actor, c);
  }
}

void wake(Machine& m, Goroutine& waker, Sudog& sudog, bool success) {
  Goroutine& g = *sudog.goroutine;
  expect(&g != &waker, "wake", "a goroutine wakes itself");
  expect(g.parameter == nullptr, "wake", "its goroutine has been woken already");
  expect(sudog.element.inspect() == 0, "wake", "the sudog still has its element");
  // The waker owns the wake-up: nobody else writes these until g runs.
  g.parameter = &sudog;
  sudog.success = success;
  ready(m, waker, g);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
