#include "report/report.h"

#include <gtest/gtest.h>

#include "report/testing.h"

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

/// g0 holds the lock of c0 and wants it again.
struct HungRun {
  Sample sample;
  Trace trace;

  HungRun() {
    sample.event(event::Spawned{.child = 1, .path = kMainPath});
    sample.step(2, 1, Site::kExecuteStatus, 49);
    sample.event(event::OpReceive{.goroutine = 1, .channel = 1});
    sample.step(2, 1, Site::kChanReceiveLock, 16);
    sample.event(
        event::LockAcquired{.goroutine = 1, .rank = LockRank::kChannel, .lock = 16, .order = 1});
    trace = sample.trace(Outcome::kHung);
    trace.message = "no virtual thread can take a step";
    trace.decisions = 1;
    ThreadAtEnd waiting;
    waiting.thread = 2;
    waiting.goroutine = 1;
    waiting.site = Site::kCopyStackLock;
    waiting.object = 16;
    waiting.lock_holder = 2;
    trace.threads = {waiting};
  }
};

const Verdict kHungVerdict{"deadlock", "lock deadlock", "thread 2 waits for a lock of thread 2"};

TEST(Report, VerdictFirstThenWhatToLookAtThenDetailsThenTheProgram) {
  const HungRun run;
  const std::string page = render(small_case(), run.trace, kHungVerdict);
  std::size_t last = 0;
  for (const char* part :
       {"verdict:  deadlock: lock deadlock\n", "meaning:  Threads wait", "detail:   T2 waits",
        "case:     a receive that nobody serves\n", "\nwho waits for whom:\n",
        "\nthe last of 2 steps", "\nlocks at the end:\n", "\ngoroutines at the end:\n",
        "\nthreads at the end:\n", "\nstacks, last copies up to the failure:\n", "\nprogram:\n"}) {
    const std::size_t at = page.find(part);
    ASSERT_NE(at, std::string::npos) << part << "\nin\n" << page;
    EXPECT_GE(at, last) << part;
    last = at;
  }
  EXPECT_TRUE(contains(page, "   4      v0 = <-c0                         <== g0\n") ||
              contains(page, "v0 = <-c0                         <== g0\n"))
      << page;
}

TEST(Report, APassIsShort) {
  const HungRun run;
  Trace trace = run.sample.trace(Outcome::kExit);
  const std::string page = render(small_case(), trace, {});
  EXPECT_TRUE(page.starts_with("verdict:  pass\n"));
  EXPECT_FALSE(contains(page, "locks at the end"));
  EXPECT_FALSE(contains(page, "stacks"));
}

TEST(Report, IsPlainAsciiUnlessColoursAreAsked) {
  const HungRun run;
  CaseFile file = small_case();
  file.header.title = "caf\xc3\xa9\x01";
  const std::string plain = render(file, run.trace, kHungVerdict);
  EXPECT_TRUE(contains(plain, "caf???"));
  for (const char c : plain) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
  std::string coloured = render(file, run.trace, kHungVerdict, {.color = true});
  EXPECT_TRUE(contains(coloured, "\x1b["));
  for (std::size_t at; (at = coloured.find('\x1b')) != std::string::npos;) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  EXPECT_EQ(coloured, plain);
}

TEST(Report, ScheduleInWords) {
  CaseFile file = small_case();
  Schedule& schedule = file.input.schedule;
  schedule.strategy = Strategy::kPct;
  schedule.move_at_every_prologue = true;
  schedule.reuse_stacks = schedule.cache_stacks = schedule.shrink_stacks = false;
  schedule.machines_max = 3;
  schedule.slice = 5;
  schedule.stack_events.resize(2);
  schedule.deviations.resize(3);
  std::string page = render(file, Trace{}, {});
  const std::string broken = "\n          ";
  for (std::size_t at; (at = page.find(broken)) != std::string::npos;) {
    page.replace(at, broken.size(), " ");
  }
  EXPECT_TRUE(contains(page,
                       "schedule: 2 processors, at most 3 machines, slices of 5 safe points, pct "
                       "of depth 3, seed 7, "
                       "moves at every prologue, stacks not reused, stacks not cached, "
                       "no shrinking, stack events: 2, "
                       "deviations: 3\n"))
      << page;
}

TEST(Report, TheSanitizersOwnWordsOnlyWhenAsked) {
  const HungRun run;
  Trace trace = run.sample.trace(Outcome::kFatal);
  const Verdict verdict{"memory", "use-after-poison in f", "==1==ERROR"};
  PageOptions options;
  options.log = "==1==ERROR: AddressSanitizer: use-after-poison on address 0x1\n";
  EXPECT_FALSE(contains(render(small_case(), trace, verdict, options), "0x1"));
  options.raw = true;
  EXPECT_TRUE(contains(render(small_case(), trace, verdict, options), "0x1"));
}

TEST(Report, ExplainsTheWordsThatItUses) {
  const HungRun run;
  EXPECT_FALSE(contains(render(small_case(), run.trace, kHungVerdict), "waiting element:"));
  HungRun other;
  other.sample.step(2, 1, Site::kReceiveDirect);
  other.sample.event(event::ReceiveFromSender{.goroutine = 1, .channel = 1, .partner = 1});
  other.sample.step(2, 1, Site::kSudogElementLoad);
  const Trace trace = other.sample.trace(Outcome::kFatal);
  EXPECT_TRUE(contains(render(small_case(), trace, kHungVerdict), "  waiting element: where"));
}

TEST(Report, LongLinesAreFolded) {
  HungRun run;
  run.sample.event(event::ChannelMade{.channel = 1, .element_bytes = 8});
  for (GoroutineId g = 2; g < 33; ++g)
    run.sample.event(event::SendPark{.goroutine = g, .channel = 1});
  const std::string page = render(small_case(), run.sample.trace(Outcome::kFatal), kHungVerdict);
  EXPECT_TRUE(contains(page, "g?32;"));
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = page.find('\n', at);
    EXPECT_LE(end - at, 80u) << page.substr(at, end - at);
    at = end + 1;
  }
}

TEST(Report, MoreStepsKeptThanCounted) {
  HungRun run;
  run.trace.steps = 1;  // as a run that died before it could count them
  EXPECT_FALSE(render(small_case(), run.trace, kHungVerdict).empty());
}

}  // namespace
}  // namespace concertina::fuzzers
