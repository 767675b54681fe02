// Workloads: what is measured, under the peers' names (stress/lab/bench/README.md).
//
// A workload is a main function of a program. What it needs is made, `begin` is called, it lets
// `ops` operations happen and calls `end`, and the run is over. Its functions are hand-written
// resumable ones.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "go.h"

namespace concertina::bench {

/// Some workloads tell no time per operation.
enum class Unit : std::uint8_t { kNs, kBytes };

inline constexpr unsigned kJobChannelsMax = 16;

struct Workload {
  const char* name;
  const Function* main;
  std::uint64_t ops_min = 1;
  Unit unit = Unit::kNs;
  // For a main that main_function makes.
  unsigned channels = 0;
  std::uint32_t capacity = 0;      // of the first of them; the others are unbuffered
  const Function* peer = nullptr;  // what the goroutines run that main starts
  unsigned peers = 1;
};

/// One run of a workload, and what its goroutines share: Goroutine::user of each points to it,
/// unless the workload says otherwise.
struct Job {
  const Workload* workload = nullptr;
  std::uint64_t ops = 0;
  unsigned processors = 1;
  std::array<Channel*, kJobChannelsMax> channels{};
  std::uint64_t count = 0;  // the workload's own: of one goroutine; at first, its `peers`
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
inline void set_up(Machine& m, Goroutine& g, Job& job) {
  const Workload& workload = *job.workload;
  for (unsigned i = 0; i < workload.channels; ++i) {
    job.channels[i] = channel(m, i == 0 ? workload.capacity : 0);
  }
  job.count = workload.peers;
  begin(job);
  if (workload.peer == nullptr) return;
  for (unsigned i = 0; i < workload.peers; ++i) must_spawn(m, g, *workload.peer, &job);
}

/// Of goroutines that share the job.
template <Action (*kStep)(Machine&, Goroutine&, Job&, LoopFrame&)>
constexpr Function loop_function(const char* name) {
  return loop_function(name, [](Machine& m, Goroutine& g) {
    return kStep(m, g, job_of(g), frame_of<LoopFrame>(g));
  });
}
/// Of a workload's main; its steps begin when what it needs has been set up, with `resume` at 1.
template <Action (*kStep)(Machine&, Goroutine&, Job&, LoopFrame&)>
constexpr Function main_function() {
  return loop_function("main", [](Machine& m, Goroutine& g) {
    LoopFrame& frame = frame_of<LoopFrame>(g);
    if (frame.header.resume != 0) return kStep(m, g, job_of(g), frame);
    frame.header.resume = 1;
    set_up(m, g, job_of(g));
    return Action::kNext;
  });
}

}  // namespace concertina::bench
