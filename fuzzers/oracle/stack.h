// stack: is every stack whole, and copied by the rules?
//
//   1. A walk (census) sees a chain: the youngest frame begins at the stack pointer, each saved
//      frame pointer names the next older frame, and only the oldest frame's is nil.
//   2. No pointer slot and no waiting sudog's element points outside the part of the stack in use.
//   3. A copy changes nothing but addresses: the walk after it equals the walk before it, slot by
//      slot, because distances below stack.hi survive a copy.
//   4. A goroutine that is enqueued on channels is copied under their locks, until a waker has
//      readied it: taken for the copy, or held by the machine that enqueued it.
//   5. No copy in a system call, nor while the goroutine suspends others, and not two at once.
//   6. A copy is made in status copy-stack, which tells suspenders to wait, or under the scan bit.
//   7. A shrink leaves the guard space and three quarters of the old stack unused.
//   8. What a goroutine that suspends others counts in its frame is there in the end.
//   9. Nobody writes to a freed stack; none is handed out or freed twice.
// Interpretation: a census's frames and pointers follow it with no other event in between, youngest
// frame first; some walks are not announced. kSudogSeen stands between kCopyBegin and kCopyEnd and
// speaks of the new stack. An overwritten kStackFreed is a second event of an
// already freed stack.
#pragma once

#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

Verdict judge_stack(const Program& program, const Trace& trace);

}  // namespace concertina::fuzzers
