// LockRank: the one table of lock order. A thread takes locks in increasing rank only.
//
// Within kChannel and kChannelLeaf a thread may hold many, then in increasing channel id.
// kChannelLeaf is the same lock object taken by a stack copy (Go: hchanLeaf): nothing but further
// leaves, the stack pool and the heap may follow it. The oracle lock_order holds each run to this
// table.
//
// kStackScan is a pseudo-lock: the suspender takes it with the scan bit, and whoever changes a
// status from what may be scanned is held to its rank, whether it has to wait or not. A copy takes
// channel locks under the bit, so it comes before them, and nobody waits for it with one in hand.
//
// kScanRunning is the same bit on top of running, where it means less: its holder asks something of
// the goroutine, takes no lock and waits for nothing, and gives it back. So it comes last of all,
// and a goroutine that parks waits for it with its channels' locks in hand.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/names.h"

namespace concertina {

enum class LockRank : std::uint16_t {
  kNone = 0,
  kAllGoroutines = 1,
  kStackScan = 2,  // the scan bit of a status, which is waited for like a lock
  kScheduler = 3,
  kChannel = 4,
  kSudogCache = 5,
  kChannelLeaf = 6,
  kStackPool = 7,
  kHeap = 8,
  kScanRunning = 9,  // the scan bit over running
  kCount
};

inline constexpr std::string_view kLockRankNames[] = {
    "none",        "all-goroutines", "stack-scan", "scheduler", "channel",
    "sudog-cache", "channel-leaf",   "stack-pool", "heap",      "scan-of-running"};

constexpr std::string_view lock_rank_name(LockRank rank) {
  return name_at(kLockRankNames, rank, "unknown-rank");
}

}  // namespace concertina
