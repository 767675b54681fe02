#include "oracle/judge.h"

#include <algorithm>

#include "base/check.h"
#include "oracle/channel_model.h"
#include "oracle/channels.h"
#include "oracle/fairness.h"
#include "oracle/heap.h"
#include "oracle/locals.h"
#include "oracle/lock_order.h"
#include "oracle/preemption.h"
#include "oracle/stack.h"
#include "oracle/work.h"

namespace concertina::fuzzers {
namespace {

/// The runtime found one of its own invariants broken. Trace::message reads "invariant: detail";
/// the invariant's words are stable and are the kind.
Verdict judge_invariants(const Trace& trace) {
  if (trace.outcome != Outcome::kFatal) return {};
  std::string kind = trace.message.substr(0, trace.message.find(':'));
  if (kind.empty()) kind = "unnamed invariant";
  return {"invariants", std::move(kind), trace.message};
}

/// No program runs for ever, so a run that hits a named limit is a finding. The limit's name
/// (Trace::message, "steps per run") is the kind.
Verdict judge_progress(const Trace& trace) {
  if (trace.outcome != Outcome::kBudget) return {};
  return {"progress", trace.message.empty() ? "unnamed limit" : trace.message,
          "the run was stopped after " + std::to_string(trace.steps) + " steps and " +
              std::to_string(trace.events.size()) + " events"};
}

}  // namespace

Verdict judge_channels(const Trace& trace, ChannelModel& model) { return model.replay(trace); }

std::span<const std::string_view> oracle_names() {
  static constexpr std::string_view kNames[] = {
      "invariants",  "heap",   "stack", "lock_order", "channels", "locals",
      "deadlock",    "leaks",  "work",  "preemption", "fairness", "progress",
      "determinism", "memory", "race",  "crash",
  };
  return kNames;
}

Verdict judge_history(const Program& program, const Trace& trace) {
  if (Verdict v = judge_invariants(trace); v.failed()) return v;
  if (Verdict v = judge_heap(program, trace); v.failed()) return v;
  if (Verdict v = judge_stack(program, trace); v.failed()) return v;
  if (Verdict v = judge_lock_order(program, trace); v.failed()) return v;
  ChannelModel& model = scratch_channel_model();  // one replay serves three oracles
  if (Verdict v = judge_channels(trace, model); v.failed()) return v;
  if (Verdict v = judge_locals(program, trace); v.failed()) return v;
  if (Verdict v = judge_deadlock(trace, model); v.failed()) return v;
  return judge_leaks(trace, model);
}

Verdict judge(const Program& program, const Trace& trace) {
  Verdict verdict = judge_history(program, trace);
  if (!verdict.failed()) verdict = judge_work(program, trace);
  if (!verdict.failed()) verdict = judge_preemption(program, trace);
  if (!verdict.failed()) verdict = judge_fairness(program, trace);
  if (!verdict.failed()) verdict = judge_progress(trace);
  if (!verdict.failed()) return verdict;
  CHECK(std::ranges::find(oracle_names(), verdict.oracle) != oracle_names().end(),
        "a verdict is of an oracle that is listed: " + verdict.oracle);
  CHECK(!verdict.kind.empty(), "a verdict has a kind, or it has no signature");
  return verdict;
}

Verdict judge(const Input& input, const Trace& trace) { return judge(input.program, trace); }

}  // namespace concertina::fuzzers
