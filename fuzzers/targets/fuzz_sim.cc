// The main fuzz target: any bytes are a program and a schedule; a failing verdict is a crash.
// The program runs in the simulator, so `fuzz_sim FILE` repeats a finding exactly.
#include <cstdio>
#include <cstdlib>

#include "pipeline.h"
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
  const Input input = decode({data, size});
  const Verdict verdict = judge(input, run(input));
  if (verdict.failed()) stop(verdict);
  end_run();
  return 0;
}
