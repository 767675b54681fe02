#include "stress/lab/yardstick/runner.h"

#include <unistd.h>

#include <algorithm>

#include "fuzzers/host/process_state.h"
#include "fuzzers/host/stopwatch.h"

namespace concertina::yardstick {
namespace {

constexpr std::uint64_t kRunsPerLookAtTheClock = 64;

struct Start {
  const Program* program;
  bool is_fixed;
};

void thread_main(void* argument) {
  const Start& start = *static_cast<const Start*>(argument);
  start.program->main(start.is_fixed);
}

// What else the machine does counts little.
double processor_seconds() { return fuzzers::processor_seconds(getpid()); }

}  // namespace

Shown Runner::run(const Program& program, bool is_fixed, Search& search) {
  Chooser& chooser = search.next();
  return run(program, is_fixed, chooser, search.log());
}

Shown Runner::run(const Program& program, bool is_fixed, Chooser& chooser, RunLog* log) {
  Start start{&program, is_fixed};
  simulator::Config config;
  config.chooser = &chooser;
  config.log = log;
  config.steps_max = kStepsMax;
  const simulator::Report report = platform::run(world_, config, &thread_main, &start);
  return {report.outcome, report.hash, report.steps, report.decisions};
}

Hunt Runner::hunt(const Program& program, bool is_fixed, Search& search, const Limits& limits) {
  const fuzzers::Stopwatch watch;
  Hunt hunt;
  while (!hunt.found && hunt.schedules < limits.schedules) {
    const Shown shown = run(program, is_fixed, search);
    ++hunt.schedules;
    hunt.steps += shown.steps;
    hunt.decisions += shown.decisions;
    hunt.found = shown.outcome == program.bug;
    if (hunt.found) break;
    if (shown.outcome != Outcome::kExit) ++hunt.strange;
    search.ran(shown);
    if (limits.seconds > 0 && hunt.schedules % kRunsPerLookAtTheClock == 0 &&
        watch.seconds() >= limits.seconds) {
      break;
    }
  }
  hunt.seconds = watch.seconds();
  return hunt;
}

// The fastest part counts: whatever else the machine does only slows a part down.
double Runner::speed(const Program& program, bool is_fixed, const MakeSearch& make_search,
                     double seconds) {
  constexpr unsigned kParts = 5;
  double fastest = 0;
  for (unsigned part = 0; part < kParts; ++part) {
    const auto search = make_search();
    const double start = processor_seconds();
    std::uint64_t runs = 0;
    double passed = 0;
    while (passed < seconds / kParts) {
      for (std::uint64_t i = 0; i < kRunsPerLookAtTheClock; ++i, ++runs) {
        search->ran(run(program, is_fixed, search->next()));
      }
      passed = processor_seconds() - start;
    }
    fastest = std::max(fastest, static_cast<double>(runs) / passed);
  }
  return fastest;
}

}  // namespace concertina::yardstick
