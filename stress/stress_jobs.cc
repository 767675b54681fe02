// stress_jobs: one job, batch after batch, on real threads. scripts/stress runs it for all jobs.
//
// Exit code: 0 everything passed, 1 a failure or a hang, 2 could not run.
#include <cstdio>

#include "stress/session.h"

int main(int count, char** arguments) {
  using namespace concertina::stress;
  Options options;
  const std::string wrong = parse_options({arguments + 1, arguments + count}, options);
  if (!wrong.empty()) {
    std::fprintf(stderr, "stress_jobs: %s\n%s", wrong.c_str(), usage().c_str());
    return kExitUnusable;
  }
  return run_session(options);
}
