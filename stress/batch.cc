#include "stress/batch.h"

#include "interp/interp.h"
#include "stress/tidy_trace.h"

namespace concertina::stress {
namespace {

constexpr std::size_t kEventsShown = 60;

// Where a run's first thread tells of its runtime: one run at a time in a process.
Watchdog* current_watchdog = nullptr;

void tell_runtime(Runtime& runtime) { current_watchdog->set_runtime(&runtime); }

struct Start {
  Knobs knobs;
  Job* job;
};

void start_job(void* argument) {
  const Start& start = *static_cast<const Start*>(argument);
  Job& job = *start.job;
  run_main(start.knobs, job.main, &job.main_member, [](Runtime& runtime, void* member) {
    tell_runtime(runtime);
    static_cast<Member*>(member)->job->make(runtime);
  });
}

std::string ending_of(Outcome outcome, const std::string& message) {
  return std::string(outcome_name(outcome)) + (message.empty() ? "" : ": " + message);
}

// One run. `expected`: the only good ending, null for any that the oracles accept.
struct Ended {
  threaded::Report report;
  BatchResult result;
};

Ended run(const threaded::Config& base, void (*entry)(void*), void* argument,
          const Outcome* expected, Watchdog& watchdog) {
  Ended ended;
  Counter counter;
  threaded::Config config = base;
  config.observer = &counter;
  threaded::Run threads(config);
  current_watchdog = &watchdog;
  watchdog.watch(threads, counter);
  ended.report = threads.run(entry, argument);
  watchdog.rest();
  ended.result.figures = counter.sum();
  const Outcome outcome = ended.report.outcome;
  const bool never_good =
      outcome == Outcome::kFatal || outcome == Outcome::kHung || outcome == Outcome::kBudget;
  if (expected != nullptr ? outcome != *expected : never_good) {
    ended.result.failure = "ended as " + ending_of(outcome, ended.report.message);
    ended.result.details = describe_run(threads, watchdog.runtime());
  }
  watchdog.set_runtime(nullptr);
  return ended;
}

Knobs knobs_of(const Batch& batch) {
  Knobs knobs;
  knobs.processors = batch.processors;
  knobs.stacks.reuse = batch.seed % 3 != 0;
  knobs.stacks.cache = batch.seed % 5 != 0;
  knobs.stacks.native_frames = batch.seed % 7 != 0;
  knobs.stacks.adaptive_start = batch.seed % 4 == 1;
  knobs.elastic_buffers = batch.seed % 6 == 1;
  draw_slice(batch, knobs);
  return knobs;
}

void judge(const fuzzers::Program& program, Ended& ended) {
  BatchResult& result = ended.result;
  const threaded::Report& report = ended.report;
  result.is_judged = true;
  const fuzzers::Verdict verdict =
      judge_history(program, report.outcome, report.message, report.events);
  if (!verdict.failed()) return;
  const std::string ending = result.failure.empty() ? "" : " (" + result.failure + ")";
  result.failure = verdict.signature() + ending;
  result.details +=
      verdict.detail + "\nThe last events:\n" + describe_events(report.events, kEventsShown);
}

}  // namespace

threaded::Config disturbance(const Batch& batch) {
  constexpr std::uint32_t kMoves[] = {1, 2, 3, 5, 8, 16};
  constexpr std::uint32_t kGrowths[] = {0, 13, 29, 101};
  constexpr std::uint32_t kShrinks[] = {0, 3, 11, 41};
  constexpr std::uint32_t kPreemptions[] = {0, 7, 37, 211};
  constexpr std::uint32_t kAssists[] = {0, 97, 499, 2003};
  constexpr std::uint32_t kInterrupts[] = {0, 5, 31, 173};
  constexpr std::uint64_t kScans[] = {20'000, 100'000, 500'000};
  Draws draws(~batch.seed);
  return {.seed = batch.seed,
          .events_max = batch.is_small ? kHistoryMax : 0,
          .move_one_in = kMoves[draws.below(6)],
          .grow_one_in = kGrowths[draws.below(4)],
          .shrink_one_in = kShrinks[draws.below(4)],
          .preempt_one_in = kPreemptions[draws.below(4)],
          .assist_one_in = kAssists[Draws(batch.seed ^ 0x617373697374U).below(4)],
          .interrupt_one_in = kInterrupts[draws.below(4)],
          .scan_every_ns = kScans[draws.below(3)]};
}

void draw_slice(const Batch& batch, Knobs& knobs) {
  constexpr unsigned kSlices[] = {1, 2, 3, 5, 8, 16, 32, 64};
  Draws draws(batch.seed ^ 0x736c696365U);
  if (draws.below(2) == 0) return;
  knobs.slice = kSlices[draws.below(8)];
  knobs.slice_ns = 0;
}

BatchResult run_job(Job& job, const Batch& batch, Watchdog& watchdog) {
  Start start{.knobs = knobs_of(batch), .job = &job};
  start.knobs.reuse_goroutines = !batch.is_small;  // the model tells goroutines by their ids
  job.prepare(batch, start.knobs);
  const Outcome expected = job.expected();
  Ended ended = run(disturbance(batch), &start_job, &start, &expected, watchdog);
  if (batch.is_small) judge(fuzzers::Program{}, ended);
  if (ended.result.failure.empty()) ended.result.failure = job.check();
  return std::move(ended.result);
}

BatchResult run_program(const fuzzers::Program& program, const Batch& batch, Watchdog& watchdog) {
  fuzzers::Compiled compiled;
  compiled.compile(program);
  fuzzers::InterpreterRun start;
  start.program = &compiled;
  start.knobs = knobs_of(batch);
  start.made = &tell_runtime;
  threaded::Config config = disturbance(batch);
  config.events_max = kProgramHistoryMax;
  Ended ended = run(config, &fuzzers::interpreter_main, &start, nullptr, watchdog);
  judge(program, ended);
  return std::move(ended.result);
}

}  // namespace concertina::stress
