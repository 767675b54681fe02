// Channel: a bounded queue between goroutines, a rendezvous when its capacity is 0 (Go: hchan).
//
// Invariants, whenever the lock is free
//   I1  senders is empty or receivers is empty, unless one goroutine selects on both ends
//   I2  count > 0 implies receivers is empty
//   I3  count < capacity implies senders is empty
//   I4  once closed, both are empty
//
// While the lock is held no other goroutine's status is changed: ready() may wait for a suspender,
// and a suspender that copies a stack may want this lock (golang/go d45bf7228f).
//
// Operations are frames on the goroutine's own stack, because they may park, and be stopped where
// they hold no lock (stack/stack.h, must_stop): what they need then is in the frame. Each call_...
// pushes one and returns; the caller's step returns Action::kNext at once and finds
// Goroutine::result when it is resumed. An element is named by its distance below stack.hi, 0 for
// "discard" or "none".
#pragma once

#include <cstdint>

#include "chan/wait_queue.h"
#include "platform.h"
#include "sched/runtime.h"
#include "stack/goroutine.h"

namespace concertina::inline CONCERTINA_PLATFORM {

struct Channel : ChannelBase {
  Channel(ChannelId channel_id, std::uint32_t element_size, std::uint32_t buffer_slots,
          unsigned char* buffer_memory, ObjectHeap* elastic_memory = nullptr)
      : ChannelBase(channel_id, element_size),
        capacity(buffer_slots),
        elastic(elastic_memory),
        buffer(buffer_memory) {}

  const std::uint32_t capacity;
  ObjectHeap* const elastic;  // where its buffer comes from and goes to; null: it keeps its buffer

  // Guarded by lock.
  unsigned char* buffer;  // capacity slots of element_bytes
  std::uint32_t send_index = 0;
  std::uint32_t receive_index = 0;
  WaitQueue receivers{lock};
  WaitQueue senders{lock};
  // Written under lock, read without it by len and the non-blocking fast paths.
  platform::Atomic<std::uint32_t> count{0};
  platform::Atomic<std::uint32_t> closed{0};

  unsigned char* slot(std::uint32_t index) const {
    return buffer + std::size_t{index} * element_bytes;
  }
};

/// Go: makechan. Elements of at most kElementSizeMax bytes.
Channel* make_channel(Runtime& runtime, std::uint32_t element_bytes, std::uint32_t capacity);

/// c <- element. result.selected tells a non-blocking call whether it was sent. A nil channel
/// blocks for ever. Sending on a closed channel panics.
void call_send(Machine& m, Goroutine& g, Channel* c, std::uint32_t element_below_hi, bool block);

/// element, ok = <-c. result.selected as above; result.ok is false when the channel was closed and
/// drained; then the element is zeroed.
void call_receive(Machine& m, Goroutine& g, Channel* c, std::uint32_t element_below_hi, bool block);

/// close(c). Wakes every waiter. Closing nil or a closed channel panics. Does not park, and leaves
/// no result.
void call_close(Machine& m, Goroutine& g, Channel* c);

/// len(c) and cap(c); 0 for nil.
std::uint32_t channel_len(const Channel* c);
std::uint32_t channel_cap(const Channel* c);

/// Announces every channel's state at the end of a run (Runtime::announce_channels).
void announce_channels(Runtime& runtime);

}  // namespace concertina::inline CONCERTINA_PLATFORM
