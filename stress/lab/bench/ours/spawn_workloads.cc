// Making goroutines, and what a parked one costs.
#include <unistd.h>

#include <cstdio>

#include "workload.h"

namespace concertina::bench {
namespace {

// --- spawn_exit: each goroutine starts the next one and returns ----------------------------------

Action chain_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.header.resume == 1) return leave(g);
  if (job.count++ > job.ops) {
    frame.header.resume = 1;
    return send_value(m, g, job.channels[0]);
  }
  must_spawn(m, g, *g.top().function, &job);
  return leave(g);
}
constexpr Function kChain = loop_function<&chain_step>("chain");

Action spawn_exit_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.at++ == 1) end(job);
  return receive_value(m, g, job.channels[0]);
}
constexpr Function kSpawnExit = main_function<&spawn_exit_step>();

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
  if (kMeasuresMemory && frame.at == 0) job.count = resident_bytes();
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
    call_close(m, g, job.channels[1]);
    return Action::kNext;
  }
  if (frame.spare++ < job.ops) return receive_value(m, g, job.channels[2]);
  platform::stop(Outcome::kExit, "");
}
constexpr Function kSpawnPark = main_function<&spawn_park_step<false>>();
constexpr Function kMemory = main_function<&spawn_park_step<true>>();

// --- prime_sieve: test/chan/sieve1.go; an operation is one prime ---------------------------------

/// What a filter gets when it starts; it lives as long as the run.
struct Filter {
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
  const auto& self = *static_cast<const Filter*>(g.user);
  auto& frame = frame_of<LoopFrame>(g);
  if (frame.header.resume == 1 && frame.value % self.prime != 0) {
    frame.header.resume = 0;
    return send_value(m, g, self.out);
  }
  frame.header.resume = 1;
  return receive_value(m, g, self.in);
}
constexpr Function kFilter = loop_function("filter", &filter_step);

// channels[0] is the last filter's.
Action sieve_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.header.resume == 1) {
    frame.header.resume = 2;
    must_spawn(m, g, kGenerate, job.channels[0]);
    return receive_value(m, g, job.channels[0]);
  }
  const std::uint64_t prime = frame.value;
  if (++frame.at == job.ops) {
    require(job.ops != 400 || prime == 2741, "benchmark", "not the 400th prime");
    end(job);
  }
  Channel* const in = job.channels[0];
  job.channels[0] = channel(m, 0);
  auto* const filter = static_cast<Filter*>(platform::allocate(sizeof(Filter)));
  *filter = {in, job.channels[0], prime};
  must_spawn(m, g, kFilter, filter);
  return receive_value(m, g, job.channels[0]);
}
constexpr Function kSieve = main_function<&sieve_step>();

constexpr Workload kWorkloads[] = {
    {.name = "spawn_exit", .main = &kSpawnExit, .channels = 1, .peer = &kChain},
    {.name = "spawn_park", .main = &kSpawnPark, .channels = 2},
    {.name = "memory_per_parked", .main = &kMemory, .unit = Unit::kBytes, .channels = 3},
    {.name = "prime_sieve", .main = &kSieve, .channels = 1},
};

}  // namespace

std::span<const Workload> spawn_workloads() { return kWorkloads; }

}  // namespace concertina::bench
