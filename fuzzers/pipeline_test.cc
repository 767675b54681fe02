// Whole runs: what reaches the runtime of a schedule, what a trace holds, and what judging makes of
// it.
#include "pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "oracle/fairness.h"
#include "platform/sim/choosers_testing.h"

namespace concertina::fuzzers {
namespace {

Input input(const std::string& program, const std::string& schedule = "") {
  CaseFile file;
  const ParseError error =
      parse("version 4\n" + program +
                (schedule.empty() ? "\nschedule processors=2 strategy=random depth=3 seed=0x1"
                                  : schedule) +
                "\nend\n",
            file);
  EXPECT_EQ(error.reason, "") << "line " << error.line << ", column " << error.column;
  return file.input;
}

const std::string kTwoSenders =
    "chan c0 cap=0 size=8 "
    "func f0 frame=0 { go f1 go f1 recv c0 recv c0 } "
    "func f1 frame=0 { send c0 } ";

using Events = std::vector<Event>;
Events events_of(const Trace& trace) { return {trace.events.begin(), trace.events.end()}; }

TEST(Run, IsAFunctionOfItsInputWhateverRanBefore) {
  const Input small = input(kTwoSenders);
  const Input large =
      input("chan c0 cap=3 size=4096 func f0 frame=4096 { go f0 try_send c0 call f0 }",
            "schedule processors=4 strategy=pct depth=3 seed=0x9 knob move_at_every_prologue");
  const Trace first = run(small);
  const std::uint64_t hash = first.hash;
  const std::uint32_t steps = first.steps;
  const Events events = events_of(first);
  EXPECT_NE(run(large).hash, hash);
  const Trace again = run(small);
  EXPECT_EQ(again.hash, hash);
  EXPECT_EQ(again.steps, steps);
  EXPECT_EQ(events_of(again), events);
}

TEST(Run, AnotherSeedIsAnotherSchedule) {
  Input one = input(kTwoSenders);
  std::set<std::uint64_t> hashes;
  for (one.schedule.seed = 1; one.schedule.seed <= 20; ++one.schedule.seed) {
    const Trace trace = run(one);
    hashes.insert(trace.hash);
    EXPECT_EQ(trace.outcome, Outcome::kExit);
    EXPECT_LE(trace.decisions, trace.steps);
    EXPECT_GT(trace.decisions, 0u);
  }
  EXPECT_GT(hashes.size(), 15u);
}

TEST(Run, EndsAsTheProgramMeans) {
  const auto ends = [](const std::string& body) {
    const Input one = input("chan c0 cap=0 size=8 func f0 frame=0 { " + body + " }");
    const Trace trace = run(one);
    EXPECT_EQ(judge(one, trace).signature(), "pass");
    return std::string(outcome_name(trace.outcome)) + ": " + trace.message;
  };
  EXPECT_EQ(ends("yield"), "exit: ");
  EXPECT_EQ(ends("close c0 send c0"), "panic: send on closed channel");
  EXPECT_EQ(ends("close c0 close c0"), "panic: close of closed channel");
  EXPECT_TRUE(ends("recv c0").starts_with("deadlock: "));
}

// --- What of a schedule the runtime is given ----------------------------------------------------

TEST(Run, HasAsManyProcessorsAsTheScheduleSays) {
  for (unsigned processors = 1; processors <= kProcessorsMax; ++processors) {
    const Trace trace = run(input(kTwoSenders, "schedule processors=" + std::to_string(processors) +
                                                   " strategy=random depth=3 seed=0x1"));
    std::set<unsigned> seen;
    for (const Event& event : trace.events) {
      if (event.kind == EventKind::kProcessorIdle) {
        seen.insert(as<event::ProcessorIdle>(event).processor);
      }
    }
    EXPECT_EQ(seen.size(), processors);
  }
}

TEST(Run, HasNoMoreMachinesThanTheScheduleAllows) {
  const std::string busy =
      "func f0 frame=0 { go f1 go f1 go f1 syscall 7 } func f1 frame=0 { syscall 7 }";
  const std::string schedule = "schedule processors=4 strategy=random depth=3 seed=0x3";
  const auto threads = [](const Trace& trace) {
    std::set<ThreadId> seen;
    for (const Event& event : trace.events) seen.insert(event.thread);
    return seen.size();
  };
  const Trace many = run(input(busy, schedule));
  EXPECT_EQ(many.machines_max, kMachinesMax);
  EXPECT_GT(threads(many), 2u);
  const Trace few = run(input(busy, schedule + " knob machines_max=2"));
  EXPECT_EQ(few.machines_max, 2u);
  EXPECT_LE(threads(few), 3u) << "two machines and the scanner";
  EXPECT_EQ(few.outcome, Outcome::kExit);
}

// Of five goroutines that look at an empty channel before they send.
unsigned most_that_see_nothing(unsigned processors, const std::string& knob) {
  const std::string five =
      "chan c0 cap=5 size=8 chan c1 cap=0 size=8 "
      "func f0 frame=0 { go f1 go f1 go f1 go f1 yield close c1 len c0 send c0 } "
      "func f1 frame=0 { recv c1 len c0 send c0 } ";
  unsigned most = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    unsigned empty = 0;
    const Trace trace =
        run(input(five, "schedule processors=" + std::to_string(processors) +
                            " strategy=random depth=3 seed=" + std::to_string(seed) + knob));
    EXPECT_FALSE(judge_fairness({}, trace).failed());
    for (const Event& event : trace.events) {
      empty += event.kind == EventKind::kLenSeen && as<event::LenSeen>(event).length == 0;
    }
    most = std::max(most, empty);
  }
  return most;
}

// Without slices at most as many are between two operations as there are processors.
TEST(Run, AShortSliceStopsAnyNumberOfGoroutinesBetweenTwoOperations) {
  EXPECT_LE(most_that_see_nothing(4, ""), 4u);
  EXPECT_EQ(most_that_see_nothing(4, " knob slice=1"), 5u);
  EXPECT_EQ(most_that_see_nothing(1, ""), 1u);
  EXPECT_EQ(most_that_see_nothing(1, " knob slice=1"), 5u);
}

TEST(Run, TwoThatReadyEachOtherLetAThirdGoOn) {
  const std::string program =
      "chan c0 cap=0 size=8 chan c1 cap=0 size=8 chan c2 cap=8 size=8 "
      "func f0 frame=0 { go f1 go f2 yield len c2 } "
      "func f1 frame=0 { loop 8 { loop 4 { send c0 recv c1 } } } "
      "func f2 frame=0 { loop 8 { loop 4 { recv c0 send c1 } } }";
  const Trace trace = run(input(program, "schedule processors=1 strategy=random depth=3 seed=0x1"));
  std::size_t length = 0, last_send = 0;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    if (trace.events[i].kind == EventKind::kLenSeen) length = i;
    if (trace.events[i].kind == EventKind::kDoneSend) last_send = i;
  }
  EXPECT_NE(length, 0u);
  EXPECT_LT(length, last_send) << "main goes on before the two are done";
}

