// lock_order: are locks taken in the order of the one table (base/lock_rank.h)?
//
//   1. A thread takes locks in increasing rank. Equal ranks: only channels, with increasing id.
//   2. The graph "held while taking" over the run has no cycle, object by object. A channel's lock
//      is one object under two ranks (kChannel, kChannelLeaf), so rank order alone does not imply
//      it: a cycle is a deadlock that another schedule can have.
//   3. A lock has one holder, and its holder frees it.
//   A scan bit counts as taken by whoever changes the status without waiting for it, too (MayLock).
//   4. No thread makes a goroutine runnable while it holds a channel's lock: that may wait for a
//      suspender, which may want the lock.
// Interpretation: locks belong to virtual threads (a machine frees what its goroutine took before
// parking). A release names its lock by object; its rank is ignored.
#pragma once

#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

Verdict judge_lock_order(const Program& program, const Trace& trace);

}  // namespace concertina::fuzzers
