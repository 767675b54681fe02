#include "chan/collect.h"

#include "chan/channel.h"

namespace concertina::inline CONCERTINA_PLATFORM {
namespace {

unsigned note_queue(const WaitQueue& queue, const Channel& c, std::uintptr_t* elements,
                    unsigned max) {
  unsigned count = 0;
  for (const Sudog* sudog = queue.inspect_first(); sudog != nullptr && count < max;
       sudog = sudog->next) {
    // A select that another channel's waker has won may copy its stack, and mend this element,
    // without the lock.
    if (sudog->is_select) continue;
    const std::uintptr_t element = sudog->element.load_locked(c.lock);
    if (element != 0) elements[count++] = element;
  }
  return count;
}

}  // namespace

bool drop_central_sudogs(Runtime& runtime) {
  runtime.sudog_lock.lock(Site::kSudogCacheLock);
  Sudog* dropped = runtime.central_sudogs;
  runtime.central_sudogs = nullptr;
  runtime.sudog_lock.unlock(Site::kSudogCacheUnlock);
  const bool are_any = dropped != nullptr;
  while (dropped != nullptr) {
    Sudog* const next = dropped->next;
    require(dropped->goroutine == nullptr && dropped->element.inspect() == 0, "sudog cache",
            "a sudog is dropped that is in use");
    runtime.objects.free(dropped);
    dropped = next;
  }
  return are_any;
}

unsigned note_elements(Runtime& runtime, std::uintptr_t* elements, unsigned max) {
  runtime.goroutines_lock.lock(Site::kAllGoroutinesLock);
  const unsigned channels = runtime.channel_count;
  runtime.goroutines_lock.unlock(Site::kAllGoroutinesUnlock);
  unsigned count = 0;
  for (unsigned i = 0; i < channels && count < max; ++i) {
    auto& c = static_cast<Channel&>(*runtime.channels[i]);
    if (!c.receivers.seems_to_have_waiters() && !c.senders.seems_to_have_waiters()) continue;
    c.lock.lock(Site::kScanChannelLock);
    count += note_queue(c.receivers, c, elements + count, max - count);
    count += note_queue(c.senders, c, elements + count, max - count);
    c.lock.unlock(Site::kScanChannelUnlock);
  }
  return count;
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
