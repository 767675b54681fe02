// Every schedule that is one step simpler, the fresh ones, and those with one preemption more.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "minimize/reduce_schedule.h"
#include "minimize/size.h"
#include "mutate/testing.h"

namespace concertina::fuzzers::test {
namespace {

using Texts = std::vector<std::string>;

/// The lines of the text form after the one with the strategy, and what differs in that one.
std::string said(const Schedule& schedule) {
  const std::string text = print({{}, {Program{{}, {Function{}}}, schedule}});
  std::string line = text.substr(text.find("\nschedule ") + 10);
  line.resize(line.rfind("\nend\n"));
  std::replace(line.begin(), line.end(), '\n', ',');
  return line;
}

Schedule schedule(const std::string& text) {
  CaseFile file;
  const ParseError error = parse("version 4 func f0 frame=0 { } schedule " + text + " end", file);
  EXPECT_EQ(error.reason, "") << text;
  return file.input.schedule;
}

Texts simpler(const std::string& text) {
  Texts texts;
  for (const Schedule& one : simpler_schedules(schedule(text))) texts.push_back(said(one));
  return texts;
}

const std::string kPlain = "processors=2 strategy=non-preemptive depth=3 seed=0x0";

TEST(Simpler, ThePlainestOffersNothing) { EXPECT_EQ(simpler(kPlain), Texts{}); }

TEST(Simpler, WishesGoTogetherByKindAndOneByOneLastFirst) {
  const std::string move = "event move at any/park-status#0";
  const std::string again = "event move at g0/park-status#0";
  const std::string hold = "hold 255 at g0/wake-unlock#0";
  EXPECT_EQ(simpler(kPlain + " " + move + " " + again + " " + hold),
            (Texts{kPlain, kPlain + "," + hold, kPlain + "," + move + "," + again,
                   kPlain + "," + move + "," + hold, kPlain + "," + again + "," + hold,
                   kPlain + "," + move + "," + again}));
}

TEST(Simpler, WishesBecomePlainer) {
  EXPECT_EQ(simpler(kPlain + " event scan-shrink at g0/park-status#3"),
            (Texts{kPlain, kPlain, kPlain, kPlain + ",event scan-move at g0/park-status#3",
                   kPlain + ",event scan-shrink at g0/park-status#0",
                   kPlain + ",event scan-shrink at g0/park-status#2"}));
  EXPECT_EQ(simpler(kPlain + " event grow at g0/user-prologue#0").back(),
            kPlain + ",event move at g0/user-prologue#0");
  EXPECT_EQ(simpler(kPlain + " event shrink at g0/user-prologue#0").back(),
            kPlain + ",event move at g0/user-prologue#0");
  EXPECT_EQ(simpler(kPlain + " event interrupt at g0/chan-len#0").back(),
            kPlain + ",event preempt at g0/chan-len#0");
  EXPECT_EQ(simpler(kPlain + " event assist at g0/chan-len#0").back(),
            kPlain + ",event preempt at g0/chan-len#0");
  EXPECT_EQ(simpler(kPlain + " event preempt at g0/chan-len#0"), (Texts{kPlain, kPlain, kPlain}));
  EXPECT_EQ(
      simpler(kPlain + " hold 7 at g0/wake-unlock#2"),
      (Texts{kPlain, kPlain, kPlain, kPlain + ",hold 255 at g0/wake-unlock#2",
             kPlain + ",hold 7 at g0/wake-unlock#0", kPlain + ",hold 7 at g0/wake-unlock#1"}));
}

TEST(Simpler, KnobsGoBackToTheirDefaults) {
  EXPECT_EQ(simpler(kPlain + " knob move_at_every_prologue"), (Texts{kPlain}));
  EXPECT_EQ(simpler(kPlain + " knob no_stack_reuse knob no_shrink"),
            (Texts{kPlain, kPlain + ",knob no_shrink", kPlain + ",knob no_stack_reuse"}));
  EXPECT_EQ(simpler(kPlain + " knob no_stack_cache"), (Texts{kPlain, kPlain}));
  EXPECT_EQ(simpler("processors=4 strategy=non-preemptive depth=3 seed=0x5"),
            (Texts{"processors=2 strategy=non-preemptive depth=3 seed=0x5",
                   "processors=4 strategy=non-preemptive depth=3 seed=0x0"}));
}

TEST(Simpler, WhatWasLearntGoes) {
  const std::string reading = "reads-not";
  EXPECT_EQ(simpler(kPlain + " horizon=90"), (Texts{kPlain}));
  EXPECT_EQ(simpler(kPlain + " target g0#1 count 3 of g0#0"),
            (Texts{kPlain, kPlain + ",target g0#1"}));
  const std::string one = "reads park-status from ready-status skip=2";
  const std::string two = "reads_not park-status from ready-status";
  EXPECT_EQ(simpler(kPlain + " " + one + " " + two),
            (Texts{kPlain, kPlain + "," + one, kPlain + "," + two,
                   kPlain + ",reads park-status from ready-status," + two}));
}

TEST(WithoutPreemptions, KeepsStackEventsDrawsAndKnobs) {
  const Schedule before = schedule(
      "processors=3 strategy=surw depth=7 seed=0x99 horizon=50 knob no_shrink "
      "event move at g0/park-status#0 hold 4 at g0/wake-unlock#0 prefer 3 at g0/wake-unlock#1 "
      "choose 2 at any/select-order#0 reads park-status from ready-status target g0#1 "
      "count 3 of g0#0");
  EXPECT_EQ(said(without_preemptions(before, 6)),
            "processors=3 strategy=non-preemptive depth=3 seed=0x2,knob no_shrink,"
            "event move at g0/park-status#0,choose 2 at any/select-order#0");
}

const Key kLock{kMainPath, Site::kChanSendLock, 0};
const Key kUnlock{kMainPath, Site::kChanSendUnlock, 0};

TEST(OneMorePreemption, AtEachPlaceForGoodAndForOneDecision) {
  const Schedule base = schedule(kPlain + " hold 255 at g0/wake-unlock#0");
  Texts texts;
  for (const Schedule& one :
       with_one_more_preemption(base, std::vector<Key>{kLock, kUnlock, kLock})) {
    const std::string text = said(one);
    EXPECT_TRUE(text.starts_with(said(base)));
    texts.push_back(text.substr(said(base).size()));
  }
  EXPECT_EQ(texts, (Texts{",hold 255 at g0/chan-send-lock#0", ",hold 1 at g0/chan-send-lock#0",
                          ",hold 255 at g0/chan-send-unlock#0", ",hold 1 at g0/chan-send-unlock#0",
                          ",hold 255 at g0/chan-send-lock#1", ",hold 1 at g0/chan-send-lock#1"}));
  Schedule full = base;
  full.deviations.resize(kDeviationsMax, base.deviations[0]);
  EXPECT_TRUE(with_one_more_preemption(full, std::vector<Key>{kLock}).empty());
}

TEST(Places, APathsOccurrencesAreItsOwnAndEndWithWhatAKeyCanSay) {
  std::vector<Key> passed(300, kLock);
  passed.push_back({child_path(kMainPath, 0), Site::kChanSendLock, 77});
  const std::vector<Key> places = places_of(passed);
  ASSERT_EQ(places.size(), 257u);
  EXPECT_EQ(places[255].occurrence, 255);
  EXPECT_EQ(places[256].path, child_path(kMainPath, 0));
  EXPECT_EQ(places[256].occurrence, 0);
}

TEST(Fresh, OthersAreNearTheOldOneOrNew) {
  const Program program = test::program("chan c0 cap=0 size=8 func f0 frame=0 { send c0 }");
  const Schedule old = schedule(
      "processors=2 strategy=pos depth=3 seed=0x7 "
      "hold 4 at g0/wake-unlock#0");
  Random random(3);
  const std::vector<Schedule> fresh = fresh_schedules(old, program, 1000, random);
  ASSERT_EQ(fresh.size(), 1000u);
  EXPECT_EQ(fresh[0], old);
  unsigned reseeded = 0, with_race = 0;
  std::set<std::uint64_t> seeds;
  for (const Schedule& one : fresh) {
    seeds.insert(one.seed);
    Schedule same = one;
    same.seed = old.seed;
    reseeded += same == old;
    with_race += !one.stack_events.empty() && one.deviations != old.deviations;
  }
  EXPECT_EQ(seeds.size(), 1000u);
  EXPECT_NEAR(reseeded, 400, 80);
  EXPECT_NEAR(with_race, 200, 80);
}

TEST(Fresh, ANonPreemptiveOneIsHalfTheTimeGivenChance) {
  const Program program = test::program("func f0 frame=0 { yield }");
  Random random(4);
  unsigned forced = 0;
  for (const Schedule& one : fresh_schedules(schedule(kPlain), program, 1000, random)) {
    forced += one.strategy == Strategy::kNonPreemptive;
  }
  EXPECT_NEAR(forced, 350, 80);  // half of the four fifths that are near the old one
}

}  // namespace
}  // namespace concertina::fuzzers::test
