// What the steps in the space of schedules do, and constraints with their table.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "mutate/mutate.h"
#include "mutate/site_pairs.h"
#include "mutate/testing.h"

namespace concertina::fuzzers::test {
namespace {

constexpr unsigned kSteps = 6000;

Program polling() { return program("chan c0 cap=0 size=8 func f0 frame=0 { go f0 try_send c0 }"); }

Schedule some() {
  Schedule schedule;
  schedule.strategy = Strategy::kPos;
  schedule.stack_events = {{StackAction::kMove, {kMainPath, Site::kUserPrologue, 0}},
                           {StackAction::kGrow, {kAnyPath, Site::kSendPrologue, 3}}};
  schedule.deviations = {{DeviationKind::kHold, {kAnyPath, Site::kWakeUnlock, 0}, 8}};
  schedule.constraints = {
      {.is_wanted = true, .reader = Site::kParkStatus, .writer = Site::kReadyStatus, .skip = 2}};
  return schedule;
}

std::string key_change(const Key& a, const Key& b) {
  Key moved = a, elsewhere = a, later = a;
  moved.site = b.site;
  elsewhere.path = b.path;
  later.occurrence = b.occurrence;
  if (b == moved) return " site";
  if (b == elsewhere) return " path";
  return b == later ? (b.occurrence > a.occurrence ? " later" : " earlier") : " replaced";
}

std::string change(const StackEvent& a, const StackEvent& b) {
  return a.action == b.action ? key_change(a.key, b.key) : " replaced";
}

std::string change(const Deviation& a, const Deviation& b) {
  if (a.kind == b.kind && a.key == b.key) return " value";
  return a.kind == b.kind && a.value == b.value ? key_change(a.key, b.key) : " replaced";
}

std::string change(const Constraint& a, const Constraint& b) {
  if (a.reader != b.reader || a.writer != b.writer) return " replaced";
  if (a.is_wanted != b.is_wanted) return a.skip == b.skip ? " flipped" : " replaced";
  return b.skip == a.skip + 1 ? " later" : " earlier";
}

template <class T>
std::string change(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? " added" : " removed";
  std::string text;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(a[i] == b[i])) text += change(a[i], b[i]);
  }
  return text;
}

/// What differs, apart from the seed.
std::string difference(const Schedule& a, const Schedule& b) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (a.strategy != b.strategy || a.depth != b.depth) add("strategy");
  if (a.processors != b.processors) add("processors");
  if (a.move_at_every_prologue != b.move_at_every_prologue) add("moving");
  if (a.reuse_stacks != b.reuse_stacks) add("reuse");
  if (a.cache_stacks != b.cache_stacks) add("cache");
  if (a.shrink_stacks != b.shrink_stacks) add("shrinking");
  if (a.adaptive_start != b.adaptive_start) add("start");
  if (a.elastic_buffers != b.elastic_buffers) add("buffers");
  if (a.native_frames != b.native_frames) add("frames");
  if (a.poison != b.poison) add("poison");
  if (a.standing_requests != b.standing_requests) add("requests");
  if (a.machines_max != b.machines_max) add("machines");
  if (a.slice != b.slice) add("slice");
  if (a.stack_events != b.stack_events) add("event" + change(a.stack_events, b.stack_events));
  if (a.deviations != b.deviations) add("deviation" + change(a.deviations, b.deviations));
  if (a.constraints != b.constraints) add("constraint" + change(a.constraints, b.constraints));
  return text.empty() ? "seed" : text;
}

void for_each_step(const Schedule& before, const std::function<void(const Schedule&)>& look) {
  const Program program = polling();
  for (unsigned seed = 0; seed < kSteps; ++seed) {
    Random random(seed);
    Schedule after = before;
    mutate_schedule(after, program, random);
    ASSERT_EQ(validate(after), "");
    ASSERT_NE(after.seed, before.seed);
    look(after);
  }
}

// The numbers are about half of what comes now.
TEST(MutateSchedule, EveryStepIsTakenAndChangesOneThing) {
  std::map<std::string, unsigned> counts;
  for_each_step(some(), [&](const Schedule& after) { ++counts[difference(some(), after)]; });
  const std::pair<const char*, unsigned> expected[] = {
      {"buffers", 30},
      {"cache", 35},
      {"deviation added", 160},  // races among them
      {"deviation later", 65},
      {"deviation path", 15},
      {"deviation removed", 35},
      {"deviation replaced", 50},
      {"deviation site", 25},
      {"deviation value", 50},
      {"event added", 330},
      {"event earlier", 45},
      {"event later", 120},
      {"event path", 55},
      {"event removed", 150},
      {"event replaced", 260},
      {"event site", 75},
      {"frames", 30},
      {"machines", 28},
      {"moving", 30},
      {"poison", 5},
      {"processors", 180},
      {"requests", 30},
      {"reuse", 30},
      {"seed", 350},
      {"shrinking", 30},
      {"slice", 28},
      {"start", 30},
      {"strategy", 240},
      {"strategy; constraint added", 100},  // which makes it reads-from
      {"strategy; constraint earlier", 45},
      {"strategy; constraint flipped", 95},
      {"strategy; constraint later", 50},
      {"strategy; constraint removed", 110},
      {"strategy; constraint replaced", 100},
  };
  for (const auto& [what, often] : expected) {
    EXPECT_GT(counts[what], often) << what;
    counts.erase(what);
  }
  for (const auto& [what, often] : counts) ADD_FAILURE() << what << ", " << often << " times";
}

