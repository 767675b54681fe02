// Sudog: one goroutine waiting on one channel (Go: sudog). In a select it has one per case.
//
// Who may touch what:
//   goroutine, next, previous, element   the channel's lock ("shrinkstack depends on this")
//   wait_link                            the goroutine that waits
//   channel, is_select, case_index       the goroutine that waits, while the sudog is not enqueued
//   success                              the waker that took the sudog off its queue
#pragma once

#include <cstdint>

#include "platform.h"

namespace concertina::inline CONCERTINA_PLATFORM {

struct Goroutine;

/// What a sudog and a stack copy need to know of a channel; chan/channel.h derives from it.
struct ChannelBase {
  ChannelBase(ChannelId channel_id, std::uint32_t element_size)
      : lock(LockRank::kChannel, channel_id), id(channel_id), element_bytes(element_size) {}

  platform::Mutex lock;
  const ChannelId id;
  const std::uint32_t element_bytes;
};

struct Sudog {
  Goroutine* goroutine = nullptr;
  Sudog* next = nullptr;
  Sudog* previous = nullptr;
  /// The slot that the waker reads or writes: an absolute address in the goroutine's stack, or 0.
  platform::Cell<std::uintptr_t> element;
  /// The goroutine's list of sudogs (Goroutine::waiting), in lock order.
  Sudog* wait_link = nullptr;
  ChannelBase* channel = nullptr;
  CaseIndex case_index = 0;
  bool is_select = false;
  /// True when woken by a matching operation, false when woken by close.
  bool success = false;
};

/// A processor's stock of free sudogs. Owner: the machine that holds the processor.
struct SudogCache {
  Sudog* slots[kSudogCacheSlots] = {};
  unsigned count = 0;
};

}  // namespace concertina::inline CONCERTINA_PLATFORM
