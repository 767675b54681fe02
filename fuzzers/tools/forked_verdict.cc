#include "tools/forked_verdict.h"

#include "oracle/crash.h"

namespace concertina::fuzzers {

Verdict verdict_of(const Forked& forked) {
  if (forked.end == ForkedEnd::kHung) return {"progress", "watchdog", forked.hang};
  const Verdict verdict = judge_crash(forked.signal, forked.exit_status, forked.log);
  if (verdict.failed()) return verdict;
  return {"crash", "ended without an answer", forked.log};
}

}  // namespace concertina::fuzzers
