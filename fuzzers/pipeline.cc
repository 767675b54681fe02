#include "pipeline.h"

#include <algorithm>

#include "base/check.h"

#include "interp/interp.h"
#include "schedule/choosers.h"
#include "schedule/stack_event_table.h"

namespace concertina::fuzzers {
namespace {

// Everything a run needs, kept from run to run: making fibers and an arena costs more than a run.
struct Workshop {
  simulator::World world;
  Choosers choosers;
  StackEventTable stack_events;
  Compiled compiled;
};

Workshop& workshop() {
  // Not destroyed at exit: a run may be in progress on its fibers when the process dies.
  thread_local auto* const instance = new Workshop;
  return *instance;
}

}  // namespace

Trace run(const Input& input, const RunOptions& options) {
  Workshop& shop = workshop();
  const Schedule& schedule = input.schedule;
  shop.compiled.compile(input.program);
  shop.stack_events.reset(schedule);

  InterpreterRun interpreter;
  interpreter.program = &shop.compiled;
  interpreter.knobs.processors = schedule.processors;
  interpreter.knobs.machines_max = schedule.machines_max;
  interpreter.knobs.slice = schedule.slice;
  interpreter.knobs.stacks = {.reuse = schedule.reuse_stacks,
                              .cache = schedule.cache_stacks,
                              .poison = schedule.poison,
                              .native_frames = schedule.native_frames,
                              .adaptive_start = schedule.adaptive_start};
  interpreter.knobs.standing_requests = schedule.standing_requests;
  interpreter.knobs.elastic_buffers = schedule.elastic_buffers;
  interpreter.knobs.shrink_stacks = schedule.shrink_stacks;

  simulator::Config config;
  config.chooser = options.chooser != nullptr ? options.chooser : &shop.choosers.prepare(schedule);
  config.stack_events = &shop.stack_events;
  config.log = options.log;
  const simulator::Report report =
      platform::run(shop.world, config, &interpreter_main, &interpreter);

  CHECK(
      options.log == nullptr || options.log->step_count == std::min(report.steps, config.steps_max),
      "the log holds each step of the run");
  CHECK(report.decisions <= report.steps, "a decision is made at a step");
  CHECK(report.threads.size() <= kThreadsMax, "a run has as many threads as there may be");
  Trace trace;
  trace.machines_max = schedule.machines_max;
  trace.slice = schedule.slice;
  trace.outcome = report.outcome;
  trace.message = report.message;
  trace.hash = report.hash;
  trace.steps = report.steps;
  trace.decisions = report.decisions;
  trace.events = shop.world.events();
  if (options.log != nullptr) trace.last_steps = options.log->steps();
  trace.threads = report.threads;
  return trace;
}

}  // namespace concertina::fuzzers
