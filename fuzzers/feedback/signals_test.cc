// Each signal by hand-made events that show it and others that do not; programs are in
// programs_test.cc.
#include "feedback/signals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>

#include "oracle/testing.h"

namespace concertina::fuzzers {
namespace {

using enum ChannelEffect;

class Feedback : public testing::Test {
 protected:
  void look(const History& history) { signals_->end(history.trace().events); }
  void step(ThreadId thread, SpawnPath path, Site site, OperationKind kind, ObjectId object) {
    signals_->step(thread, {.site = site, .kind = kind, .object = object, .path = path});
  }

  /// Pairs of the steps so far.
  std::size_t pairs() {
    signals_->end({});
    return seen(Group::kReadsFrom).size();
  }

  /// Indices within the group.
  std::set<unsigned> seen(Group group) const {
    std::set<unsigned> result;
    const unsigned begin = group_begin(group);
    for (unsigned i = 0; i < kGroupCells[static_cast<std::size_t>(group)]; ++i) {
      if (cells_[begin + i] != 0) result.insert(i);
    }
    return result;
  }
  bool has(Group group, unsigned cell) const { return seen(group).contains(cell); }
  std::size_t count_all() const {
    return static_cast<std::size_t>(std::count(cells_.begin(), cells_.end(), 1));
  }
  void use(Groups groups) {
    cells_.fill(0);
    signals_ = std::make_unique<Signals>(cells_, groups);
  }

