#include "tools/forked_verdict.h"

#include "oracle/crash.h"

namespace concertina::fuzzers {

Verdict verdict_of(const Forked& forked) {
  if (forked.end == ForkedEnd::kHung) {
    // A sanitizer that hangs over its report (its symboliser may) has reported all the same.
    Verdict verdict = judge_reports(forked.log, /*ended_well=*/false);
    if (!verdict.failed()) return {"progress", "watchdog", forked.hang};
    verdict.detail += "\n" + forked.hang;
    return verdict;
  }
  const Verdict verdict = judge_crash(forked.signal, forked.exit_status, forked.log);
  if (verdict.failed()) return verdict;
  return {"crash", "ended without an answer", forked.log};
}

}  // namespace concertina::fuzzers
