#include "oracle/judge.h"

#include <algorithm>

#include "base/check.h"

#include "oracle/channel_model.h"
#include "oracle/channels.h"
#include "oracle/deadlock.h"
#include "oracle/fairness.h"
#include "oracle/invariants.h"
#include "oracle/leaks.h"
#include "oracle/locals.h"
#include "oracle/lock_order.h"
#include "oracle/preemption.h"
#include "oracle/progress.h"
#include "oracle/stack.h"
#include "oracle/work.h"

namespace concertina::fuzzers {

std::span<const std::string_view> oracle_names() {
  static constexpr std::string_view kNames[] = {
      "invariants", "stack",    "lock_order", "channels",    "locals", "deadlock", "leaks", "work",
      "preemption", "fairness", "progress",   "determinism", "memory", "race",     "crash",
  };
  return kNames;
}

Verdict judge_history(const Program& program, const Trace& trace) {
  if (Verdict v = judge_invariants(program, trace); v.failed()) return v;
  if (Verdict v = judge_stack(program, trace); v.failed()) return v;
  if (Verdict v = judge_lock_order(program, trace); v.failed()) return v;
  ChannelModel& model = scratch_channel_model();  // one replay serves three oracles
  if (Verdict v = judge_channels(trace, model); v.failed()) return v;
  if (Verdict v = judge_locals(program, trace); v.failed()) return v;
  if (Verdict v = judge_deadlock(trace, model); v.failed()) return v;
  return judge_leaks(trace, model);
}

namespace {

Verdict first_failure(const Program& program, const Trace& trace) {
  if (Verdict v = judge_history(program, trace); v.failed()) return v;
  if (Verdict v = judge_work(program, trace); v.failed()) return v;
  if (Verdict v = judge_preemption(program, trace); v.failed()) return v;
  if (Verdict v = judge_fairness(program, trace); v.failed()) return v;
  return judge_progress(program, trace);
}

}  // namespace

Verdict judge(const Program& program, const Trace& trace) {
  Verdict verdict = first_failure(program, trace);
  if (!verdict.failed()) return verdict;
  CHECK(std::ranges::find(oracle_names(), verdict.oracle) != oracle_names().end(),
        "a verdict is of an oracle that is listed: " + verdict.oracle);
  CHECK(!verdict.kind.empty(), "a verdict has a kind, or it has no signature");
  return verdict;
}

Verdict judge(const Input& input, const Trace& trace) { return judge(input.program, trace); }

}  // namespace concertina::fuzzers
