#include "pipeline.h"

#include "interp/interp.h"
#include "schedule/choosers.h"
#include "schedule/stack_event_table.h"

namespace concertina::fuzzers {
namespace {

// Keeps the tail of the schedule, in a ring that may be shared with another process.
class Recorder final : public simulator::StepRecorder {
 public:
  void reset(const RunOptions& options) {
    shared_ = options.step_ring;
    if (shared_ != nullptr) {
      shared_->count = 0;
    }
    count_ = 0;
    own_.resize(options.last_steps_max);
  }

  void step(const simulator::StepSeen& seen) override {
    const Step step{
        seen.thread,         seen.pending.site, static_cast<std::uint8_t>(seen.pending.kind),
        seen.is_decision,    seen.goroutine,    0,
        seen.pending.object, seen.pending.path};
    if (!own_.empty()) own_[count_ % own_.size()] = step;
    ++count_;
    if (shared_ == nullptr) return;
    shared_->steps[shared_->count % shared_->capacity] = step;
    ++shared_->count;
  }

  std::vector<Step> last_steps() const {
    std::vector<Step> result;
    const std::uint64_t kept = count_ < own_.size() ? count_ : own_.size();
    for (std::uint64_t i = count_ - kept; i < count_; ++i) result.push_back(own_[i % own_.size()]);
    return result;
  }

 private:
  StepRing* shared_ = nullptr;
  std::uint64_t count_ = 0;
  std::vector<Step> own_;
};

// Everything a run needs, kept from run to run: making fibers and an arena costs more than a run.
struct Workshop {
  simulator::World world;
  Choosers choosers;
  StackEventTable stack_events;
  Recorder recorder;
  Compiled compiled;
};

Workshop& workshop() {
  // Not destroyed at exit: a run may be in progress on its fibers when the process dies.
  thread_local auto* const instance = new Workshop;
  return *instance;
}

ThreadAtEnd to_thread_at_end(std::size_t id, const simulator::ThreadReport& report) {
  ThreadAtEnd result;
  result.thread = static_cast<ThreadId>(id);
  result.is_enabled = report.is_enabled;
  result.goroutine = report.goroutine;
  result.site = report.pending.site;
  result.kind = static_cast<std::uint8_t>(report.pending.kind);
  result.object = report.pending.object;
  result.lock_holder = report.lock_holder;
  return result;
}

}  // namespace

Trace run(const Input& input, const RunOptions& options) {
  Workshop& shop = workshop();
  const Schedule& schedule = input.schedule;
  shop.compiled.compile(input.program);
  shop.stack_events.reset(schedule);
  const bool records = options.last_steps_max != 0 || options.step_ring != nullptr;
  if (records) shop.recorder.reset(options);

  InterpreterRun interpreter;
  interpreter.program = &shop.compiled;
  interpreter.knobs.processors = schedule.processors;
  interpreter.knobs.machines_max = schedule.machines_max;
  interpreter.knobs.stacks = {.reuse = schedule.reuse_stacks, .cache = schedule.cache_stacks};
  interpreter.knobs.shrink_stacks = schedule.shrink_stacks;

  simulator::Config config;
  config.chooser = options.chooser != nullptr ? options.chooser
                                              : &shop.choosers.prepare(schedule, options.run_log);
  config.stack_events = &shop.stack_events;
  config.events_max = kEventsMax;
  if (options.event_log != nullptr) {
    config.event_store = {&options.event_log->count, options.event_log->events};
  }
  config.recorder = records ? &shop.recorder : nullptr;
  const simulator::Report report =
      platform::run(shop.world, config, &interpreter_main, &interpreter);

  Trace trace;
  trace.machines_max = schedule.machines_max;
  trace.outcome = report.outcome;
  trace.message = report.message;
  trace.hash = report.hash;
  trace.steps = report.steps;
  trace.decisions = report.decisions;
  trace.events = shop.world.events();
  if (options.last_steps_max != 0) trace.last_steps = shop.recorder.last_steps();
  for (std::size_t i = 0; i < report.threads.size(); ++i) {
    trace.threads.push_back(to_thread_at_end(i, report.threads[i]));
  }
  return trace;
}

}  // namespace concertina::fuzzers
