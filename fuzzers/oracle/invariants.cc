#include "oracle/invariants.h"

namespace concertina::fuzzers {

Verdict judge_invariants(const Program&, const Trace& trace) {
  if (trace.outcome != Outcome::kFatal) return {};
  std::string kind = trace.message.substr(0, trace.message.find(':'));
  if (kind.empty()) kind = "unnamed invariant";
  return {"invariants", std::move(kind), trace.message};
}

}  // namespace concertina::fuzzers
