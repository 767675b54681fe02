#include "mutate/site_pairs.h"

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

using enum Site;

// A goroutine's status, and what is asked of it, which the same places look at.
constexpr Site kStatusReaders[] = {
    kPreemptPoll,     kParkStatus,       kReadyStatus,   kStatusWaitForScan, kExecuteStatus,
    kYieldStatus,     kExitStatus,       kSyscallStatus, kCopyStackStatus,   kScanSuspend,
    kScanSuspendWait, kScanPreemptStore, kScanResume,    kPreemptLook};
constexpr Site kStatusWriters[] = {
    kPreemptPoll,   kParkStatus,      kReadyStatus, kExecuteStatus,    kYieldStatus, kExitStatus,
    kSyscallStatus, kCopyStackStatus, kScanSuspend, kScanPreemptStore, kScanResume};
constexpr Site kGuardReaders[] = {kLoopBackEdge, kStackGuard};
constexpr Site kGuardWriters[] = {kStackGuard};
constexpr Site kClosedReaders[] = {kChanSendFastClosed, kChanReceiveFastClosed, kChanClosedLoad};
constexpr Site kClosedWriters[] = {kChanClosedStore};
constexpr Site kChanLocks[] = {kChanSendLock, kChanReceiveLock, kChanCloseLock, kSelectLock,
                               kCopyStackLock};
constexpr Site kChanUnlocks[] = {
    kChanSendUnlock, kChanReceiveUnlock, kChanCloseUnlock,        kWakeUnlock,
    kSelectUnlock,   kParkCommitUnlock,  kSelectParkCommitUnlock, kCopyStackUnlock};
constexpr Site kElementReaders[] = {kSudogElementLoad};
constexpr Site kElementWriters[] = {kSudogElementStore};
constexpr Site kSelectDoneReaders[] = {kSelectDoneUpdate};
constexpr Site kSelectDoneWriters[] = {kSelectDoneUpdate, kSelectDoneReset};
constexpr Site kParkingReaders[] = {kParkingOnChanLoad};
constexpr Site kParkingWriters[] = {kParkingOnChanStore, kParkingOnChanClear};
constexpr Site kActiveReaders[] = {kActiveStackChansLoad};
constexpr Site kActiveWriters[] = {kActiveStackChansSet, kActiveStackChansClear};
constexpr Site kPoolLocks[] = {kStackPoolLock};
constexpr Site kPoolUnlocks[] = {kStackPoolUnlock};
constexpr Site kCacheLocks[] = {kSudogCacheLock};
constexpr Site kCacheUnlocks[] = {kSudogCacheUnlock};
constexpr Site kAllLocks[] = {kAllGoroutinesLock};
constexpr Site kAllUnlocks[] = {kAllGoroutinesUnlock};
constexpr Site kSchedulerLocks[] = {kSchedulerLock};
constexpr Site kSchedulerUnlocks[] = {kSchedulerUnlock};
constexpr Site kHeadReaders[] = {kRunQueueHeadLoad, kRunQueueHeadUpdate, kQueueLookHead};
constexpr Site kHeadWriters[] = {kRunQueueHeadUpdate};
constexpr Site kTailReaders[] = {kRunQueueTailLoad, kQueueLookTail, kQueueLookTailAgain};
constexpr Site kTailWriters[] = {kRunQueueTailStore};
constexpr Site kSlot[] = {kRunQueueSlot};
constexpr Site kNextReaders[] = {kRunNextLoad, kRunNextUpdate, kQueueLookNext};
constexpr Site kNextWriters[] = {kRunNextUpdate};
constexpr Site kSpinningReaders[] = {kSpinningLoad, kSpinningUpdate};
constexpr Site kSpinningWriters[] = {kSpinningUpdate};
constexpr Site kIdleReaders[] = {kIdleProcessorsLoad, kIdleProcessorsStore};
constexpr Site kIdleWriters[] = {kIdleProcessorsStore};
constexpr Site kGlobalReaders[] = {kGlobalQueueSizeLoad, kGlobalQueueSizeStore};
constexpr Site kGlobalWriters[] = {kGlobalQueueSizeStore};
constexpr Site kCountReaders[] = {kScanRequest};
constexpr Site kCountWriters[] = {kGoroutineCountStore};
constexpr Site kNeed[] = {kNeedSpinning};
constexpr Site kNoteReaders[] = {kMachineNoteSleep};
constexpr Site kNoteWriters[] = {kMachineNoteWake};

constexpr SiteFamily kFamilies[] = {
    {kStatusReaders, kStatusWriters},
    {kClosedReaders, kClosedWriters},
    {kChanLocks, kChanUnlocks},
    {kElementReaders, kElementWriters},
    {kSelectDoneReaders, kSelectDoneWriters},
    {kParkingReaders, kParkingWriters},
    {kActiveReaders, kActiveWriters},
    {kPoolLocks, kPoolUnlocks},
    {kCacheLocks, kCacheUnlocks},
    {kAllLocks, kAllUnlocks},
    {kSchedulerLocks, kSchedulerUnlocks},
    {kHeadReaders, kHeadWriters},
    {kTailReaders, kTailWriters},
    {kSlot, kSlot},
    {kNextReaders, kNextWriters},
    {kSpinningReaders, kSpinningWriters},
    {kIdleReaders, kIdleWriters},
    {kGlobalReaders, kGlobalWriters},
    {kCountReaders, kCountWriters},
    {kNeed, kNeed},
    {kNoteReaders, kNoteWriters},
    {kGuardReaders, kGuardWriters},
};

constexpr unsigned kConstraintsUsed = 6;  // more of them hinder each other
constexpr std::uint8_t kSkipMax = 8;

}  // namespace

std::span<const SiteFamily> site_families() { return kFamilies; }

Constraint draw_constraint(Random& random) {
  // Mostly negative: "not that one" leaves more open than "that one" (explorer.cc).
  static constexpr std::uint32_t kWantedPercents[] = {11, 11, 50};
  const SiteFamily& family =
      random.percent(40) ? kFamilies[random.below(3)] : random.pick(kFamilies);
  Constraint constraint;
  constraint.is_wanted = random.percent(random.pick(kWantedPercents));
  constraint.reader = random.pick(family.readers);
  constraint.writer = random.pick(family.writers);
  CHECK(constraint.reader < Site::kCount && constraint.writer < Site::kCount,
        "a constraint is about two sites");
  if (random.percent(25)) constraint.skip = static_cast<std::uint8_t>(random.between(1, 4));
  return constraint;
}

void mutate_constraints(std::vector<Constraint>& constraints, Random& random) {
  const auto size = static_cast<std::uint32_t>(constraints.size());
  CHECK(size <= kConstraintsMax, "a list that is mutated is valid");
  const std::uint32_t choice = random.below(5);
  if (size == 0 || (choice == 0 && size < kConstraintsUsed)) {
    constraints.push_back(draw_constraint(random));
    return;
  }
  const std::uint32_t at = random.below(size);
  Constraint& one = constraints[at];
  switch (choice) {
    case 0:
    case 1:
      one = draw_constraint(random);
      break;
    case 2:
      one.is_wanted = !one.is_wanted;
      break;
    case 3:
      constraints.erase(constraints.begin() + at);
      break;
    default:
      if (one.skip > 0 && random.percent(50))
        --one.skip;
      else if (one.skip < kSkipMax)
        ++one.skip;
      break;
  }
}

}  // namespace concertina::fuzzers
