// heap: no memory is two things at once (runtime/heap/, stack/stack_pool.h).
//
//   1. A span of pages is taken only when all of them are free, and given back once, whole.
//   2. A stack lies in a span for stacks, an object in one for objects, and nothing is handed out
//      that is in use. A span is given back only when nothing in it is in use.
//   3. A stack's span is not given back while a scan works: the scan may have a pointer into it in
//      mind.
//   4. Nobody writes to free pages.
//   5. A processor empties its cache of stacks once for a scan; and when it takes up a goroutine it
//      has done so for every scan that had begun when it took up the one before.
//
// Interpretation: what happens to spans and objects is announced under the heap's lock, the
// beginning and the end of scans under that of the stack pool; a stack's holder has got it from a
// span that was there before. A history without spans has nothing to be judged.
#pragma once

#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

Verdict judge_heap(const Program& program, const Trace& trace);

}  // namespace concertina::fuzzers
