// The main fuzz target: any bytes are a program and a schedule; a failing verdict is a crash.
// The program runs in the simulator, so `fuzz_sim FILE` repeats a finding exactly.
#include <cstdio>
#include <cstdlib>

#include "feedback/signals.h"
#include "pipeline.h"
#include "targets/engine_cells.h"
#include "targets/in_flight.h"

namespace {

[[noreturn]] void stop(const concertina::fuzzers::Verdict& verdict) {
  std::fprintf(stderr, "verdict: %s\n%s\nreplay:  scripts/replay FILE  (FILE is the saved input)\n",
               verdict.signature().c_str(), verdict.detail.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace concertina::fuzzers;
  begin_run(data, size);
  static Signals signals(engine_cells(), groups_of_environment());
  const Input input = decode({data, size});
  const Trace trace = run(input, {.signals = &signals});
  hand_over_cells();
  const Verdict verdict = judge(input, trace);
  if (verdict.failed()) stop(verdict);
  end_run();
  return 0;
}
