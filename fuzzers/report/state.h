// State: the channels and the goroutines when the run ended, and why nobody goes on when all
// goroutines are asleep.
#pragma once

#include <string>

#include "report/ink.h"
#include "report/listing.h"
#include "report/names.h"
#include "report/picture.h"

namespace concertina::fuzzers {

/// One line a channel: capacity, element, what is buffered, who queues, in order.
std::string channels_at_end(const Picture& picture, const Names& names);

/// One line a goroutine: what it does, what it waits for, and where in the program.
std::string goroutines_at_end(const Picture& picture, const Names& names, const Listing& listing,
                              const std::map<GoroutineId, Place>& places);

/// For each goroutine that is asleep: what would have to happen, and why nobody will do it. Empty
/// when nobody is asleep.
std::string why_asleep(const Picture& picture, const Names& names);

}  // namespace concertina::fuzzers
