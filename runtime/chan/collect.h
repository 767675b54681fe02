// What a scan asks of channels and sudogs, as Go's garbage collector does.
#pragma once

#include <cstdint>

#include "sched/runtime.h"

namespace concertina::inline CONCERTINA_PLATFORM {

/// Drops the central list of sudogs, whose memory may become something else (Go: clearpools). The
/// processors' caches stay. True if there were any.
bool drop_central_sudogs(Runtime& runtime);

/// Elements that waiting goroutines are to be handed, or give, but for selects: their addresses,
/// under each channel's lock, `max` at most. Returns how many. Stacks that they point into may move
/// as soon as this returns. Channels without waiters are passed by.
unsigned note_elements(Runtime& runtime, std::uintptr_t* elements, unsigned max);

}  // namespace concertina::inline CONCERTINA_PLATFORM
