#include "report/report.h"

#include <gtest/gtest.h>

namespace concertina::fuzzers {
namespace {

CaseFile small_case() {
  CaseFile file;
  file.header.title = "a receive that nobody serves";
  file.input.program.channels = {{0, 4}};
  file.input.program.functions.resize(1);
  Operation receive;
  receive.code = Code::kReceive;
  file.input.program.functions[0].body = {receive};
  file.input.schedule.seed = 7;
  return file;
}

Step step_of(ThreadId thread, SpawnPath path, Site site, OperationKind kind, ObjectId object,
             bool is_decision) {
  Step step;
  step.thread = thread;
  step.path = path;
  step.site = site;
  step.kind = static_cast<std::uint8_t>(kind);
  step.object = object;
  step.is_decision = is_decision;
  return step;
}

struct HungRun {
  std::vector<Event> events;
  Trace trace;

  HungRun() {
    events = {{.kind = EventKind::kLockAcquired,
               .thread = 2,
               .goroutine = 2,
               .index = 3,
               .a = 12,
               .step = 41},
              {.kind = EventKind::kClosed, .thread = 2, .goroutine = 2, .channel = 1, .step = 42},
              {.kind = EventKind::kCloseWakesReceiver,
               .thread = 2,
               .goroutine = 2,
               .channel = 1,
               .a = 1,
               .step = 42}};
    trace.outcome = Outcome::kHung;
    trace.message = "no virtual thread can take a step";
    trace.steps = 43;
    trace.decisions = 9;
    trace.events = events;
    trace.last_steps = {
        step_of(2, child_path(kMainPath, 1), Site::kChanCloseLock, OperationKind::kLock, 12, true),
        step_of(2, child_path(kMainPath, 1), Site::kChanClosedStore, OperationKind::kStore, 13,
                false),
        step_of(1, kScannerPath, Site::kScanRequest, OperationKind::kScanRequest, 0, false)};
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Report, AWholePage) {
  HungRun run;
  ThreadAtEnd waiting;
  waiting.thread = 2;
  waiting.goroutine = 2;
  waiting.site = Site::kChanCloseLock;
  waiting.kind = static_cast<std::uint8_t>(OperationKind::kLock);
  waiting.object = 12;
  waiting.lock_holder = 1;
  run.trace.threads = {waiting};
  const CaseFile file = small_case();
  const Verdict verdict{"deadlock", "lock never released", "T2 waits"};
  const std::string page = render(file, run.trace, verdict, 10);
  const std::string program = to_go(file.input.program);
  EXPECT_TRUE(contains(page, program.substr(0, program.find('\n'))));
  const std::size_t begin = page.find("\nprogram:\n");
  const std::size_t end = page.find("\nthreads at the end:\n");
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(page.substr(0, begin),
            "case:     a receive that nobody serves\n"
            "verdict:  deadlock: lock never released\n"
            "detail:   T2 waits\n"
            "outcome:  hung: no virtual thread can take a step\n"
            "          43 steps, 9 of them with a choice; 3 events\n"
            "schedule: 2 processors, random walk, seed 7\n");
  EXPECT_EQ(page.substr(end),
            "\nthreads at the end:\n"
            "  T2 (goroutine 2) waits at chan-close-lock: lock #12, held by T1\n"
            "\nlast 3 of 43 steps:\n"
            "   step   thread who        site                      operation object announced\n"
            "     41 * T2    g0.1       chan-close-lock           lock      #12\n"
            "     42   T2    g0.1       chan-closed-store         store     #13    "
            "closed g2 c1 i=0 a=0 b=0; close-wakes-receiver g2 c1 i=0 a=1 b=0\n"
            "     43   T1    scanner    scan-request              scan      -\n");
}

TEST(Report, ShowsNoMoreStepsThanAsked) {
  const HungRun run;
  const std::string page = render(small_case(), run.trace, {}, 1);
  EXPECT_TRUE(contains(page, "last 1 of 43 steps"));
  EXPECT_TRUE(contains(page, "     43   T1"));
  EXPECT_FALSE(contains(page, "     42"));
  EXPECT_FALSE(contains(render(small_case(), run.trace, {}, 0), "last "));
}

TEST(Report, APassSaysSo) {
  EXPECT_TRUE(contains(render(small_case(), HungRun().trace, {}, 0), "verdict:  pass\n"));
}

TEST(Report, IsPlainAscii) {
  CaseFile file = small_case();
  file.header.title = "caf\xc3\xa9\x01";
  const std::string page = render(file, HungRun().trace, {"race", "data race", "a\nb"}, 3);
  EXPECT_TRUE(contains(page, "caf???"));
  EXPECT_TRUE(contains(page, "detail:   a\n          b\n"));
  for (const char c : page) EXPECT_TRUE(c == '\n' || c == '\t' || (c >= ' ' && c <= '~'));
}

TEST(Report, ScheduleInWords) {
  CaseFile file = small_case();
  Schedule& schedule = file.input.schedule;
  schedule.strategy = Strategy::kPct;
  schedule.move_at_every_prologue = true;
  schedule.reuse_stacks = schedule.cache_stacks = schedule.shrink_stacks = false;
  schedule.stack_events.resize(2);
  schedule.deviations.resize(3);
  EXPECT_TRUE(contains(render(file, Trace{}, {}, 0),
                       "schedule: 2 processors, pct of depth 3, seed 7, moves at every prologue, "
                       "stacks not reused, stacks not cached, no shrinking, stack events: 2, "
                       "deviations: 3\n"));
}

TEST(Report, EveryOperationHasAWord) {
  for (std::uint8_t kind = 0; kind <= static_cast<std::uint8_t>(OperationKind::kScanRequest);
       ++kind) {
    EXPECT_NE(operation_kind_name(kind), "unknown");
  }
  EXPECT_EQ(operation_kind_name(200), "unknown");
}

TEST(Report, MoreStepsKeptThanCounted) {
  HungRun run;
  run.trace.steps = 1;  // as a run that died before it could count them
  EXPECT_FALSE(render(small_case(), run.trace, {}, 10).empty());
}

}  // namespace
}  // namespace concertina::fuzzers
