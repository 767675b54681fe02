#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "host/shown.h"
#include "tools/case_io.h"
#include "tools/commands.h"

namespace concertina::fuzzers {
namespace {

int run_one(const std::string& path, const RunCommandOptions& options) {
  CaseFile file;
  if (!load_or_complain(path, file, options.as_bytes)) return kExitUnusable;
  if (options.has_seed) file.input.schedule.seed = options.seed;
  int worst = kExitAsExpected;
  for (unsigned i = 0; i < options.runs; ++i, ++file.input.schedule.seed) {
    const Trace trace = run(file.input);
    const Verdict verdict = judge(file.input, trace);
    std::printf("%s: seed %" PRIu64 ": %s; %s, %u steps, hash %016" PRIx64 "\n",
                shown_path(path).c_str(), file.input.schedule.seed, verdict.signature().c_str(),
                std::string(outcome_name(trace.outcome)).c_str(), trace.steps, trace.hash);
    if (verdict.failed()) std::printf("%s\n", verdict.detail.c_str());
    if (verdict.failed()) worst = kExitFailed;
  }
  return worst;
}

}  // namespace

int run_command(const RunCommandOptions& options) {
  int worst = kExitAsExpected;
  for (const std::string& path : options.files) worst = std::max(worst, run_one(path, options));
  return worst;
}

}  // namespace concertina::fuzzers
