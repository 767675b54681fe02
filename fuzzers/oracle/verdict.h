// Verdict: what an oracle says of a run.
#pragma once

#include <string>

namespace concertina::fuzzers {

struct Verdict {
  // Which oracle failed ("channels", "race", ...); empty means pass.
  std::string oracle;
  // Stable words for the kind of failure, without ids or counts: oracle + kind = the signature.
  std::string kind;
  // One paragraph for a person: ids, values, steps.
  std::string detail;

  bool failed() const { return !oracle.empty(); }
  std::string signature() const { return failed() ? oracle + ": " + kind : "pass"; }
};

}  // namespace concertina::fuzzers
