// State: the channels and the goroutines when the run ended, and why none can run when all
// goroutines are asleep.
#pragma once

#include <string>

#include "report/ink.h"
#include "report/listing.h"
#include "report/names.h"
#include "report/picture.h"

namespace concertina::fuzzers {

/// One line per channel: capacity, element, what is buffered, and its queues, in order.
std::string channels_at_end(const Picture& picture, const Names& names);

/// One line per goroutine: what it does, what it waits for, and where in the program.
std::string goroutines_at_end(const Picture& picture, const Names& names, const Listing& listing,
                              const std::map<GoroutineId, Place>& places);

/// For each goroutine that is asleep: what would have to happen, and why it will not. Empty when
/// none is asleep.
std::string why_asleep(const Picture& picture, const Names& names);

}  // namespace concertina::fuzzers
