// Cells: the fixed set of presence bits that a run may set, beside the edges that compilers count.
//
// A cell is a byte that is 0 or 1, at a dense index that depends on nothing but the values of the
// enumerations below: no hashes, no addresses, no ids of a run. A group is a range of cells that
// can be left out. Presence, not counts: counts would multiply what an engine takes for new by
// eight, and two runs that differ in nothing but how often are rarely worth two corpus entries
// (GFuzz, ASPLOS 2022, and RFF, ASPLOS 2024, use operation and reads-from pairs in this way).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "base/limits.h"
#include "base/lock_rank.h"

namespace concertina::fuzzers {

enum class Group : std::uint8_t {
  kReadsFrom,  // code sites: who read what whom had written
  kChannel,    // two operations in a row on one channel, its state and waiters
  kSelect,     // how selects were decided
  kLock,       // lock order, and who takes a lock after whom
  kCopy,       // what happens while a stack is copied
  kScheduler,  // classes of the scheduler's state
  kMaxima,     // greatest lengths and counts of the run, by powers of two
  kCount
};
inline constexpr unsigned kGroups = static_cast<unsigned>(Group::kCount);
inline constexpr std::array<std::string_view, kGroups> kGroupNames = {
    "rf", "chan", "select", "lock", "copy", "sched", "max"};

template <class Enum>
constexpr unsigned count_of() {
  return static_cast<unsigned>(Enum::kCount);
}

// --- kReadsFrom: (reader, writer) within a family of mutate/site_pairs.h; room for those to come.
inline constexpr unsigned kReadsFromCells = 256;

// --- kChannel: earlier effect x effect x state and waiters before it; and operations on nil.
enum class ChannelEffect : std::uint8_t {
  kNone,  // only as the earlier one: it is the channel's first
  kSendToBuffer,
  kSendToReceiver,
  kSendPark,
  kReceiveFromBuffer,
  kReceiveAndAdmit,  // from the buffer, and a waiting sender takes the slot
  kReceiveFromSender,
  kReceiveClosed,
  kReceivePark,
  kClose,
  kSendGaveUp,
  kReceiveGaveUp,
  kCount
};
enum class ChannelState : std::uint8_t { kUnbuffered, kEmpty, kPartly, kFull, kClosed, kCount };
enum class Waiters : std::uint8_t { kNobody, kReceivers, kSenders, kCount };
enum class NilOperation : std::uint8_t {
  kSend,
  kReceive,
  kTrySend,
  kTryReceive,
  kClose,
  kSelectSend,
  kSelectReceive,
  kCount
};
inline constexpr unsigned kChannelPairCells = count_of<ChannelEffect>() *
                                              count_of<ChannelEffect>() * count_of<ChannelState>() *
                                              count_of<Waiters>();
inline constexpr unsigned kChannelCells = kChannelPairCells + count_of<NilOperation>();

constexpr unsigned channel_cell(ChannelEffect earlier, ChannelEffect effect, ChannelState state,
                                Waiters waiters) {
  unsigned cell = static_cast<unsigned>(earlier);
  cell = cell * count_of<ChannelEffect>() + static_cast<unsigned>(effect);
  cell = cell * count_of<ChannelState>() + static_cast<unsigned>(state);
  return cell * count_of<Waiters>() + static_cast<unsigned>(waiters);
}
constexpr unsigned nil_cell(NilOperation operation) {
  return kChannelPairCells + static_cast<unsigned>(operation);
}

// --- kSelect: number of cases x which was chosen x cases that were ready x parked or not.
enum class Chosen : std::uint8_t { kDefault, kFirst, kMiddle, kLast, kCount };
inline constexpr unsigned kCaseBuckets = 5;   // 0 to 3, more
inline constexpr unsigned kReadyBuckets = 4;  // 0 to 2, more
inline constexpr unsigned kSelectCells = kCaseBuckets * count_of<Chosen>() * kReadyBuckets * 2;

constexpr unsigned at_most(unsigned value, unsigned buckets) {
  return value < buckets ? value : buckets - 1;
}
constexpr unsigned select_cell(unsigned cases, Chosen chosen, unsigned ready, bool parked) {
  unsigned cell = at_most(cases, kCaseBuckets) * count_of<Chosen>() + static_cast<unsigned>(chosen);
  cell = cell * kReadyBuckets + at_most(ready, kReadyBuckets);
  return cell * 2 + (parked ? 1 : 0);
}

// --- kLock: rank held x rank taken; rank x who let it go x who, on another thread, takes it.
inline constexpr unsigned kRanks = count_of<LockRank>();
inline constexpr unsigned kHolders = 4;  // bit 0: for a goroutine; bit 1: while it copies a stack
inline constexpr unsigned kLockCells = kRanks * kRanks + kRanks * kHolders * kHolders;

constexpr unsigned lock_order_cell(unsigned held, unsigned taken) { return held * kRanks + taken; }
constexpr unsigned hand_off_cell(unsigned rank, unsigned from, unsigned to) {
  return kRanks * kRanks + (rank * kHolders + from) * kHolders + to;
}

// --- kCopy: a copy is its reason and the locks that it needs (event.def, kCopyBegin).
inline constexpr unsigned kCopyReasons = 3;
inline constexpr unsigned kCopyLocks = 3;
inline constexpr unsigned kCopies = kCopyReasons * kCopyLocks;
inline constexpr unsigned kCopyWitnesses = 26;  // kinds of events of others; see copy_signals.cc
enum class OpenOperation : std::uint8_t { kNone, kSend, kReceive, kClose, kSelect, kCount };
inline constexpr unsigned kStatuses = 16;
inline constexpr unsigned kMeanwhileCells = kCopies * kCopyWitnesses * 2;
inline constexpr unsigned kDuringCells = kCopies * count_of<OpenOperation>() * 2;
inline constexpr unsigned kCopyCells = kMeanwhileCells + kDuringCells + kCopyReasons * kStatuses;

/// Another thread did something meanwhile; to the goroutine whose stack is copied, or elsewhere.
constexpr unsigned meanwhile_cell(unsigned copy, unsigned witness, bool to_it) {
  return (copy * kCopyWitnesses + witness) * 2 + (to_it ? 1 : 0);
}
/// What the goroutine was doing when its stack was copied.
constexpr unsigned during_cell(unsigned copy, OpenOperation operation, bool parked) {
  return kMeanwhileCells +
         (copy * count_of<OpenOperation>() + static_cast<unsigned>(operation)) * 2 +
         (parked ? 1 : 0);
}
constexpr unsigned copy_status_cell(unsigned reason, unsigned status) {
  return kMeanwhileCells + kDuringCells + reason * kStatuses + at_most(status, kStatuses);
}

// --- kScheduler: what has just happened x idle processors x runnable x who looks x who is called.
enum class WorkChange : std::uint8_t {
  kQueued,
  kUnqueued,
  kQueueSeenEmpty,
  kProcessorIdle,
  kProcessorTaken,
  kMachineCalled,
  kMachineBegins,
  kMachineSleeps,
  kSettled,
  kCount
};
inline constexpr unsigned kIdleBuckets = kProcessorsLimit + 1;
inline constexpr unsigned kRunnableBuckets = 4;  // 0 to 2, more
inline constexpr unsigned kLookingBuckets = 3;   // 0, 1, more
inline constexpr unsigned kCalledBuckets = 2;    // 0, more
inline constexpr unsigned kSchedulerCells =
    count_of<WorkChange>() * kIdleBuckets * kRunnableBuckets * kLookingBuckets * kCalledBuckets;

constexpr unsigned scheduler_cell(WorkChange change, unsigned idle, unsigned runnable,
                                  unsigned looking, unsigned called) {
  unsigned cell = static_cast<unsigned>(change) * kIdleBuckets + at_most(idle, kIdleBuckets);
  cell = cell * kRunnableBuckets + at_most(runnable, kRunnableBuckets);
  cell = cell * kLookingBuckets + at_most(looking, kLookingBuckets);
  return cell * kCalledBuckets + at_most(called, kCalledBuckets);
}

// --- kMaxima.
enum class Maximum : std::uint8_t {
  kLocalQueue,
  kGlobalQueue,
  kWaitingReceivers,  // on one channel
  kWaitingSenders,
  kCopiesInOperation,  // of the goroutine that has it open
  kLocksHeld,          // by one thread
  kCount
};
inline constexpr unsigned kLogBuckets = 8;
inline constexpr unsigned kMaximaCells = count_of<Maximum>() * kLogBuckets;

/// For a maximum of at least 1.
constexpr unsigned maximum_cell(Maximum what, unsigned maximum) {
  const auto bucket = static_cast<unsigned>(std::bit_width(maximum)) - 1;
  return static_cast<unsigned>(what) * kLogBuckets + at_most(bucket, kLogBuckets);
}

// --- Where the groups lie.
inline constexpr std::array<unsigned, kGroups> kGroupCells = {
    kReadsFromCells, kChannelCells,   kSelectCells, kLockCells,
    kCopyCells,      kSchedulerCells, kMaximaCells};

constexpr unsigned group_begin(Group group) {
  unsigned begin = 0;
  for (unsigned i = 0; i < static_cast<unsigned>(group); ++i) begin += kGroupCells[i];
  return begin;
}

inline constexpr unsigned kCells = group_begin(Group::kCount);
// Engines clear, scan and compare all of them after each run.
static_assert(kCells <= 16 * 1024);

}  // namespace concertina::fuzzers
