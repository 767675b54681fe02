#include "oracle/determinism.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "tools/case_io.h"
#include "tools/commands.h"
#include "tools/generator.h"

namespace concertina::fuzzers {
namespace {

/// The line is all that two builds compare: name, hash, steps, outcome.
int run_twice(const std::string& name, const Input& input) {
  Trace first = run(input);
  // The second run takes the place of the first one's events.
  const std::vector<Event> events(first.events.begin(), first.events.end());
  first.events = events;
  std::printf("%s %016" PRIx64 " %u %s\n", name.c_str(), first.hash, first.steps,
              std::string(outcome_name(first.outcome)).c_str());
  const Verdict verdict = judge_determinism(first, run(input));
  if (!verdict.failed()) return kExitAsExpected;
  std::fprintf(stderr, "%s: %s\n%s\n", name.c_str(), verdict.signature().c_str(),
               verdict.detail.c_str());
  return kExitFailed;
}

}  // namespace

int determinism(const DeterminismOptions& options) {
  if (options.files.empty() && options.generated == 0) {
    std::fprintf(stderr, "determinism: give files or --generated N\n");
    return kExitUnusable;
  }
  // Another stream than the one that is compared: whatever a run leaves behind must not show.
  for (unsigned i = 0; i < options.after; ++i) run(generated_input(~options.seed, i));
  int worst = kExitAsExpected;
  for (const std::string& path : options.files) {
    CaseFile file;
    const bool loaded = load_or_complain(path, file, options.as_bytes);
    worst = std::max(worst, loaded ? run_twice(path, file.input) : kExitUnusable);
  }
  for (unsigned i = 0; i < options.generated; ++i) {
    const std::string name =
        "generated-" + std::to_string(options.seed) + "-" + std::to_string(i);
    worst = std::max(worst, run_twice(name, generated_input(options.seed, i)));
  }
  return worst;
}

}  // namespace concertina::fuzzers
