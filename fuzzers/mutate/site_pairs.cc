#include "mutate/site_pairs.h"

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

using enum Site;

constexpr SiteFamily kFamilies[] = {
    // A goroutine's status, and what is asked of it, which the same places look at.
    {{kPreemptPoll, kParkStatus, kReadyStatus, kStatusWaitForScan, kExecuteStatus, kYieldStatus,
      kExitStatus, kSyscallStatus, kAssistStatus, kCopyStackStatus, kScanSuspend, kScanSuspendWait,
      kScanPreemptStore, kScanResume, kScanAsked, kPreemptLook},
     {kPreemptPoll, kParkStatus, kReadyStatus, kExecuteStatus, kYieldStatus, kExitStatus,
      kSyscallStatus, kAssistStatus, kCopyStackStatus, kScanSuspend, kScanPreemptStore, kScanResume,
      kScanAsked}},
    // A channel's `closed`, and its lock.
    {{kChanSendFastClosed, kChanReceiveFastClosed, kChanClosedLoad}, {kChanClosedStore}},
    {{kChanSendLock, kChanReceiveLock, kChanCloseLock, kSelectLock, kCopyStackLock,
      kScanChannelLock},
     {kChanSendUnlock, kChanReceiveUnlock, kChanCloseUnlock, kWakeUnlock, kSelectUnlock,
      kParkCommitUnlock, kSelectParkCommitUnlock, kCopyStackUnlock, kScanChannelUnlock}},
    // What a goroutine that waits shares with its partners and with whoever copies its stack.
    {{kSudogElementLoad}, {kSudogElementStore}},
    {{kSelectDoneUpdate}, {kSelectDoneUpdate, kSelectDoneReset}},
    {{kParkingOnChanLoad}, {kParkingOnChanStore, kParkingOnChanClear}},
    {{kActiveStackChansLoad}, {kActiveStackChansSet, kActiveStackChansClear}},
    // The runtime's locks.
    {{kStackPoolLock}, {kStackPoolUnlock}},
    {{kHeapLock}, {kHeapUnlock}},
    {{kSudogCacheLock}, {kSudogCacheUnlock}},
    {{kAllGoroutinesLock}, {kAllGoroutinesUnlock}},
    {{kSchedulerLock}, {kSchedulerUnlock}},
    // Run queues: head, tail, slots and the next one.
    {{kRunQueueHeadLoad, kRunQueueHeadUpdate, kQueueLookHead}, {kRunQueueHeadUpdate}},
    {{kRunQueueTailLoad, kQueueLookTail, kQueueLookTailAgain}, {kRunQueueTailStore}},
    {{kRunQueueSlot}, {kRunQueueSlot}},
    {{kRunNextLoad, kRunNextUpdate, kQueueLookNext}, {kRunNextUpdate}},
    // What the scheduler counts, and the machines' notes.
    {{kSpinningLoad, kSpinningUpdate}, {kSpinningUpdate}},
    {{kIdleProcessorsLoad, kIdleProcessorsStore}, {kIdleProcessorsStore}},
    {{kGlobalQueueSizeLoad, kGlobalQueueSizeStore}, {kGlobalQueueSizeStore}},
    {{kScanRequest}, {kGoroutineCountStore}},
    {{kNeedSpinning}, {kNeedSpinning}},
    {{kMachineNoteSleep}, {kMachineNoteWake}},
    {{kStartBytesLoad}, {kStartBytesStore}},
    // The word that tells a goroutine of requests.
    {{kLoopBackEdge, kStackGuard}, {kStackGuard}},
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
  constraint.reader = random.pick(std::span(family.readers));
  constraint.writer = random.pick(std::span(family.writers));
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
