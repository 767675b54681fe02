#include "oracle/progress.h"

namespace concertina::fuzzers {

Verdict judge_progress(const Program&, const Trace& trace) {
  if (trace.outcome != Outcome::kBudget) return {};
  return {"progress", trace.message.empty() ? "unnamed limit" : trace.message,
          "the run was stopped after " + std::to_string(trace.steps) + " steps and " +
              std::to_string(trace.events.size()) + " events"};
}

}  // namespace concertina::fuzzers
