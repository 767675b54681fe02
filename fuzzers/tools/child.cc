#include "tools/child.h"

#include <algorithm>

#include "host/forked.h"
#include "host/shared_memory.h"
#include "tools/forked_verdict.h"
#include "tools/packed.h"

namespace concertina::fuzzers {
namespace {

std::string pack(const Verdict& verdict, const Trace& trace) {
  return Packer()
      .verdict(verdict)
      .value(trace.machines_max)
      .value(trace.outcome)
      .text(trace.message)
      .value(trace.hash)
      .value(trace.steps)
      .value(trace.decisions)
      .list(trace.events)
      .list(trace.last_steps)
      .list(trace.threads)
      .bytes();
}

bool unpack(std::string_view bytes, ChildRun& result) {
  Unpacker in(bytes);
  in.verdict(result.verdict);
  in.value(result.trace.machines_max);
  in.value(result.trace.outcome);
  in.text(result.trace.message);
  in.value(result.trace.hash);
  in.value(result.trace.steps);
  in.value(result.trace.decisions);
  in.list(result.events);
  in.list(result.trace.last_steps);
  in.list(result.trace.threads);
  result.trace.events = result.events;
  return in.is_whole();
}

/// What the child writes as it happens, and the parent reads when the child could not finish.
struct BlackBox {
  explicit BlackBox(std::uint32_t steps_max) : ring(std::size_t{steps_max} * sizeof(Step)) {
    ring->capacity = steps_max;
  }

  /// The steps that are still in the ring, oldest first.
  std::vector<Step> steps() const {
    std::vector<Step> result;
    const std::uint64_t kept = std::min<std::uint64_t>(ring->count, ring->capacity);
    for (std::uint64_t i = ring->count - kept; i < ring->count; ++i) {
      result.push_back(ring->steps[i % ring->capacity]);
    }
    return result;
  }

  std::vector<Event> events() const {
    return {log->events, log->events + std::min(log->count, kEventsMax)};
  }

  Shared<StepRing> ring;
  Shared<EventLog> log;
};

std::string run_and_judge(const Input& input, const ChildOptions& options,
                          const BlackBox& black_box) {
  const Trace trace = run(input, {.last_steps_max = options.last_steps_max,
                                  .step_ring = black_box.ring.get(),
                                  .event_log = black_box.log.get(),
                                  .chooser = options.chooser});
  if (options.ended) options.ended(trace);
  return pack(options.judge != nullptr ? options.judge(input, trace) : judge(input, trace), trace);
}

}  // namespace

ChildRun run_in_child(const Input& input, const ChildOptions& options) {
  const BlackBox black_box(std::max<std::uint32_t>(options.last_steps_max, 1));
  const Forked forked = run_forked([&] { return run_and_judge(input, options, black_box); },
                                   {.timeout_s = options.timeout_s});
  ChildRun child;
  child.log = forked.log;
  if (forked.answered() && unpack(forked.answer, child)) return child;

  child.died = true;
  child.trace.machines_max = input.schedule.machines_max;
  child.trace.outcome = Outcome::kFatal;
  child.trace.steps = static_cast<std::uint32_t>(black_box.ring->count);
  child.trace.last_steps = black_box.steps();
  child.events = black_box.events();
  child.trace.events = child.events;
  child.verdict = verdict_of(forked);
  if (forked.end == ForkedEnd::kHung) {
    child.verdict.detail += " The run was at step " + std::to_string(child.trace.steps) + ".";
  }
  return child;
}

}  // namespace concertina::fuzzers
