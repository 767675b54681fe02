// Making goroutines, and what a parked one costs.
#include <unistd.h>

#include <cstdio>

#include "workload.h"

namespace concertina::bench {
namespace {

// --- spawn_exit: each goroutine starts the next one and returns ----------------------------------

Action chain_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.header.resume == 1) return leave(g);
  if (job.count-- == 0) {
    frame.header.resume = 1;
    return send_value(m, g, job.channels[0]);
  }
  must_spawn(m, g, *g.top().function, &job);
  return leave(g);
}
constexpr Function kChain = loop_function<&chain_step>("chain");

Action spawn_exit_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.header.resume == 1) end(job);
  frame.header.resume = 1;
  job.channels[0] = channel(m, 0);
  job.count = job.ops;
  begin(job);
  must_spawn(m, g, kChain, &job);
  return receive_value(m, g, job.channels[0]);
}
constexpr Function kSpawnExit = loop_function<&spawn_exit_step>("main");

// --- spawn_park: `ops` goroutines say that they are there, and wait ------------------------------
// memory_per_parked also wakes them all, and each must say so.

Action waiter_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  switch (frame.header.resume++) {
    case 0:
      return send_value(m, g, job.channels[0]);
    case 1:
      return receive_value(m, g, job.channels[1]);
    case 2:
      if (job.channels[2] != nullptr) return send_value(m, g, job.channels[2]);
      [[fallthrough]];
    default:
      return leave(g);
  }
}
constexpr Function kWaiter = loop_function<&waiter_step>("waiter");

std::uint64_t resident_bytes() {
  unsigned long size = 0, resident = 0;
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  require(file != nullptr && std::fscanf(file, "%lu %lu", &size, &resident) == 2, "benchmark",
          "cannot read /proc/self/statm");
  std::fclose(file);
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

template <bool kMeasuresMemory>
Action spawn_park_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.header.resume == 0) {
    frame.header.resume = 1;
    job.channels[0] = channel(m, 0);
    job.channels[1] = channel(m, 0);
    if (kMeasuresMemory) job.channels[2] = channel(m, 0);
    job.count = resident_bytes();
    begin(job);
  }
  if (frame.at < job.ops) {
    ++frame.at;
    must_spawn(m, g, kWaiter, &job);
    return Action::kBackEdge;
  }
  if (frame.left < job.ops) {
    ++frame.left;
    return receive_value(m, g, job.channels[0]);
  }
  if constexpr (!kMeasuresMemory) end(job);
  if (frame.header.resume == 1) {
    frame.header.resume = 2;
    job.result = static_cast<double>(resident_bytes() - job.count) / static_cast<double>(job.ops);
    close_channel(m, g, job.channels[1]);
  }
  auto& moved = frame_of<LoopFrame>(g);
  if (moved.spare++ < job.ops) return receive_value(m, g, job.channels[2]);
  platform::stop(Outcome::kExit, "");
}
constexpr Function kSpawnPark = loop_function<&spawn_park_step<false>>("main");
constexpr Function kMemory = loop_function<&spawn_park_step<true>>("main");

// --- prime_sieve: test/chan/sieve1.go; an operation is one prime ---------------------------------

struct FilterFrame {
  FrameHeader header;
  std::uint64_t value = 0;
  std::uint64_t prime = 0;
  Channel* in = nullptr;
  Channel* out = nullptr;
};
static_assert(offsetof(FilterFrame, value) == offsetof(LoopFrame, value));

/// What a filter gets when it starts; it lives as long as the run.
struct FilterStart {
  Channel* in;
  Channel* out;
  std::uint64_t prime;
};

Action generate_step(Machine& m, Goroutine& g) {
  auto& frame = frame_of<LoopFrame>(g);
  frame.value = 2 + frame.at++;
  return send_value(m, g, static_cast<Channel*>(g.user));
}
constexpr Function kGenerate = loop_function("generate", &generate_step);

Action filter_step(Machine& m, Goroutine& g) {
  auto& frame = frame_of<FilterFrame>(g);
  if (frame.header.resume == 0) {
    const auto& start = *static_cast<const FilterStart*>(g.user);
    frame.in = start.in;
    frame.out = start.out;
    frame.prime = start.prime;
    frame.header.resume = 1;
  } else if (frame.header.resume == 1 && frame.value % frame.prime != 0) {
    frame.header.resume = 2;
    return send_value(m, g, frame.out);
  }
  frame.header.resume = 1;
  return receive_value(m, g, frame.in);
}
constexpr Function kFilter{.name = "filter",
                           .id = FunctionId::kFirstOfJob + 1,
                           .frame_bytes = sizeof(FilterFrame),
                           .step = &filter_step};

struct SieveFrame {
  FrameHeader header;
  std::uint64_t value = 0;
  std::uint64_t found = 0;
  Channel* last = nullptr;
  std::uint64_t spare = 0;
};

Action sieve_step(Machine& m, Goroutine& g) {
  Job& job = job_of(g);
  auto& frame = frame_of<SieveFrame>(g);
  if (frame.header.resume == 0) {
    frame.header.resume = 1;
    Channel* const first = channel(m, 0);
    frame.last = first;
    begin(job);
    must_spawn(m, g, kGenerate, first);
    return receive_value(m, g, first);
  }
  const std::uint64_t prime = frame.value;
  if (++frame.found == job.ops) {
    require(job.ops != 400 || prime == 2741, "benchmark", "not the 400th prime");
    end(job);
  }
  Channel* const in = frame.last;
  Channel* const out = channel(m, 0);
  frame.last = out;
  auto* const start = static_cast<FilterStart*>(platform::allocate(sizeof(FilterStart)));
  *start = FilterStart{in, out, prime};
  must_spawn(m, g, kFilter, start);
  return receive_value(m, g, out);
}
constexpr Function kSieve{.name = "sieve",
                          .id = FunctionId::kFirstOfJob + 2,
                          .frame_bytes = sizeof(SieveFrame),
                          .step = &sieve_step};

constexpr Workload kWorkloads[] = {
    {.name = "spawn_exit", .main = &kSpawnExit},
    {.name = "spawn_park", .main = &kSpawnPark},
    {.name = "memory_per_parked", .main = &kMemory, .unit = Unit::kBytes},
    {.name = "prime_sieve", .main = &kSieve},
};

}  // namespace

std::span<const Workload> spawn_workloads() { return kWorkloads; }

}  // namespace concertina::bench
