// Workloads: what is measured, under the peers' names (stress/lab/bench/README.md).
//
// A workload is a main function of a program. It prepares, calls begin, lets `ops` operations
// happen, calls end, and the run is over. Its functions are hand-written resumable ones.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "go.h"

namespace concertina::bench {

/// Some workloads tell no time per operation.
enum class Unit : std::uint8_t { kNs, kBytes };

struct Job;

struct Workload {
  const char* name;
  const Function* main;
  std::uint64_t ops_min = 1;
  Unit unit = Unit::kNs;
};

inline constexpr unsigned kJobChannelsMax = 16;

/// One run of a workload, and what its goroutines share: Goroutine::user of each points to it,
/// unless the workload says otherwise.
struct Job {
  const Workload* workload = nullptr;
  std::uint64_t ops = 0;
  unsigned processors = 1;
  std::array<Channel*, kJobChannelsMax> channels{};
  std::uint64_t count = 0;  // the workload's own: of one goroutine
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
  double result = 0;  // per operation, in the workload's unit
};

std::span<const Workload> channel_workloads();
std::span<const Workload> spawn_workloads();
std::span<const Workload> stack_workloads();

inline Job& job_of(const Goroutine& g) { return *static_cast<Job*>(g.user); }

inline void begin(Job& job) { job.begin_ns = platform::now_ns(); }
[[noreturn]] inline void end(Job& job) {
  job.end_ns = platform::now_ns();
  job.result = static_cast<double>(job.end_ns - job.begin_ns) / static_cast<double>(job.ops);
  platform::stop(Outcome::kExit, "");
}

/// The youngest frame. Good until the next call.
template <class T>
T& frame_of(Goroutine& g) {
  return *reinterpret_cast<T*>(g.sp);
}

/// A frame with an element and two counters.
struct LoopFrame {
  FrameHeader header;
  std::uint64_t value = 0;
  std::uint64_t left = 0;
  std::uint64_t at = 0;
  std::uint64_t spare = 0;
};

inline std::uint32_t value_slot(Goroutine& g) {
  return g.below_hi(g.sp + offsetof(LoopFrame, value));
}

inline Action send_value(Machine& m, Goroutine& g, Channel* c) {
  call_send(m, g, c, value_slot(g), true);
  return Action::kNext;
}
inline Action receive_value(Machine& m, Goroutine& g, Channel* c) {
  call_receive(m, g, c, value_slot(g), true);
  return Action::kNext;
}
inline Action leave(Goroutine& g) {
  pop_frame(g);
  return Action::kNext;
}

inline Goroutine& must_spawn(Machine& m, Goroutine& g, const Function& function, void* user) {
  Goroutine* const made = spawn(m, g, function, user);
  require(made != nullptr, "benchmark", "too many goroutines");
  return *made;
}

inline Channel* channel(Machine& m, std::uint32_t capacity) {
  return make_channel(*m.runtime, sizeof(std::uint64_t), capacity);
}

constexpr Function loop_function(const char* name, Action (*step)(Machine&, Goroutine&)) {
  return Function{
      .name = name, .id = FunctionId::kFirstOfJob, .frame_bytes = sizeof(LoopFrame), .step = step};
}
/// Of goroutines that share the job.
template <Action (*kStep)(Machine&, Goroutine&, Job&, LoopFrame&)>
constexpr Function loop_function(const char* name) {
  return loop_function(name, [](Machine& m, Goroutine& g) {
    return kStep(m, g, job_of(g), frame_of<LoopFrame>(g));
  });
}

}  // namespace concertina::bench
