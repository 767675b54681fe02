// bench_ours: runs workloads under Google Benchmark, each on 1 and 2 processors.
//
//   bench_ours [--ops=N] [--processors=P] [Google Benchmark's options]
//
// A benchmark is NAME/processors:P, and its time is that of one operation, which the workload
// measures itself: making a run and its threads is not in it. Workloads without time have the
// counter `bytes`. Exit code 0: each workload that was asked for ran to its end; 1: some did not.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "workload.h"

namespace concertina::bench {
namespace {

unsigned failures = 0;

void enter(void* argument) {
  Job& job = *static_cast<Job*>(argument);
  Knobs knobs;
  knobs.processors = job.processors;
  knobs.reuse_goroutines = true;
  knobs.goroutines_max = 1u << 22;
  knobs.channels_max = 65'535;  // a ChannelId each: it orders their locks
  knobs.stacks.max_bytes = std::size_t{1} << 30;
  // Debugging aids that no peer has.
  knobs.stacks.poison = false;
  knobs.stacks.census = false;
  knobs.stacks.native_frames = false;
  run_main(knobs, *job.workload->main, &job, nullptr);
}

void measure(benchmark::State& state, const Workload& workload, unsigned processors) {
  Job job;
  job.workload = &workload;
  job.processors = processors;
  job.ops = static_cast<std::uint64_t>(state.max_iterations);
  const platform::Report report = platform::run(threaded::Config{}, &enter, &job);
  if (report.outcome != Outcome::kExit) {
    ++failures;
    state.SkipWithError(report.message.c_str());
  }
  while (state.KeepRunningBatch(state.max_iterations)) {
    state.SetIterationTime(job.result * static_cast<double>(job.ops) * 1e-9);
  }
  if (workload.unit == Unit::kBytes) state.counters["bytes"] = job.result;
}

// The value of --NAME=VALUE, which is taken off the arguments, or `otherwise`.
std::uint64_t take_option(int& argc, char** argv, const char* name, std::uint64_t otherwise) {
  const std::string start = std::string("--") + name + "=";
  char** const end = argv + argc;
  char** const found = std::find_if(argv + 1, end, [&](const char* argument) {
    return std::strncmp(argument, start.c_str(), start.size()) == 0;
  });
  if (found == end) return otherwise;
  const std::uint64_t value = std::strtoull(*found + start.size(), nullptr, 10);
  if (value == 0) {
    std::fprintf(stderr, "bench_ours: %s: not a positive number\n", *found);
    std::exit(2);
  }
  std::move(found + 1, end, found);
  --argc;
  return value;
}

void register_all(std::span<const Workload> workloads, std::uint64_t ops, unsigned processors) {
  for (const Workload& workload : workloads) {
    const std::string name =
        std::string(workload.name) + "/processors:" + std::to_string(processors);
    // The workloads that work in batches do whole ones.
    const std::uint64_t batches = std::max(ops / workload.ops_min, std::uint64_t{1});
    const std::uint64_t rounded = batches * workload.ops_min;
    benchmark::RegisterBenchmark(
        name.c_str(),
        [&workload, processors](benchmark::State& state) { measure(state, workload, processors); })
        ->Iterations(static_cast<benchmark::IterationCount>(rounded))
        ->UseManualTime();
  }
}

}  // namespace
}  // namespace concertina::bench

int main(int argc, char** argv) {
  using namespace concertina::bench;
  const std::uint64_t ops = take_option(argc, argv, "ops", 1000);
  const std::uint64_t only = take_option(argc, argv, "processors", 0);
  for (unsigned processors = 1; processors <= 2; ++processors) {
    if (only != 0 && only != processors) continue;
    register_all(channel_workloads(), ops, processors);
    register_all(spawn_workloads(), ops, processors);
    register_all(stack_workloads(), ops, processors);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (benchmark::RunSpecifiedBenchmarks() == 0) {
    std::fprintf(stderr, "bench_ours: no workload of that name\n");
    return 2;
  }
  return failures == 0 ? 0 : 1;
}