  std::array<std::uint8_t, kCells> cells_{};
  std::unique_ptr<Signals> signals_ = std::make_unique<Signals>(cells_, Groups::all());
};

// --- Reads-from. ---

constexpr SpawnPath kChild = child_path(kMainPath, 0);
constexpr SpawnPath kOtherChild = child_path(kMainPath, 1);

TEST_F(Feedback, ReadsFromIsAPairOfSitesOnOneObjectByTwoThreads) {
  signals_->begin();
  step(0, kMainPath, Site::kChanSendUnlock, OperationKind::kUnlock, 5);
  step(0, kMainPath, Site::kChanSendLock, OperationKind::kLock, 5);
  EXPECT_EQ(pairs(), 0u) << "its own write";
  step(1, kChild, Site::kChanReceiveLock, OperationKind::kLock, 6);
  EXPECT_EQ(pairs(), 0u) << "another object";
  step(1, kChild, Site::kChanReceiveLock, OperationKind::kLock, 5);
  EXPECT_EQ(pairs(), 1u);
  step(2, kOtherChild, Site::kChanReceiveLock, OperationKind::kLock, 5);
  EXPECT_EQ(pairs(), 1u) << "the same sites: the same pair";
  step(2, kOtherChild, Site::kSelectLock, OperationKind::kLock, 5);
  EXPECT_EQ(pairs(), 2u);
}

TEST_F(Feedback, ReadsFromFollowsGoroutinesAcrossMachines) {
  signals_->begin();
  step(0, kMainPath, Site::kChanCountStore, OperationKind::kStore, 9);
  step(0, kMainPath, Site::kChanClosedStore, OperationKind::kStore, 7);
  step(3, kMainPath, Site::kChanClosedLoad, OperationKind::kLoad, 7);
  EXPECT_EQ(pairs(), 0u) << "main goes on elsewhere";
  step(0, kSchedulerPath, Site::kSpinningUpdate, OperationKind::kUpdate, 8);
  step(0, kSchedulerPath, Site::kSpinningLoad, OperationKind::kLoad, 8);
  EXPECT_EQ(pairs(), 0u);
  step(1, kSchedulerPath, Site::kSpinningLoad, OperationKind::kLoad, 8);
  EXPECT_EQ(pairs(), 1u) << "two machines are two";
}

TEST_F(Feedback, ReadsFromIsForReadersOfWhatWasWrittenToTheirKindOfObject) {
  signals_->begin();
  step(0, kMainPath, Site::kPreemptPoll, OperationKind::kUpdate, 7);
  step(1, kChild, Site::kPreemptPoll, OperationKind::kStore, 7);
  EXPECT_EQ(pairs(), 0u) << "a store reads nothing";
  step(0, kMainPath, Site::kSpinningLoad, OperationKind::kLoad, 7);
  EXPECT_EQ(pairs(), 0u) << "the table knows no such pair";
  step(0, kMainPath, Site::kPreemptPoll, OperationKind::kLoad, 7);
  EXPECT_EQ(pairs(), 1u);
}

TEST_F(Feedback, ReadsFromShowsTheLatestRunOnly) {
  signals_->begin();
  step(0, kMainPath, Site::kChanClosedStore, OperationKind::kStore, 7);
  step(1, kChild, Site::kChanClosedLoad, OperationKind::kLoad, 7);
  EXPECT_EQ(pairs(), 1u);
  cells_.fill(0);
  signals_->begin();
  EXPECT_EQ(pairs(), 0u);
}

TEST_F(Feedback, ReadsFromForgetsTheRunBefore) {
  signals_->begin();
  step(0, kMainPath, Site::kChanClosedStore, OperationKind::kStore, 7);
  signals_->begin();
  step(1, kChild, Site::kChanClosedLoad, OperationKind::kLoad, 7);
  EXPECT_EQ(pairs(), 0u);
}

TEST_F(Feedback, ReadsFromForgetsARunWhoseNumberComesAgain) {
  signals_->begin();
  step(0, kMainPath, Site::kChanClosedStore, OperationKind::kStore, 7);
  for (unsigned run = 0; run < 2 * 65536; ++run) {
    signals_->begin();
    step(1, kChild, Site::kChanClosedLoad, OperationKind::kLoad, 7);
    if (run % 65536 > 65530) {
      ASSERT_EQ(pairs(), 0u) << run;
    }
  }
}

TEST_F(Feedback, ReadsFromHasAsManyCellsAsTheTableHasPairs) {
  EXPECT_EQ(signals_->reads_from_cells_used(), 225u);
}

// --- Channels. ---

TEST_F(Feedback, ChannelPairsKnowStateAndWaiters) {
  History history;
  history.channel(1, 2);
  history.send(1, 1, 7).add(EventKind::kSendToBuffer, 1, 1).sent(1, 1);
  history.send(1, 1, 8).add(EventKind::kSendToBuffer, 1, 1).sent(1, 1);
  history.send(1, 1, 9).add(EventKind::kSendPark, 1, 1);
  history.receive(2, 1).add(EventKind::kReceiveFromBuffer, 2, 1, {0, 1, 0});
  look(history);
  EXPECT_EQ(
      seen(Group::kChannel),
      (std::set<unsigned>{
          channel_cell(kNone, kSendToBuffer, ChannelState::kEmpty, Waiters::kNobody),
          channel_cell(kSendToBuffer, kSendToBuffer, ChannelState::kPartly, Waiters::kNobody),
          channel_cell(kSendToBuffer, kSendPark, ChannelState::kFull, Waiters::kNobody),
          channel_cell(kSendPark, kReceiveAndAdmit, ChannelState::kFull, Waiters::kSenders)}));
}

TEST_F(Feedback, WaitersOfASelectAreGoneFromAllChannelsWhenItIsTaken) {
  History history;
  history.channel(1).channel(2);
  history.select(1, 2).receive_case(1, 0, 1).receive_case(1, 1, 2);
  history.add(EventKind::kReceivePark, 1, 1, {0}).add(EventKind::kReceivePark, 1, 2, {1});
  history.send(2, 1, 7).add(EventKind::kSendToReceiver, 2, 1, {0, 1, 0});
  history.close(2, 2);
  look(history);
  EXPECT_TRUE(has(Group::kChannel, channel_cell(kReceivePark, kSendToReceiver,
                                                ChannelState::kUnbuffered, Waiters::kReceivers)));
  EXPECT_TRUE(has(Group::kChannel,
                  channel_cell(kReceivePark, kClose, ChannelState::kUnbuffered, Waiters::kNobody)));
}

TEST_F(Feedback, ClosedChannelsAndThoseThatGaveUp) {
  History history;
  history.channel(1, 1);
  history.try_receive(1, 1).add(EventKind::kNotReady, 1, 1, {0, 0, 0});
  history.try_send(1, 1, 7).add(EventKind::kNotReady, 1, 1, {0, 1, 0});
  history.close(1, 1);
  history.receive(1, 1).add(EventKind::kReceiveClosed, 1, 1);
  look(history);
  EXPECT_EQ(seen(Group::kChannel),
            (std::set<unsigned>{
                channel_cell(kNone, kReceiveGaveUp, ChannelState::kEmpty, Waiters::kNobody),
                channel_cell(kReceiveGaveUp, kSendGaveUp, ChannelState::kEmpty, Waiters::kNobody),
                channel_cell(kSendGaveUp, kClose, ChannelState::kEmpty, Waiters::kNobody),
                channel_cell(kClose, kReceiveClosed, ChannelState::kClosed, Waiters::kNobody)}));
}

TEST_F(Feedback, AChannelThatWasDrainedIsEmpty) {
  History history;
  history.channel(1, 2);
  history.send(1, 1, 7).add(EventKind::kSendToBuffer, 1, 1).sent(1, 1);
  history.receive(1, 1).add(EventKind::kReceiveFromBuffer, 1, 1).received(1, 1, 7);
  history.receive(1, 1).add(EventKind::kReceivePark, 1, 1);
  look(history);
  EXPECT_TRUE(has(Group::kChannel, channel_cell(kSendToBuffer, kReceiveFromBuffer,
                                                ChannelState::kPartly, Waiters::kNobody)));
  EXPECT_TRUE(has(Group::kChannel, channel_cell(kReceiveFromBuffer, kReceivePark,
                                                ChannelState::kEmpty, Waiters::kNobody)));
}

TEST_F(Feedback, ChannelsAreTakenEachForItself) {
  History history;
  history.channel(1, 1).channel(2, 1);
  history.send(1, 1, 7).add(EventKind::kSendToBuffer, 1, 1);
  history.send(1, 2, 8).add(EventKind::kSendToBuffer, 1, 2);
  look(history);
  EXPECT_EQ(seen(Group::kChannel).size(), 1u);
}

TEST_F(Feedback, OperationsOnNil) {
  History history;
  history.receive(1, kNilChannel);
  history.select(2, 1).send_case(2, 0, kNilChannel, 7);
  look(history);
  EXPECT_EQ(seen(Group::kChannel), (std::set<unsigned>{nil_cell(NilOperation::kReceive),
                                                       nil_cell(NilOperation::kSelectSend)}));
}

// --- Selects. ---

TEST_F(Feedback, SelectKnowsHowManyCasesWereReady) {
  History history;
  history.channel(1, 1).channel(2, 1).channel(3);
  history.send(2, 2, 7).add(EventKind::kSendToBuffer, 2, 2);
  history.select(1, 3).send_case(1, 0, 1, 8).receive_case(1, 1, 2).receive_case(1, 2, 3);
  history.add(EventKind::kReceiveFromBuffer, 1, 2, {1}).selected(1, 1, 7, true);
  look(history);
  EXPECT_EQ(seen(Group::kSelect), (std::set<unsigned>{select_cell(3, Chosen::kMiddle, 2, false)}));
}

TEST_F(Feedback, SelectThatParkedHadNoneReady) {
  History history;
  history.channel(1).channel(2);
  history.select(1, 2).receive_case(1, 0, 1).receive_case(1, 1, 2);
  history.add(EventKind::kReceivePark, 1, 1, {0}).add(EventKind::kReceivePark, 1, 2, {1});
  history.send(2, 2, 7).add(EventKind::kSendToReceiver, 2, 2, {0, 1, 1});
  look(history);
  EXPECT_TRUE(seen(Group::kSelect).empty()) << "it has not returned yet";
  history.selected(1, 1, 7, true);
  look(history);
  EXPECT_EQ(seen(Group::kSelect), (std::set<unsigned>{select_cell(2, Chosen::kLast, 0, true)}));
}

TEST_F(Feedback, SelectWithDefault) {
  History history;
  history.channel(1);
  history.select(1, 1, true).receive_case(1, 0, 1);
  history.add(EventKind::kSelectDefault, 1, kNilChannel).selected(1, 0xffff);
  look(history);
  EXPECT_EQ(seen(Group::kSelect), (std::set<unsigned>{select_cell(1, Chosen::kDefault, 0, false)}));
}

// --- Locks. ---

constexpr auto kChannelRank = static_cast<unsigned>(LockRank::kChannel);
constexpr auto kPoolRank = static_cast<unsigned>(LockRank::kStackPool);

TEST_F(Feedback, LockOrderIsWhatIsHeldAndWhatIsTaken) {
  History history;
  history.lock(1, 10, LockRank::kChannel).unlock(1, 10, LockRank::kChannel);
  history.lock(1, 11, LockRank::kStackPool).unlock(1, 11, LockRank::kStackPool);
  look(history);
  EXPECT_TRUE(seen(Group::kLock).empty()) << "one after the other";
  history.lock(1, 10, LockRank::kChannel).lock(2, 11, LockRank::kStackPool);
  history.unlock(2, 11, LockRank::kStackPool).lock(1, 12, LockRank::kStackPool);
  look(history);
  EXPECT_TRUE(has(Group::kLock, lock_order_cell(kChannelRank, kPoolRank)));
  EXPECT_FALSE(has(Group::kLock, lock_order_cell(kPoolRank, kChannelRank)));
}

TEST_F(Feedback, HandOffIsWhoTakesALockAfterWhomOnAnotherThread) {
  History history;
  history.lock(1, 10, LockRank::kChannel).unlock(1, 10, LockRank::kChannel);
  history.lock(1, 10, LockRank::kChannel).unlock(1, 10, LockRank::kChannel);
  look(history);
  EXPECT_TRUE(seen(Group::kLock).empty()) << "nobody else";
  history.add(EventKind::kCopyBegin, 2, 1, {1, 4096, 2048}).lock(2, 10, LockRank::kChannel);
  look(history);
  EXPECT_EQ(seen(Group::kLock), (std::set<unsigned>{hand_off_cell(kChannelRank, 1, 3)}));
}

// --- Copies. ---

constexpr unsigned kShrinkUnderLocks = 1 * kCopyLocks + 1;

TEST_F(Feedback, CopyKnowsWhatOthersDoMeanwhileAndToWhom) {
  History history;
  history.channel(1, 3);
  history.send(2, 1, 7).add(EventKind::kSendToBuffer, 2, 1).sent(2, 1);
  look(history);
  EXPECT_TRUE(seen(Group::kCopy).empty());
  history.add(EventKind::kCopyBegin, 1, 1, {1, 4096, 2048});
  history.send(2, 1, 8).add(EventKind::kSendToBuffer, 2, 1).sent(2, 1);
  history.add(EventKind::kReadied, 3, kNilChannel, {0, 1});
  history.add(EventKind::kCopyEnd, 1, kNilChannel, {4});
  history.add(EventKind::kReadied, 3, kNilChannel, {0, 2});
  look(history);
  EXPECT_EQ(
      seen(Group::kCopy),
      (std::set<unsigned>{
          meanwhile_cell(kShrinkUnderLocks, 0, false), meanwhile_cell(kShrinkUnderLocks, 16, true),
          during_cell(kShrinkUnderLocks, OpenOperation::kNone, false), copy_status_cell(1, 4)}));
}

TEST_F(Feedback, CopyKnowsWhatItsGoroutineWaitsFor) {
  History history;
  history.channel(1);
  history.receive(1, 1).add(EventKind::kReceivePark, 1, 1).add(EventKind::kParked, 1);
  history.thread(5).add(EventKind::kCopyBegin, 1, 1, {1, 4096, 2048});
  look(history);
  EXPECT_TRUE(has(Group::kCopy, during_cell(kShrinkUnderLocks, OpenOperation::kReceive, true)));
  EXPECT_FALSE(has(Group::kCopy, during_cell(kShrinkUnderLocks, OpenOperation::kReceive, false)));
}

// --- The scheduler. ---

TEST_F(Feedback, SchedulerStateCountsIdleRunnableLookingAndCalled) {
  History history;
  history.add(EventKind::kProcessorIdle, 0, kNilChannel, {1});
  history.add(EventKind::kQueued, 1, kNilChannel, {0});
  history.add(EventKind::kProcessorTaken, 0, kNilChannel, {1});
  history.add(EventKind::kMachineCalled, 0);
  history.add(EventKind::kUnqueued, 1, kNilChannel, {0});
  history.add(EventKind::kSettled, 1);
  history.add(EventKind::kMachineBegins, 2).add(EventKind::kMachineSleeps, 2);
  look(history);
  EXPECT_EQ(seen(Group::kScheduler),
            (std::set<unsigned>{scheduler_cell(WorkChange::kProcessorIdle, 1, 0, 0, 0),
                                scheduler_cell(WorkChange::kQueued, 1, 1, 1, 0),
                                scheduler_cell(WorkChange::kProcessorTaken, 0, 1, 1, 0),
                                scheduler_cell(WorkChange::kMachineCalled, 0, 1, 1, 1),
                                scheduler_cell(WorkChange::kUnqueued, 0, 0, 1, 1),
                                scheduler_cell(WorkChange::kSettled, 0, 0, 0, 1),
                                scheduler_cell(WorkChange::kMachineBegins, 0, 0, 1, 0),
                                scheduler_cell(WorkChange::kMachineSleeps, 0, 0, 0, 0)}));
}

// --- Maxima. ---

TEST_F(Feedback, MaximaAreTheGreatestOfTheRun) {
  History history;
  history.channel(1);
  for (const GoroutineId g : {1, 2, 3, 4}) {
    history.receive(g, 1).add(EventKind::kReceivePark, g, 1).add(EventKind::kParked, g);
  }
  history.add(EventKind::kQueued, 6, kNilChannel, {2}).add(EventKind::kQueued, 7, kNilChannel, {2});
  history.add(EventKind::kQueued, 8, kNilChannel, {static_cast<std::uint16_t>(kProcessorsLimit)});
  history.send(5, 1, 7);
  for (int i = 0; i < 2; ++i) {
    history.add(EventKind::kCopyBegin, 5, 0, {0, 2048, 4096}).add(EventKind::kCopyEnd, 5);
  }
  history.lock(5, 10, LockRank::kChannel).unlock(5, 10, LockRank::kChannel);
  look(history);
  EXPECT_EQ(seen(Group::kMaxima), (std::set<unsigned>{maximum_cell(Maximum::kWaitingReceivers, 4),
                                                      maximum_cell(Maximum::kLocalQueue, 2),
                                                      maximum_cell(Maximum::kGlobalQueue, 1),
                                                      maximum_cell(Maximum::kCopiesInOperation, 2),
                                                      maximum_cell(Maximum::kLocksHeld, 1)}));
}

TEST_F(Feedback, CopiesOutsideOfOperationsAreNotCounted) {
  History history;
  history.add(EventKind::kCopyBegin, 5, 0, {0, 2048, 4096}).add(EventKind::kCopyEnd, 5);
  look(history);
  EXPECT_TRUE(seen(Group::kMaxima).empty());
}

// --- All of them. ---

TEST_F(Feedback, AGroupThatIsNotWantedSetsNothing) {
  History history;
  history.channel(1, 1).add(EventKind::kProcessorIdle, 0);
  history.lock(1, 10, LockRank::kChannel).lock(1, 11, LockRank::kChannel);
  history.select(1, 1).send_case(1, 0, 1, 8);
  history.add(EventKind::kSendToBuffer, 1, 1).selected(1, 0);
  history.add(EventKind::kCopyBegin, 1, 1).add(EventKind::kCopyEnd, 1);
  for (unsigned wanted = 0; wanted < kGroups; ++wanted) {
    use(Groups::none().with(static_cast<Group>(wanted)));
    signals_->begin();
    step(0, kMainPath, Site::kChanClosedStore, OperationKind::kStore, 7);
    step(1, kChild, Site::kChanClosedLoad, OperationKind::kLoad, 7);
    look(history);
    for (unsigned group = 0; group < kGroups; ++group) {
      const bool is_empty = seen(static_cast<Group>(group)).empty();
      EXPECT_EQ(is_empty, group != wanted) << kGroupNames[group] << " by " << kGroupNames[wanted];
    }
  }
  use(Groups::none());
  look(history);
  EXPECT_EQ(count_all(), 0u);
}

// A broken runtime may announce anything; the flavour's sanitizer watches the cells' bounds.
TEST_F(Feedback, AnyEventsAndStepsSetNothingElse) {
  std::mt19937 random(7);
  const auto small = [&] {
    return static_cast<std::uint16_t>(random() % 4 != 0 ? random() % 70 : random());
  };
  struct {
    std::uint8_t before[64] = {};
    std::array<std::uint8_t, kCells> cells{};
    std::uint8_t after[64] = {};
  } block;
  Signals signals(block.cells, Groups::all());
  for (unsigned run = 0; run < 200; ++run) {
    signals.begin();
    std::vector<Event> events;
    for (unsigned i = 0; i < 300; ++i) {
      events.push_back({static_cast<EventKind>(random() % static_cast<unsigned>(EventKind::kCount)),
                        static_cast<ThreadId>(small()), small(), small(), small(), small(), small(),
                        i});
      signals.step(static_cast<ThreadId>(small()),
                   {.site = static_cast<Site>(random()),
                    .kind = static_cast<OperationKind>(random() % 12),
                    .object = static_cast<ObjectId>(random() % 4 ? small() : random()),
                    .path = small()});
    }
    signals.end(events);
  }
  for (const std::uint8_t byte : block.before) EXPECT_EQ(byte, 0);
  for (const std::uint8_t byte : block.after) EXPECT_EQ(byte, 0);
  for (const std::uint8_t byte : block.cells) EXPECT_LE(byte, 1);
}

}  // namespace
}  // namespace concertina::fuzzers
