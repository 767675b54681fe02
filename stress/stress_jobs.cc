// stress_jobs: one job, batch after batch, on real threads. scripts/stress runs it for all jobs.
#include <cstdio>

#include "host/program.h"
#include "stress/session.h"

namespace concertina::stress {
namespace {

int run(const std::vector<std::string>& arguments) {
  if (arguments == std::vector<std::string>{"--help"}) {
    std::printf("%s", usage().c_str());
    return fuzzers::kExitAsExpected;
  }
  Options options;
  const std::string wrong = parse_options(arguments, options);
  if (wrong.empty()) return run_session(options);
  fuzzers::complain("stress_jobs", wrong + " (see --help)");
  return fuzzers::kExitUnusable;
}

}  // namespace
}  // namespace concertina::stress

int main(int count, char** arguments) {
  return concertina::fuzzers::run_program(
      "stress_jobs", [&] { return concertina::stress::run({arguments + 1, arguments + count}); });
}
