// The verifier's walk: which facts are announced, and when.
#include <gtest/gtest.h>

#include "stack/testing.h"

namespace concertina::test {
namespace {

using enum EventKind;

constexpr unsigned kTickets = 16;  // full walks announced in any case

/// The walks' events, without the step and thread of each.
using Facts = std::vector<Event>;
Facts facts_of(const RunResult& run) {
  Facts facts;
  for (const Event& event : run.events) {
    if (event.kind != kCensusBegin && event.kind != kFrameSeen && event.kind != kPointerSeen)
      continue;
    facts.push_back(event);
    facts.back().step = facts.back().thread = 0;
  }
  return facts;
}

TEST(Census, AnnouncesFramesAndPointersByDistance) {
  const RunResult run = run_body([] {
    Goroutine& g = make_running();
    push(g, kGroup);
    auto& plain = frame_at<PlainFrame>(g.at(sizeof(PlainFrame)));
    plain.first = g.at(8);
    auto& group = *reinterpret_cast<GroupFrame*>(g.sp);
    group.header.group_count = 2;
    group.first = g.sp;
    group.cases[0].pointer = g.at(1);
    group.cases[1].pointer = g.at(sizeof(PlainFrame));
    take_census(g, CensusMoment::kScan);
  });
  constexpr std::uint32_t kOld = sizeof(PlainFrame);
  constexpr std::uint32_t kYoung = kOld + sizeof(GroupFrame);
  EXPECT_EQ(
      facts_of(run),
      (Facts{
          event::CensusBegin{.goroutine = 1,
                             .moment = CensusMoment::kScan,
                             .used_bytes = kYoung,
                             .stack_bytes = kStackMin},
          event::FrameSeen{.goroutine = 1, .function = kGroup.id, .place = kYoung, .caller = kOld},
          event::PointerSeen{.goroutine = 1,
                             .ordinal = 0,
                             .place = kYoung - offsetof(GroupFrame, first),
                             .target = kYoung},
          event::PointerSeen{.goroutine = 1,
                             .ordinal = 1,
                             .place = kYoung - offsetof(GroupFrame, cases),
                             .target = 1},
          event::PointerSeen{.goroutine = 1,
                             .ordinal = 2,
                             .place = kYoung - offsetof(GroupFrame, cases) - 16,
                             .target = kOld},
          event::FrameSeen{.goroutine = 1, .function = kPlain.id, .place = kOld, .caller = 0},
          event::PointerSeen{.goroutine = 1,
                             .ordinal = 0,
                             .place = kOld - offsetof(PlainFrame, first),
                             .target = 8},
          event::PointerSeen{.goroutine = 1,
                             .ordinal = 1,
                             .place = kOld - offsetof(PlainFrame, second),
                             .target = 0},
      }));
}

TEST(Census, APointerOutsideTheLivePartIsOutside) {
  for (const int where : {0, 1, 2}) {
    const RunResult run = run_body([where] {
      Goroutine& g = make_running();
      // The live part is [sp, hi): below it nothing is, though the stack's block is larger.
      const std::uintptr_t targets[] = {g.sp - 1, g.stack.hi, g.stack.lo};
      frame_at<PlainFrame>(g.sp).second = targets[where];
      take_census(g, CensusMoment::kBeforeCopy);
    });
    const auto pointers = run.of<event::PointerSeen>();
    ASSERT_EQ(pointers.size(), 2u);
    EXPECT_EQ(pointers[0].target, kNilPlace);
    EXPECT_EQ(pointers[1].target, kOutsideStack);
  }
}

TEST(Census, AFrameWithoutHeaderEndsTheWalk) {
  const RunResult run = run_body([] {
    Goroutine& g = make_running();
    g.top().magic = 0;
    push(g, kBare);
    take_census(g, CensusMoment::kBeforeCopy);
  });
  EXPECT_EQ(
      facts_of(run),
      (Facts{event::CensusBegin{.goroutine = 1,
                                .moment = CensusMoment::kBeforeCopy,
                                .used_bytes = 96,
                                .stack_bytes = kStackMin},
             event::FrameSeen{.goroutine = 1, .function = kBare.id, .place = 96, .caller = 64},
             event::FrameSeen{.goroutine = 1,
                              .function = FunctionId::kOverwritten,
                              .place = 64,
                              .caller = kOutsideStack}}));
}

TEST(Census, IsAnnouncedForTheFirstWalksOnly) {
  const RunResult run = run_body([] {
    Goroutine& g = make_running();
    for (unsigned i = 0; i < kTickets + 4; ++i) take_census(g, CensusMoment::kScan);
  });
  EXPECT_EQ(run.of(kCensusBegin).size(), kTickets);
  EXPECT_EQ(run.of(kFrameSeen).size(), kTickets);
}

/// Is the damage announced even after the tickets are used up?
template <class Damage>
bool is_announced(Damage damage) {
  const RunResult run = run_body([damage] {
    Goroutine& g = make_running();
    push(g, kGroup);
    for (unsigned i = 0; i < kTickets; ++i) take_census(g, CensusMoment::kScan);
    damage(g);
    take_census(g, CensusMoment::kAfterCopy);
  });
  EXPECT_EQ(run.report.message, "");
  return run.of(kCensusBegin).size() == kTickets + 1;
}

TEST(Census, WhatIsBrokenIsAnnouncedBeyondTheLimit) {
  EXPECT_FALSE(is_announced([](Goroutine&) {}));
  EXPECT_TRUE(is_announced([](Goroutine& g) { g.top().magic ^= 1; }));
  EXPECT_TRUE(is_announced([](Goroutine& g) { g.top().saved_frame_pointer = 0; }));
  EXPECT_TRUE(is_announced([](Goroutine& g) { g.top().saved_frame_pointer += 16; }));
  EXPECT_TRUE(is_announced([](Goroutine& g) {
    frame_at<PlainFrame>(g.at(sizeof(PlainFrame))).header.saved_frame_pointer = g.stack.hi;
  })) << "the oldest frame must say nil";
  EXPECT_TRUE(is_announced([](Goroutine& g) { frame_at<GroupFrame>(g.sp).first = 1; }));
  EXPECT_TRUE(is_announced([](Goroutine& g) {
    auto& frame = frame_at<GroupFrame>(g.sp);
    frame.header.group_count = 3;
    frame.cases[2].pointer = g.sp - 8;
  }));
}

TEST(Census, IsTakenBeforeAndAfterACopy) {
  const RunResult run = run_body([] { grow_stack(make_running(), 0); });
  const auto begun = run.of<event::CensusBegin>();
  ASSERT_EQ(begun.size(), 2u);
  EXPECT_EQ(begun[0].moment, CensusMoment::kBeforeCopy);
  EXPECT_EQ(begun[0].stack_bytes, kStackMin);
  EXPECT_EQ(begun[1].moment, CensusMoment::kAfterCopy);
  EXPECT_EQ(begun[1].stack_bytes, 2 * kStackMin);
}

}  // namespace
}  // namespace concertina::test
