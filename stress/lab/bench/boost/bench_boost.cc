// The workloads of stress/lab/bench/ours that Boost.Fiber can do, under the same names, on one
// thread with its default scheduler (round robin).
//
//   bench_boost [--ops=N] [Google Benchmark's options]
#include <benchmark/benchmark.h>

#include <boost/fiber/all.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using Unbuffered = boost::fibers::unbuffered_channel<std::uint64_t>;
using Buffered = boost::fibers::buffered_channel<std::uint64_t>;
using Clock = std::chrono::steady_clock;

// A program needs no more, and 64 KiB, the default, would measure the allocator.
constexpr std::size_t kFiberStackBytes = 16 * 1024;
constexpr std::size_t kCapacity = 128;  // a power of two; one slot stays free

template <class F>
boost::fibers::fiber start(F f) {
  return boost::fibers::fiber(boost::fibers::launch::post, std::allocator_arg,
                              boost::fibers::fixedsize_stack(kFiberStackBytes), std::move(f));
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double ping_pong(std::uint64_t ops) {
  Unbuffered there, back;
  boost::fibers::fiber other = start([&] {
    std::uint64_t value = 0;
    while (there.pop(value) == boost::fibers::channel_op_status::success) back.push(value + 1);
  });
  const auto begin = Clock::now();
  std::uint64_t value = 0;
  for (std::uint64_t i = 0; i < ops; ++i) {
    there.push(value);
    back.pop(value);
  }
  const double seconds = seconds_since(begin);
  there.close();
  other.join();
  return value == ops ? seconds : -1;
}

template <class Channel>
double produce_consume(Channel& channel, std::uint64_t ops) {
  boost::fibers::fiber producer = start([&] {
    for (std::uint64_t i = 0; i < ops; ++i) channel.push(i);
  });
  const auto begin = Clock::now();
  std::uint64_t value = 0;
  for (std::uint64_t i = 0; i < ops; ++i) channel.pop(value);
  const double seconds = seconds_since(begin);
  producer.join();
  return value + 1 == ops ? seconds : -1;
}

double produce_consume_0(std::uint64_t ops) {
  Unbuffered channel;
  return produce_consume(channel, ops);
}
double produce_consume_100(std::uint64_t ops) {
  Buffered channel(kCapacity);
  return produce_consume(channel, ops);
}

double uncontended_buffered(std::uint64_t ops) {
  constexpr std::uint64_t kBatch = 100;
  Buffered channel(kCapacity);
  const auto begin = Clock::now();
  std::uint64_t value = 0;
  for (std::uint64_t left = ops / kBatch; left > 0; --left) {
    for (std::uint64_t i = 0; i < kBatch; ++i) channel.push(i);
    for (std::uint64_t i = 0; i < kBatch; ++i) channel.pop(value);
  }
  return seconds_since(begin);
}

double try_receive_empty(std::uint64_t ops) {
  Buffered channel(kCapacity);
  const auto begin = Clock::now();
  std::uint64_t value = 0;
  bool found = false;
  for (std::uint64_t i = 0; i < ops; ++i) {
    found |= channel.try_pop(value) == boost::fibers::channel_op_status::success;
  }
  return found ? -1 : seconds_since(begin);
}

void chain(std::uint64_t left, Unbuffered& done) {
  if (left == 0) {
    done.push(0);
    return;
  }
  start([left, &done] { chain(left - 1, done); }).detach();
}

double spawn_exit(std::uint64_t ops) {
  Unbuffered done;
  const auto begin = Clock::now();
  chain(ops, done);
  std::uint64_t value = 0;
  done.pop(value);
  return seconds_since(begin);
}

struct Workload {
  const char* name;
  double (*run)(std::uint64_t ops);  // seconds, or -1 when the results are wrong
};
constexpr Workload kWorkloads[] = {
    {"ping_pong", &ping_pong},
    {"produce_consume_0", &produce_consume_0},
    {"produce_consume_100", &produce_consume_100},
    {"uncontended_buffered", &uncontended_buffered},
    {"try_receive_empty", &try_receive_empty},
    {"spawn_exit", &spawn_exit},
};

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t ops = 1000;
  if (argc > 1 && std::strncmp(argv[1], "--ops=", 6) == 0) {
    ops = std::strtoull(argv[1] + 6, nullptr, 10);
    argv[1] = argv[0];
    ++argv;
    --argc;
  }
  static bool failed = false;
  for (const Workload& workload : kWorkloads) {
    benchmark::RegisterBenchmark((std::string(workload.name) + "/processors:1").c_str(),
                                 [run = workload.run](benchmark::State& state) {
                                   const auto n = state.max_iterations;
                                   const double seconds = run(static_cast<std::uint64_t>(n));
                                   if (seconds < 0) {
                                     failed = true;
                                     state.SkipWithError("wrong results");
                                   }
                                   while (state.KeepRunningBatch(n)) {
                                     state.SetIterationTime(seconds);
                                   }
                                 })
        ->Iterations(static_cast<benchmark::IterationCount>(ops))
        ->UseManualTime();
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (benchmark::RunSpecifiedBenchmarks() == 0) return 2;
  return failed ? 1 : 0;
}
