// What the draws can be, and how often: the generator and the mutator are made of them.
#include "mutate/draw.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string_view>

#include "mutate/testing.h"

namespace concertina::fuzzers::test {
namespace {

constexpr unsigned kDraws = 10'000;

Program two_children() {
  return program(
      "chan c0 cap=0 size=8 chan c1 cap=1 size=8 "
      "func f0 frame=0 { go f1 go f1 send c0 }"
      "func f1 frame=0 { try_recv c0 }");
}

bool is_prologue(Site site) { return site_name(site).ends_with("-prologue"); }

TEST(Draw, ChannelsAreAllTheProgramsAndRarelyNil) {
  Random random(1);
  std::map<unsigned, unsigned> counts;
  for (unsigned i = 0; i < kDraws; ++i) ++counts[draw_channel(two_children(), random)];
  EXPECT_EQ(counts.size(), 3u);
  EXPECT_NEAR(counts[kNil], kDraws * 3 / 100, 100);
  EXPECT_NEAR(counts[0], counts[1], 500);
  Program without = two_children();
  without.channels.clear();
  for (unsigned i = 0; i < 100; ++i) EXPECT_EQ(draw_channel(without, random), kNil);
}

TEST(Draw, CapacitiesSizesAndFramesAreOfEveryClass) {
  Random random(2);
  std::map<unsigned, unsigned> capacities, sizes, frames;
  for (unsigned i = 0; i < kDraws; ++i) {
    ++capacities[draw_capacity(random)];
    ++sizes[draw_size_class(random)];
    ++frames[draw_frame_class(random)];
  }
  EXPECT_EQ(capacities.size(), kCapacityMax + 1);
  EXPECT_EQ(sizes.size(), kElementSizeClasses);
  EXPECT_EQ(frames.size(), kFramePaddingClasses);
  EXPECT_GT(capacities[0], kDraws / 2);  // a rendezvous is what most bugs are about
  EXPECT_GT(sizes[4], kDraws / 4);       // 8 bytes
  EXPECT_GT(sizes[11], 50u);             // 4096 bytes
  EXPECT_GT(frames[0], frames[7]);
}

TEST(Draw, SelectsHaveUpToEightCasesInAllForms) {
  Random random(3);
  const Program program = two_children();
  std::map<std::size_t, unsigned> sizes;
  unsigned sends = 0, pointers = 0, cases = 0, defaults = 0;
  for (unsigned i = 0; i < kDraws; ++i) {
    const Operation select = draw_select(program, random);
    ++sizes[select.cases.size()];
    defaults += select.has_default;
    for (const Case& one : select.cases) {
      ++cases;
      sends += one.is_send;
      pointers += one.by_pointer;
    }
  }
  EXPECT_EQ(sizes.size(), 9u);
  EXPECT_GT(sizes[2], kDraws / 6);
  EXPECT_NEAR(sends * 100 / cases, 45, 3);
  EXPECT_NEAR(pointers * 100 / cases, 15, 3);
  EXPECT_NEAR(defaults * 100 / kDraws, 25, 3);
}

TEST(Draw, OperationsAreAllButBracketsAndFitTheProgram) {
  Random random(4);
  Program drawn = two_children();
  std::map<Code, unsigned> codes;
  std::set<unsigned> lengths;
  unsigned pointers = 0;
  for (unsigned i = 0; i < kDraws; ++i) {
    const Operation operation = draw_operation(drawn, random);
    ++codes[operation.code];
    if (operation.code == Code::kSyscall) lengths.insert(operation.count);
    pointers += operation.by_pointer;
    drawn.functions[1].body = {operation};
    ASSERT_EQ(validate(drawn), "");
  }
  EXPECT_EQ(codes.size(), static_cast<std::size_t>(Code::kCount) - 3);
  EXPECT_EQ(codes.count(Code::kLoop) + codes.count(Code::kRange) + codes.count(Code::kEnd), 0u);
  for (const auto& [code, count] : codes) EXPECT_GT(count, 50u) << code_name(code);
  EXPECT_GT(codes[Code::kSend], 4 * codes[Code::kClose]);  // a close ends most programs
  EXPECT_EQ(lengths.size(), kSyscallLengthMax + 1);
  EXPECT_GT(pointers, kDraws / 20);
}

TEST(Draw, PathsAreOfGoroutinesThatMainSpawns) {
  Random random(5);
  const Program program = two_children();
  std::map<SpawnPath, unsigned> paths;
  for (unsigned i = 0; i < kDraws; ++i) ++paths[draw_path(program, random)];
  EXPECT_NEAR(paths[kAnyPath] * 100 / kDraws, 55, 3);
  EXPECT_GT(paths[kMainPath], kDraws / 10);
  std::set<SpawnPath> known{kAnyPath, kMainPath};
  for (unsigned n = 0; n < 2; ++n) {
    const SpawnPath child = child_path(kMainPath, n);
    EXPECT_GT(paths[child], kDraws / 20) << n;
    known.insert({child, child_path(child, 0), child_path(child, 1)});
  }
  for (const auto& [path, count] : paths) EXPECT_TRUE(known.contains(path)) << path;
  Program alone = program;
  alone.functions[0].body.clear();
  for (unsigned i = 0; i < 100; ++i) EXPECT_LE(draw_path(alone, random), kMainPath);
}

TEST(Draw, StackEventsAreWhereTheyCanHappen) {
  Random random(6);
  const Program program = test::program(
      "chan c0 cap=0 size=8 chan c1 cap=1 size=8 "
      "func f0 frame=0 { go f1 go f1 send c0 close c1 }"
      "func f1 frame=0 { try_recv c0 select { recv c0; send c1 } syscall 1 }");
  std::map<StackAction, unsigned> actions;
  std::set<Site> prologues, stops, interrupts, shrinks;
  for (unsigned i = 0; i < kDraws; ++i) {
    const StackEvent event = draw_stack_event(program, random);
    ++actions[event.action];
    const bool is_scan =
        event.action == StackAction::kScanMove || event.action == StackAction::kScanShrink;
    const bool is_own = event.action == StackAction::kGrow || event.action == StackAction::kMove;
    if (is_scan || is_own) {
      ASSERT_EQ(is_prologue(event.key.site), is_own) << site_name(event.key.site);
    }
    ASSERT_LT(event.key.occurrence, 12);
    if (is_own) prologues.insert(event.key.site);
    if (event.action == StackAction::kShrink) shrinks.insert(event.key.site);
    if (event.action == StackAction::kPreempt) stops.insert(event.key.site);
    if (event.action == StackAction::kInterrupt) interrupts.insert(event.key.site);
  }
  EXPECT_EQ(actions.count(StackAction::kNone), 0u);
  EXPECT_EQ(actions.size(), static_cast<unsigned>(kLastStackAction));
  for (const Site site : {Site::kExecuteStatus, Site::kSelectWokenPoint, Site::kReadyPoint,
                          Site::kCloseReadyPoint, Site::kSelectLockPrologue}) {
    EXPECT_TRUE(stops.contains(site)) << site_name(site);
  }
  EXPECT_TRUE(interrupts.contains(Site::kUserCode));
  EXPECT_TRUE(interrupts.contains(Site::kSyscallSleep));
  EXPECT_TRUE(shrinks.contains(Site::kSelectWokenPoint));
  EXPECT_EQ(shrinks.size(), prologues.size() + 4);
  EXPECT_GT(actions[StackAction::kScanMove], actions[StackAction::kMove]);
  unsigned all = 0;
  for (unsigned site = 0; site < kSiteCount; ++site) all += is_prologue(static_cast<Site>(site));
  EXPECT_EQ(prologues.size(), all);
}

TEST(Draw, DeviationsHoldPreferAndChoose) {
  Random random(7);
  const Program program = two_children();
  std::map<DeviationKind, unsigned> kinds;
  std::set<unsigned> holds, choices;
  std::set<Site> held;
  for (unsigned i = 0; i < kDraws; ++i) {
    const Deviation deviation = draw_deviation(program, random);
    ++kinds[deviation.kind];
    if (deviation.kind == DeviationKind::kChoose) {
      choices.insert(deviation.value);
      ASSERT_TRUE(deviation.key.site == Site::kSelectOrder ||
                  deviation.key.site == Site::kStealOrder);
    } else {
      holds.insert(deviation.value);
      held.insert(deviation.key.site);
    }
  }
  EXPECT_EQ(holds, (std::set<unsigned>{4, 8, 16, 32, 64, 128}));
  EXPECT_EQ(choices, (std::set<unsigned>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(held.size(), kSiteCount) << "rarely, but everywhere";
  EXPECT_NEAR(kinds[DeviationKind::kChoose] * 100 / kDraws, 30, 3);
  EXPECT_NEAR(kinds[DeviationKind::kPrefer] * 100 / kDraws, 10, 3);
}

TEST(Race, OfACopyGrowsBeforeItShrinks) {
  Random random(8);
  const Program program = two_children();
  unsigned shrinks = 0, moves = 0, holds = 0;
  for (unsigned i = 0; i < kDraws; ++i) {
    Schedule schedule;
    add_copy_race(schedule, program, random);
    ASSERT_EQ(validate(schedule), "");
    ASSERT_FALSE(schedule.stack_events.empty());
    const StackEvent& scan = schedule.stack_events.back();
    ASSERT_FALSE(is_prologue(scan.key.site));
    ASSERT_LE(scan.key.occurrence, 3);
    holds += static_cast<unsigned>(schedule.deviations.size());
    if (scan.action == StackAction::kScanMove) {
      ++moves;
      ASSERT_EQ(schedule.stack_events.size(), 1u);
      continue;
    }
    ++shrinks;
    ASSERT_EQ(scan.action, StackAction::kScanShrink);
    ASSERT_NE(scan.key.path, kAnyPath);
    ASSERT_GE(schedule.stack_events.size(), 2u);
    ASSERT_LE(schedule.stack_events.size(), 3u);
    for (std::size_t e = 0; e + 1 < schedule.stack_events.size(); ++e) {
      ASSERT_EQ(schedule.stack_events[e].action, StackAction::kGrow);
      ASSERT_EQ(schedule.stack_events[e].key.path, scan.key.path);
      ASSERT_EQ(schedule.stack_events[e].key.occurrence, 0);
    }
  }
  EXPECT_GT(shrinks, kDraws / 4);
  EXPECT_GT(moves, kDraws / 4);
  EXPECT_NEAR(holds * 100 / kDraws, 40, 3);
}

TEST(Race, OfAStopGrowsBeforeItShrinksAndLetsTheScannerComeFirst) {
  Random random(12);
  const Program program = two_children();
  std::map<StackAction, unsigned> stops;
  unsigned scans = 0;
  for (unsigned i = 0; i < kDraws; ++i) {
    Schedule schedule;
    add_stop_race(schedule, program, random);
    ASSERT_EQ(validate(schedule), "");
    ASSERT_FALSE(schedule.stack_events.empty());
    const StackEvent& stop = schedule.stack_events.back();
    ++stops[stop.action];
    bool has_grown = false;
    for (const StackEvent& event : schedule.stack_events) {
      ASSERT_EQ(event.key.path, stop.key.path);
      has_grown |= event.action == StackAction::kGrow;
      if (event.action == StackAction::kScanShrink || event.action == StackAction::kShrink) {
        ASSERT_TRUE(has_grown);
      }
      scans += event.action == StackAction::kScanShrink || event.action == StackAction::kScanMove;
    }
  }
  EXPECT_EQ(stops.size(), 3u);
  EXPECT_NEAR(stops[StackAction::kPreempt] * 100 / kDraws, 45, 3);
  EXPECT_NEAR(stops[StackAction::kShrink] * 100 / kDraws, 30, 3);
  EXPECT_NEAR(stops[StackAction::kInterrupt] * 100 / kDraws, 25, 3);
  EXPECT_NEAR(scans * 100 / kDraws, 42, 3);
}

TEST(Race, OfAnAssistLetsOthersComeMeanwhile) {
  Random random(12);
  const Program program = two_children();
  unsigned scans = 0, two = 0;
  for (unsigned i = 0; i < kDraws; ++i) {
    Schedule schedule;
    add_assist_race(schedule, program, random);
    ASSERT_EQ(validate(schedule), "");
    unsigned assists = 0;
    for (const StackEvent& event : schedule.stack_events) {
      assists += event.action == StackAction::kAssist;
      scans += event.action == StackAction::kScanShrink || event.action == StackAction::kScanMove;
    }
    ASSERT_GE(assists, 1u);
    two += assists == 2;
  }
  EXPECT_NEAR(two * 100 / kDraws, 50, 5);
  EXPECT_NEAR(scans * 100 / kDraws, 60, 3);
}

TEST(Race, OfAPollHoldsBetweenTheLooksOfTheFirstOperationThatDoesNotWait) {
  Random random(9);
  const auto sites = [&](const char* body) {
    const Program program =
        test::program(std::string("chan c0 cap=0 size=8 func f0 frame=0 { ") + body + " }");
    std::set<Site> seen;
    for (unsigned i = 0; i < 200; ++i) {
      Schedule schedule;
      add_poll_race(schedule, program, random);
      EXPECT_EQ(validate(schedule), "");
      EXPECT_LE(schedule.deviations.size(), 1u);
      for (const Deviation& deviation : schedule.deviations) {
        EXPECT_EQ(deviation.kind, DeviationKind::kHold);
        EXPECT_GE(deviation.value, 8);
        seen.insert(deviation.key.site);
      }
    }
    return seen;
  };
  EXPECT_EQ(sites("send c0 recv c0 select default { send c0 }"), std::set<Site>{});
  EXPECT_EQ(sites("recv c0 try_send c0 try_recv c0"),
            (std::set<Site>{Site::kChanSendFastFull, Site::kChanSendFastClosed}));
  EXPECT_EQ(sites("try_recv c0 try_send c0"),
            (std::set<Site>{Site::kChanReceiveFastClosed, Site::kChanReceiveFastEmptyAgain}));
}

TEST(Race, OfQueuesHoldsASubmitterAndForLongerTheLastLook) {
  Random random(10);
  std::set<Site> submitting, looking;
  for (unsigned i = 0; i < 1000; ++i) {
    Schedule schedule;
    add_queue_race(schedule, random);
    ASSERT_EQ(validate(schedule), "");
    ASSERT_EQ(schedule.deviations.size(), 8u);
    for (unsigned d = 0; d < 8; ++d) {
      const Deviation& deviation = schedule.deviations[d];
      ASSERT_EQ(deviation.kind, DeviationKind::kHold);
      ASSERT_EQ(deviation.key.occurrence, d % 4);
      ASSERT_EQ(deviation.key.path, d < 4 ? kAnyPath : kSchedulerPath);
      ASSERT_GE(schedule.deviations[4].value, schedule.deviations[0].value);
      (d < 4 ? submitting : looking).insert(deviation.key.site);
    }
  }
  EXPECT_TRUE(submitting.contains(Site::kRunQueueTailStore));
  EXPECT_TRUE(looking.contains(Site::kQueueLookNext));
  EXPECT_GT(submitting.size(), 5u);
  EXPECT_GT(looking.size(), 5u);
}

TEST(Race, StaysWithinTheLimitsOfASchedule) {
  Random random(11);
  const Program program = two_children();
  Schedule schedule;
  for (unsigned i = 0; i < 40; ++i) {
    add_copy_race(schedule, program, random);
    add_stop_race(schedule, program, random);
    add_assist_race(schedule, program, random);
    add_poll_race(schedule, program, random);
    add_queue_race(schedule, random);
    ASSERT_EQ(validate(schedule), "");
  }
  EXPECT_EQ(schedule.stack_events.size(), kStackEventsMax);
  EXPECT_EQ(schedule.deviations.size(), kDeviationsMax);
}

TEST(Busy, RoundsAreManyAndSpawnsAreNotDoneAgain) {
  Random random(13);
  unsigned calls = 0, wrapped = 0, short_slices = 0;
  for (unsigned i = 0; i < kDraws; ++i) {
    Program busy = program(
        "chan c0 cap=0 size=8 func f0 frame=0 { go f1 len c0 }"
        "func f1 frame=0 { loop 2 { send c0 } } func f2 frame=0 { range c0 { } }");
    Schedule schedule;
    make_busy(busy, schedule, random);
    ASSERT_EQ(validate(busy), "");
    ASSERT_EQ(validate(schedule), "");
    ASSERT_EQ(busy.functions[0].body[0].code, Code::kSpawn);
    const Operation& loop = busy.functions[1].body[0];
    ASSERT_EQ(loop.code, Code::kLoop);
    ASSERT_EQ(loop.count, count_range(Code::kLoop).max);
    ASSERT_EQ(busy.functions[2].body.size(), 2u);  // as long as the channel is open, by itself
    ASSERT_LE(schedule.processors, 2u);
    wrapped += busy.functions[0].body[1].code == Code::kLoop;
    calls += busy.functions[1].body[1].code == Code::kSyscall;
    short_slices += schedule.slice <= 12;
  }
  EXPECT_NEAR(wrapped * 100 / kDraws, 75, 3);
  EXPECT_NEAR(calls * 100 / kDraws, 20, 3);
  EXPECT_NEAR(short_slices * 100 / kDraws, 80, 3);
}

TEST(Draw, SchedulesHaveEveryKnobAndNoWishes) {
  Random random(12);
  std::set<unsigned> processors, depths;
  unsigned moving = 0, fresh = 0, uncached = 0, unshrunk = 0;
  for (unsigned i = 0; i < kDraws; ++i) {
    const Schedule schedule = draw_schedule(random);
    ASSERT_EQ(validate(schedule), "");
    ASSERT_TRUE(schedule.stack_events.empty() && schedule.deviations.empty());
    ASSERT_EQ(schedule.constraints.empty(), schedule.strategy != Strategy::kReadsFrom);
    ASSERT_LE(schedule.constraints.size(), 3u);
    processors.insert(schedule.processors);
    depths.insert(schedule.depth);
    moving += schedule.move_at_every_prologue;
    fresh += !schedule.reuse_stacks;
    uncached += !schedule.cache_stacks;
    unshrunk += !schedule.shrink_stacks;
  }
  EXPECT_EQ(processors, (std::set<unsigned>{1, 2, 3, 4}));
  EXPECT_EQ(depths, (std::set<unsigned>{2, 3, 5, 10}));
  EXPECT_NEAR(moving * 100 / kDraws, 12, 2);
  EXPECT_NEAR(fresh * 100 / kDraws, 10, 2);
  EXPECT_NEAR(uncached * 100 / kDraws, 10, 2);
  EXPECT_NEAR(unshrunk * 100 / kDraws, 3, 1);
}

TEST(Draw, StrategiesNeedNoKnowledgeAndMachinesAreFew) {
  Random random(13);
  std::map<Strategy, unsigned> strategies;
  std::set<unsigned> machines;
  for (unsigned i = 0; i < kDraws; ++i) {
    ++strategies[draw_strategy(random)];
    machines.insert(draw_few_machines(random));
  }
  EXPECT_EQ(machines, (std::set<unsigned>{2, 3, 4, 5}));
  EXPECT_EQ(strategies.size(), 4u);
  EXPECT_NEAR(strategies[Strategy::kRandom] * 100 / kDraws, 5, 1);
  EXPECT_NEAR(strategies[Strategy::kPct] * 100 / kDraws, 20, 2);
  EXPECT_NEAR(strategies[Strategy::kPos] * 100 / kDraws, 40, 2);
  EXPECT_NEAR(strategies[Strategy::kReadsFrom] * 100 / kDraws, 35, 2);
}

// --- Moving operations into calls ---------------------------------------------------------------

TEST(Outline, RefusesWhatHasNoMeaningElsewhereOrNoRoom) {
  Random random(14);
  Program before = program(
      "chan c0 cap=0 size=8 "
      "func f0 frame=0 { go f1 loop 2 { send c0 } }"
      "func f1 frame=0 { }");
  const auto refuses = [&](std::size_t at, unsigned depth) {
    Program after = before;
    const bool is_done = outline(after, 0, at, depth, random);
    EXPECT_TRUE(is_done || after == before);
    return !is_done;
  };
  EXPECT_TRUE(refuses(0, 1)) << "a goroutine's place in the tree of spawns";
  EXPECT_TRUE(refuses(1, 1)) << "the beginning of a block";
  EXPECT_TRUE(refuses(3, 1)) << "its end";
  EXPECT_TRUE(refuses(2, 0));
  EXPECT_FALSE(refuses(2, 6));
  EXPECT_TRUE(refuses(2, 7)) << "one function too many";
}

TEST(Outline, PassesOnWhatTheOperationUsed) {
  Random random(15);
  Program made = program(
      "chan c0 cap=0 size=8 chan c1 cap=0 size=8 "
      "func f0 frame=0 { select { recv c0; send nil; send c1 by_pointer } len c1 }");
  ASSERT_TRUE(outline(made, 0, 0, 1, random));
  EXPECT_EQ(validate(made), "");
  // main has a local for c1 still, and gets one for c0.
  EXPECT_EQ(made.functions[0].body,
            program("chan c0 cap=0 size=8 chan c1 cap=0 size=8 "
                    "func f0 frame=0 { call f1 len c0 len c1 } func f1 frame=0 { }")
                .functions[0]
                .body);
  for (const Case& one : made.functions[1].body[0].cases) EXPECT_TRUE(one.by_pointer);
  // An operation that used a pointer gets the same one through the call.
  Program pointed = program("chan c0 cap=0 size=8 func f0 frame=0 { recv c0 by_pointer recv c0 }");
  ASSERT_TRUE(outline(pointed, 0, 0, 1, random));
  EXPECT_TRUE(pointed.functions[0].body[0].by_pointer);
  ASSERT_TRUE(outline(pointed, 0, 1, 1, random));
  EXPECT_FALSE(pointed.functions[0].body[1].by_pointer);
}

TEST(Outline, AFullBodyStaysFull) {
  Random random(16);
  std::string body;
  for (unsigned i = 1; i < kOperationsMax; ++i) body += " yield";
  Program made = program("chan c0 cap=0 size=8 func f0 frame=0 { send c0" + body + " }");
  ASSERT_TRUE(outline(made, 0, 0, 1, random));
  EXPECT_EQ(made.functions[0].body.size(), kOperationsMax);
  EXPECT_EQ(validate(made), "");
}

TEST(Inflate, CallsALargeFrameFirst) {
  Random random(17);
  std::set<unsigned> classes;
  for (unsigned i = 0; i < 100; ++i) {
    Program made = two_children();
    ASSERT_TRUE(inflate(made, 1, random));
    EXPECT_EQ(made.functions[1].body,
              (std::vector<Operation>{make_call(Code::kCall, 2), make_on(Code::kTryReceive, 0)}));
    ASSERT_EQ(made.functions.size(), 3u);
    EXPECT_TRUE(made.functions[2].body.empty());
    classes.insert(made.functions[2].frame_class);
  }
  EXPECT_EQ(classes, (std::set<unsigned>{5, 6, 7}));
  Program full = two_children();
  full.functions.resize(kFunctionsMax);
  EXPECT_FALSE(inflate(full, 0, random));
  full = two_children();
  full.functions[0].body.resize(kOperationsMax);
  EXPECT_FALSE(inflate(full, 0, random));
  EXPECT_EQ(full.functions.size(), 2u);
}

}  // namespace
}  // namespace concertina::fuzzers::test
