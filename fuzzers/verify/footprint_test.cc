// What a step is taken to touch: what it announced, what it did besides, and the facts that oracles
// read.
#include "verify/footprint.h"

#include <gtest/gtest.h>

#include <map>

namespace concertina::fuzzers {
namespace {

/// Picks the lowest; keeps the steps.
class Keeping final : public Following {
 public:
  Keeping() {
    begin();
    for (const ThreadId thread : {0, 1, 2}) started(thread);
  }

  /// One step of `thread` with what `during` tells of it; its accesses by slot.
  template <class During>
  std::map<unsigned, Mode> step(Pending pending, During during, ThreadId thread = 0) {
    Pending all[kThreadsMax];
    all[thread] = pending;
    executing(thread, all);
    during();
    finish(false);
    std::map<unsigned, Mode> accesses;
    const Footprint& last = steps.back();
    for (unsigned i = 0; i < last.size; ++i) {
      accesses[last.accesses[i].slot] = last.accesses[i].mode;
    }
    return accesses;
  }
  std::map<unsigned, Mode> step(Pending pending) {
    return step(pending, [] {});
  }
  std::map<unsigned, Mode> announcing(const Event& event) {
    return step({}, [&] { recorded(event); });
  }

  std::vector<Footprint> steps;

 private:
  ThreadId decide(ThreadMask enabled, ThreadId, const Pending*) override {
    return static_cast<ThreadId>(__builtin_ctz(enabled));
  }
  std::uint32_t draw(std::uint32_t n, Site) override { return n - 1; }
  void closed(const Footprint& step) override { steps.push_back(step); }
};

using Accesses = std::map<unsigned, Mode>;

TEST(Following, AStepTouchesTheObjectThatItAnnounced) {
  Keeping keeping;
  EXPECT_EQ(keeping.step({.kind = OperationKind::kLoad, .object = 9}),
            (Accesses{{9, Mode::kRead}}));
  EXPECT_EQ(keeping.step({.kind = OperationKind::kStore, .is_write = true, .object = 9}),
            (Accesses{{9, Mode::kWrite}}));
  EXPECT_EQ(keeping.step({.kind = OperationKind::kPause}), Accesses{});
  EXPECT_EQ(keeping.step({.kind = OperationKind::kCopy, .is_write = true, .object = 9}),
            (Accesses{{9, Mode::kWrite}, {kMemorySlot, Mode::kWrite}}));
  EXPECT_EQ(keeping.step({.kind = OperationKind::kStart, .is_write = true}),
            (Accesses{{kThreadsSlot, Mode::kWrite}}));
  EXPECT_EQ(keeping.step({.kind = OperationKind::kStart}), Accesses{});
}

TEST(Following, WhatNoObjectStandsForHasSlotsOfItsOwn) {
  Keeping keeping;
  const auto touching = [&](ObjectId object, bool is_write) {
    return keeping.step({}, [&] { keeping.touched(object, is_write); });
  };
  EXPECT_EQ(touching(5, false), (Accesses{{5, Mode::kRead}}));
  EXPECT_EQ(touching(5, true), (Accesses{{5, Mode::kWrite}}));
  EXPECT_EQ(touching(kObjectNames, true), (Accesses{{kNamesSlot, Mode::kWrite}}));
  EXPECT_EQ(touching(kStackEvents, true), (Accesses{{kPlacesSlot, Mode::kWrite}}));
  EXPECT_EQ(touching(kStepNumber, false), (Accesses{{kWindowSlot, Mode::kRead}}));
  EXPECT_EQ(touching(kClock, true), (Accesses{{kClockSlot, Mode::kWrite}}));
  EXPECT_EQ(touching(kObjectSlots, true), (Accesses{{kOtherSlot, Mode::kWrite}}));
}

constexpr unsigned channel_slot(unsigned c) { return kFirstChannelSlot + c; }
constexpr unsigned goroutine_slot(unsigned g) { return kFirstGoroutineSlot + g; }

TEST(Following, AsksAreReadsOfAChannelAndEffectsWrites) {
  Keeping keeping;
  const Accesses asking{{goroutine_slot(2), Mode::kWrite}, {channel_slot(3), Mode::kRead}};
  EXPECT_EQ(keeping.announcing(event::OpSend{.goroutine = 2, .channel = 3}), asking);
  EXPECT_EQ(keeping.announcing(event::LenSeen{.goroutine = 2, .channel = 3}), asking);
  EXPECT_EQ(keeping.announcing(event::NotReady{.goroutine = 2, .channel = 3}), asking);
  EXPECT_EQ(keeping.announcing(event::SendToBuffer{.goroutine = 2, .channel = 3}),
            (Accesses{{goroutine_slot(2), Mode::kWrite},
                      {channel_slot(3), Mode::kWrite},
                      {kWindowSlot, Mode::kMark}}));
}

TEST(Following, APartnerIsTouchedToo) {
  Keeping keeping;
  const Accesses both{{goroutine_slot(2), Mode::kWrite}, {goroutine_slot(7), Mode::kWrite}};
  const Accesses alone{{goroutine_slot(2), Mode::kWrite}};
  EXPECT_EQ(keeping.announcing(event::Readied{.goroutine = 2, .target = 7}), both);
  EXPECT_EQ(keeping.announcing(event::Spawned{.goroutine = 2, .child = 7}), both);
  EXPECT_EQ(keeping.announcing(event::Readied{.goroutine = 2}), alone);
  EXPECT_EQ(keeping.announcing(event::CensusBegin{.goroutine = 2, .used_bytes = 7}), alone)
      << "a number that is no goroutine";
  const Accesses served =
      keeping.announcing(event::ReceiveFromSender{.goroutine = 2, .channel = 3, .partner = 7});
  EXPECT_EQ(served.at(goroutine_slot(7)), Mode::kWrite);
  EXPECT_EQ(served.at(channel_slot(3)), Mode::kWrite);
}

TEST(Following, WhatIsCutFromSpansCommutesAndTheSpansDoNot) {
  Keeping keeping;
  const auto mode_of = [&keeping](const Event& event) {
    return keeping.announcing(event).at(kHeapSlot);
  };
  EXPECT_EQ(mode_of(event::StackAllocated{.serial = 7}), Mode::kMark);
  EXPECT_EQ(mode_of(event::ObjectFreed{}), Mode::kMark);
  EXPECT_EQ(mode_of(event::SpanTaken{.pages = 1}), Mode::kWrite);
  EXPECT_EQ(mode_of(event::CycleEnd{}), Mode::kWrite);
}

TEST(Following, WorkIsOneSlotForAll) {
  Keeping keeping;
  const Accesses work{{kWorkSlot, Mode::kWrite}, {kWindowSlot, Mode::kMark}};
  const Event facts[] = {event::Queued{},        event::Unqueued{},       event::QueueSeenEmpty{},
                         event::ProcessorIdle{}, event::ProcessorTaken{}, event::MachineCalled{},
                         event::MachineBegins{}, event::MachineSleeps{},  event::Settled{}};
  for (const Event& fact : facts) {
    EXPECT_EQ(keeping.announcing(fact), work) << event_name(fact.kind);
  }
}

TEST(Following, LocalsAreMemoryThatOthersMayReadAndLocksAreSeenElsewhere) {
  Keeping keeping;
  const Accesses memory{{kMemorySlot, Mode::kRead}};
  EXPECT_EQ(keeping.announcing(event::LocalWritten{.goroutine = 2, .channel = 3}), memory);
  EXPECT_EQ(keeping.announcing(event::LocalRead{.goroutine = 2, .channel = 3}), memory);
  EXPECT_EQ(keeping.announcing(event::LockAcquired{.goroutine = 2}), Accesses{});
  EXPECT_EQ(keeping.announcing(event::LockReleased{.goroutine = 2}), Accesses{});
  EXPECT_EQ(keeping.announcing(event::MayLock{.goroutine = 2}), Accesses{});
}

TEST(Following, BeyondTheTablesAllShareASlot) {
  Keeping keeping;
  EXPECT_EQ(keeping.announcing(event::Exited{.goroutine = kGoroutineSlots}).count(kOtherSlot), 1u);
  EXPECT_EQ(
      keeping.announcing(event::Closed{.goroutine = 1, .channel = kChannelSlots}).count(kOtherSlot),
      1u);
}

TEST(Following, AStepHasItsThreadsAndWhatWasDrawn) {
  Keeping keeping;
  keeping.step(
      {.site = Site::kParkStatus, .kind = OperationKind::kLock, .object = 4, .path = 1},
      [&] { keeping.started(3); }, 2);
  const Footprint first = keeping.steps.back();
  EXPECT_EQ(first.thread, 2);
  EXPECT_EQ(first.site, Site::kParkStatus);
  EXPECT_EQ(first.kind, OperationKind::kLock);
  EXPECT_EQ(first.object, 4u);
  EXPECT_EQ(first.path, 1u);
  EXPECT_EQ(first.started, ThreadMask{1} << 3);
  EXPECT_EQ(first.draws, 0u);
  keeping.step({}, [&] { keeping.choose(3, Site::kSelectOrder, kAnyPath); });
  const std::uint64_t once = keeping.steps.back().draws;
  EXPECT_NE(once, 0u);
  EXPECT_EQ(keeping.steps.back().started, 0u) << "of the step before";
  keeping.step({}, [&] {
    keeping.choose(3, Site::kSelectOrder, kAnyPath);
    keeping.choose(3, Site::kSelectOrder, kAnyPath);
  });
  EXPECT_NE(keeping.steps.back().draws, once);
  keeping.step({}, [&] { keeping.choose(1, Site::kSelectOrder, kAnyPath); });
  EXPECT_EQ(keeping.steps.back().draws, 0u) << "a draw of one is none";
}

TEST(Following, OnlyTheStepThatStoppedTheRunTouchesAll) {
  Keeping keeping;
  keeping.step({});
  EXPECT_FALSE(keeping.steps.back().touches_all);
  Pending all[kThreadsMax];
  keeping.executing(0, all);
  keeping.finish(true);
  EXPECT_TRUE(keeping.steps.back().touches_all);
  EXPECT_EQ(keeping.steps.size(), 2u);
  keeping.finish(true);
  EXPECT_EQ(keeping.steps.size(), 2u) << "a step is reported once";
}

TEST(DrawMatters, WhereAnotherValueWouldChangeSomething) {
  EXPECT_FALSE(draw_matters(1, Site::kSelectOrder));
  EXPECT_TRUE(draw_matters(2, Site::kSelectOrder));
  EXPECT_FALSE(draw_matters(2, Site::kStealOrder)) << "its own processor is passed over";
  EXPECT_TRUE(draw_matters(3, Site::kStealOrder));
}

}  // namespace
}  // namespace concertina::fuzzers
