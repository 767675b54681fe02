// Locks: who holds which lock and who waits for it, the cycle when they wait for each other, and
// which locks were taken in which order when an order was broken and nothing hung.
//
// A suspender's scan bit counts as a lock: every other change of that goroutine's status waits for
// it.
#pragma once

#include <string>
#include <vector>

#include "report/ink.h"
#include "report/names.h"
#include "report/picture.h"

namespace concertina::fuzzers {

/// Channels' locks that are held, all locks that a thread waits for, and scan bits. Empty when
/// there are none.
std::string locks_at_end(const Trace& trace, const Picture& picture, const Names& names);

/// "T0 (g0) holds lock of c0 and wants lock of c1, which T2 holds", one line per thread of the
/// cycle. Empty when no threads wait for each other.
std::string wait_cycle(const Trace& trace, const Picture& picture, const Names& names);

struct LockOrder {
  std::string text;                  // which thread took which lock while it held which
  std::vector<std::uint32_t> steps;  // of those acquisitions
};

/// How locks were taken against their order, or in a cycle. Empty text when they were not.
LockOrder lock_order(const Trace& trace, const Names& names);

}  // namespace concertina::fuzzers