TEST(MutateSchedule, AHoldIsMadeAboutTwiceAsLong) {
  std::set<unsigned> values;
  for_each_step(some(), [&](const Schedule& after) {
    if (difference(some(), after) == "deviation value") values.insert(after.deviations[0].value);
  });
  EXPECT_EQ(values, (std::set<unsigned>{16, 17}));
}

TEST(MutateSchedule, RacesComeWithTheirHolds) {
  unsigned queues = 0, with_poll = 0;
  for_each_step(Schedule{}, [&](const Schedule& after) {
    if (after.deviations.size() < 8) return;
    ++queues;
    with_poll += after.deviations.size() == 9;
  });
  EXPECT_GT(queues, 100u);
  EXPECT_NEAR(with_poll * 100 / queues, 50, 10);
}

TEST(MutateSchedule, WhatASearchHasLearntOfTargetsGoesWithTheStrategy) {
  Schedule before = some();
  before.strategy = Strategy::kSurw;
  before.targets = {{kMainPath, 1}};
  before.thread_counts = {{kMainPath, 0, 7}};
  unsigned drawn = 0;
  for_each_step(before, [&](const Schedule& after) {
    if (after.strategy == Strategy::kSurw || after.strategy == Strategy::kReadsFrom) return;
    ++drawn;
    EXPECT_TRUE(after.targets.empty() && after.thread_counts.empty());
  });
  EXPECT_GT(drawn, 100u);
}

TEST(MutateSchedule, FullListsTakeNoMore) {
  Schedule before = some();
  before.stack_events.resize(kStackEventsMax, before.stack_events[0]);
  before.deviations.resize(kDeviationsMax, before.deviations[0]);
  before.constraints.resize(kConstraintsMax, before.constraints[0]);
  for_each_step(before, [&](const Schedule& after) {
    EXPECT_EQ(difference(before, after).find("added"), std::string::npos);
  });
}

// --- Constraints --------------------------------------------------------------------------------

bool is_in(std::span<const Site> sites, Site site) {
  return std::find(sites.begin(), sites.end(), site) != sites.end();
}

TEST(Constraints, AreOfSitesThatMeetOnOneKindOfObject) {
  Random random(1);
  std::map<const SiteFamily*, unsigned> families;
  std::set<std::pair<Site, Site>> pairs;
  unsigned wanted = 0, skipping = 0;
  constexpr unsigned kDraws = 20'000;
  for (unsigned i = 0; i < kDraws; ++i) {
    const Constraint drawn = draw_constraint(random);
    unsigned found = 0;
    for (const SiteFamily& family : site_families()) {
      if (!is_in(family.readers, drawn.reader) || !is_in(family.writers, drawn.writer)) continue;
      ++found;
      ++families[&family];
    }
    ASSERT_GE(found, 1u) << site_name(drawn.reader) << " from " << site_name(drawn.writer);
    ASSERT_LE(drawn.skip, 4);
    pairs.insert({drawn.reader, drawn.writer});
    wanted += drawn.is_wanted;
    skipping += drawn.skip != 0;
  }
  std::size_t all = 0;
  for (const SiteFamily& family : site_families()) {
    EXPECT_GT(families[&family], kDraws / 100);
    all += family.readers.size() * family.writers.size();
  }
  EXPECT_EQ(families.size(), site_families().size());
  EXPECT_EQ(pairs.size(), all) << "every pair of the table";
  EXPECT_NEAR(wanted * 100 / kDraws, 24, 3);
  EXPECT_NEAR(skipping * 100 / kDraws, 25, 3);
}

TEST(Constraints, GrowToSixAndTheirSkipsStayWithinBounds) {
  Random random(2);
  std::vector<Constraint> list;
  mutate_constraints(list, random);
  EXPECT_EQ(list.size(), 1u);
  std::set<std::size_t> sizes;
  std::set<unsigned> skips;
  for (unsigned i = 0; i < 50'000; ++i) {
    mutate_constraints(list, random);
    sizes.insert(list.size());
    for (const Constraint& one : list) skips.insert(one.skip);
  }
  EXPECT_EQ(*sizes.rbegin(), 6u) << "more of them hinder each other";
  EXPECT_EQ(*skips.rbegin(), 8u);
}

}  // namespace
}  // namespace concertina::fuzzers::test
