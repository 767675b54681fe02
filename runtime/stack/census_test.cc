// The verifier's walk: which facts are announced, and when.
#include <gtest/gtest.h>

#include "stack/testing.h"

namespace concertina::test {
namespace {

using enum EventKind;

constexpr std::uint32_t kOutside = 0xffffffff;
constexpr unsigned kTickets = 16;  // full walks announced in any case

/// Kind, index, a, b of each event of the walks.
using Fact = std::tuple<EventKind, std::uint32_t, std::uint32_t, std::uint32_t>;
std::vector<Fact> facts_of(const RunResult& run) {
  std::vector<Fact> facts;
  for (const Event& event : run.events) {
    if (event.kind != kCensusBegin && event.kind != kFrameSeen && event.kind != kPointerSeen)
      continue;
    EXPECT_EQ(event.goroutine, 1);
    facts.push_back({event.kind, event.index, event.a, event.b});
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
    take_census(g, 2);
  });
  constexpr std::uint32_t kOld = sizeof(PlainFrame);
  constexpr std::uint32_t kYoung = kOld + sizeof(GroupFrame);
  EXPECT_EQ(facts_of(run), (std::vector<Fact>{
                               {kCensusBegin, 2, kYoung, kStackMin},
                               {kFrameSeen, kGroup.id, kYoung, kOld},
                               {kPointerSeen, 0, kYoung - offsetof(GroupFrame, first), kYoung},
                               {kPointerSeen, 1, kYoung - offsetof(GroupFrame, cases), 1},
                               {kPointerSeen, 2, kYoung - offsetof(GroupFrame, cases) - 16, kOld},
                               {kFrameSeen, kPlain.id, kOld, 0},
                               {kPointerSeen, 0, kOld - offsetof(PlainFrame, first), 8},
                               {kPointerSeen, 1, kOld - offsetof(PlainFrame, second), 0},
                           }));
}

TEST(Census, APointerOutsideTheLivePartIsOutside) {
  for (const int where : {0, 1, 2}) {
    const RunResult run = run_body([where] {
      Goroutine& g = make_running();
      // The live part is [sp, hi): below it nothing is, though the stack's block is larger.
      const std::uintptr_t targets[] = {g.sp - 1, g.stack.hi, g.stack.lo};
      frame_at<PlainFrame>(g.sp).second = targets[where];
      take_census(g, 0);
    });
    const auto pointers = run.of(kPointerSeen);
    ASSERT_EQ(pointers.size(), 2u);
    EXPECT_EQ(pointers[0].b, 0u);
    EXPECT_EQ(pointers[1].b, kOutside);
  }
}

TEST(Census, AFrameWithoutHeaderEndsTheWalk) {
  const RunResult run = run_body([] {
    Goroutine& g = make_running();
    g.top().magic = 0;
    push(g, kBare);
    take_census(g, 0);
  });
  EXPECT_EQ(facts_of(run), (std::vector<Fact>{{kCensusBegin, 0, 96, kStackMin},
                                              {kFrameSeen, kBare.id, 96, 64},
                                              {kFrameSeen, 0xffff, 64, kOutside}}));
}

TEST(Census, IsAnnouncedForTheFirstWalksOnly) {
  const RunResult run = run_body([] {
    Goroutine& g = make_running();
    for (unsigned i = 0; i < kTickets + 4; ++i) take_census(g, 2);
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
    for (unsigned i = 0; i < kTickets; ++i) take_census(g, 2);
    damage(g);
    take_census(g, 1);
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
  const auto begun = run.of(kCensusBegin);
  ASSERT_EQ(begun.size(), 2u);
  EXPECT_EQ(begun[0].index, 0);
  EXPECT_EQ(begun[0].b, kStackMin);
  EXPECT_EQ(begun[1].index, 1);
  EXPECT_EQ(begun[1].b, 2 * kStackMin);
}

}  // namespace
}  // namespace concertina::test
