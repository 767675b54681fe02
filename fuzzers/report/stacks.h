// Stacks: a goroutine's frames, pointers and waiting elements, side by side before and after the
// last copy of its stack. Everything is named by its distance in bytes below the stack's top, which
// a copy preserves; so a row that differs, or points outside, is what the copy broke.
//
// The runtime records a walk over a stack at the first copies of a run only; see census.cc. Where
// it recorded none, the page says so.
#pragma once

#include <string>
#include <vector>

#include "report/ink.h"
#include "report/names.h"

namespace concertina::fuzzers {

/// The last copy of g's stack that began at `until` or before. Says so where there was none.
std::string stack_of(GoroutineId g, const Program& program, const Trace& trace, const Names& names,
                     const Ink& ink, std::uint32_t until = 0xffffffff);

/// Goroutines by the time of their stacks' last copies, latest first.
std::vector<GoroutineId> last_copied(const Trace& trace);

}  // namespace concertina::fuzzers