TEST(Run, KnobsAndStackEventsReachTheStacks) {
  const std::string deep =
      "func f0 frame=0 { go f1 call f2 } func f1 frame=0 { yield } func f2 frame=4096 { yield }";
  const std::string schedule = "schedule processors=1 strategy=non-preemptive depth=3 seed=0x0 ";
  const auto copies = [&](const std::string& knobs, CopyReason reason) {
    std::size_t seen = 0;
    for (const Event& event : run(input(deep, schedule + knobs)).events) {
      seen += event.kind == EventKind::kCopyBegin && as<event::CopyBegin>(event).reason == reason;
    }
    return seen;
  };
  EXPECT_EQ(copies("", CopyReason::kMove), 0u);
  EXPECT_EQ(copies("event move at g0/user-prologue#0", CopyReason::kMove), 1u);
  EXPECT_GT(copies("knob move_at_every_prologue", CopyReason::kMove), 1u);
  const std::size_t growths = copies("", CopyReason::kGrow);
  EXPECT_GE(growths, 1u);
  EXPECT_EQ(copies("event grow at g0.0/park-prologue#0", CopyReason::kGrow), growths)
      << "nobody passes there";
}

TEST(Run, KnobsThatChangeWhatTheRuntimeDoesReachIt) {
  const std::string busy =
      "chan c0 cap=1 size=8 "
      "func f0 frame=0 { go f1 go f1 yield syscall 0 try_send c0 yield try_recv c0 } "
      "func f1 frame=0 { yield syscall 0 yield } ";
  const auto hash = [&](const std::string& knob) {
    return run(input(busy, "schedule processors=3 strategy=pct depth=5 seed=0x9 " + knob)).hash;
  };
  EXPECT_NE(hash("knob no_native_frames"), hash(""));
  EXPECT_NE(hash("knob standing_requests"), hash(""));
}

// --- Choosers and logs --------------------------------------------------------------------------

TEST(Run, AChooserOfTheCallersDecidesInPlaceOfTheSchedule) {
  Input one = input(kTwoSenders);
  std::set<std::uint64_t> hashes;
  for (one.schedule.seed = 1; one.schedule.seed <= 5; ++one.schedule.seed) {
    concertina::test::LazyChooser lazy;
    hashes.insert(run(one, {.chooser = &lazy}).hash);
  }
  EXPECT_EQ(hashes.size(), 1u) << "whatever the seed is";
}

TEST(Run, ALogHasEveryStepAndChangesNothing) {
  const Input one = input(kTwoSenders);
  const std::uint64_t hash = run(one).hash;
  EXPECT_TRUE(run(one).last_steps.empty());
  const auto log = std::make_unique_for_overwrite<RunLog>();
  const Trace trace = run(one, {.log = log.get()});
  EXPECT_EQ(trace.hash, hash);
  EXPECT_EQ(trace.last_steps.size(), trace.steps);
  EXPECT_EQ(log->decisions, trace.decisions);
  EXPECT_EQ(log->events.count, trace.events.size());
}

// --- Judging ------------------------------------------------------------------------------------

TEST(Judge, FindsWhatARunCannotHaveDone) {
  const Input one = input(kTwoSenders);
  Trace trace = run(one);
  EXPECT_EQ(judge(one, trace).signature(), "pass");
  const Events events = events_of(trace);
  for (const EventKind kind :
       {EventKind::kOpSend, EventKind::kDoneReceive, EventKind::kLocalWritten}) {
    Events without = events;
    for (std::size_t i = without.size(); i-- > 0;) {
      if (without[i].kind != kind) continue;
      without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
    ASSERT_EQ(without.size() + 1, events.size());
    trace.events = without;
    EXPECT_TRUE(judge(one, trace).failed()) << "without a " << event_name(kind);
  }
}

TEST(Judge, KnowsEndingsThatNoProgramMeans) {
  const Input one = input(kTwoSenders);
  Trace trace = run(one);
  trace.outcome = Outcome::kDeadlock;
  EXPECT_EQ(judge(one, trace).oracle, "deadlock");
  trace.outcome = Outcome::kFatal;
  trace.message = "lock order: held two";
  EXPECT_TRUE(judge(one, trace).failed());
  trace.outcome = Outcome::kBudget;
  EXPECT_EQ(judge(one, trace).oracle, "progress");
}

}  // namespace
}  // namespace concertina::fuzzers
