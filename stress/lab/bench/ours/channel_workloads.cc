// Channels and select.
#include "workload.h"

namespace concertina::bench {
namespace {

// --- ping_pong: two goroutines, two unbuffered channels; an operation is a round trip ------------

Action pong_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.header.resume == 0) {
    frame.header.resume = 1;
    return receive_value(m, g, job.channels[0]);
  }
  frame.header.resume = 0;
  ++frame.value;
  return send_value(m, g, job.channels[1]);
}
constexpr Function kPong = loop_function<&pong_step>("pong");

Action ping_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  switch (frame.header.resume) {
    case 0:
      job.channels[0] = channel(m, 0);
      job.channels[1] = channel(m, 0);
      frame.left = job.ops;
      frame.header.resume = 1;
      begin(job);
      must_spawn(m, g, kPong, &job);
      return Action::kNext;
    case 1:
      if (frame.left-- == 0) {
        require(frame.value == job.ops, "benchmark", "a round trip is missing");
        end(job);
      }
      frame.header.resume = 2;
      return send_value(m, g, job.channels[0]);
    default:
      frame.header.resume = 1;
      return receive_value(m, g, job.channels[1]);
  }
}
constexpr Function kPing = loop_function<&ping_step>("ping");

// --- produce_consume: one sends, one receives; an operation is one value -------------------------

Action produce_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.at == job.ops) return leave(g);
  frame.value = frame.at++;
  return send_value(m, g, job.channels[0]);
}
constexpr Function kProduce = loop_function<&produce_step>("produce");

template <std::uint32_t kCapacity>
Action consume_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.header.resume == 0) {
    job.channels[0] = channel(m, kCapacity);
    frame.header.resume = 1;
    begin(job);
    must_spawn(m, g, kProduce, &job);
    return Action::kNext;
  }
  if (frame.at == job.ops) {
    require(frame.value + 1 == job.ops, "benchmark", "a value is missing");
    end(job);
  }
  ++frame.at;
  return receive_value(m, g, job.channels[0]);
}
constexpr Function kConsume0 = loop_function<&consume_step<0>>("consume");
constexpr Function kConsume100 = loop_function<&consume_step<100>>("consume");

// --- uncontended_buffered: one goroutine fills a channel of 100 and empties it -------------------

constexpr std::uint64_t kBatch = 100;

// Sends kBatch values and receives as many, until `ops` are done; then it tells channels[1].
Action batch_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.header.resume == 0) {
    frame.header.resume = 1;
    frame.left = job.ops / job.count / kBatch;
  }
  if (frame.at == 2 * kBatch) {
    frame.at = 0;
    if (--frame.left == 0) frame.header.resume = 2;
  }
  if (frame.header.resume == 2) {
    frame.header.resume = 3;
    return send_value(m, g, job.channels[1]);
  }
  if (frame.header.resume == 3) return leave(g);
  return frame.at++ < kBatch ? send_value(m, g, job.channels[0])
                             : receive_value(m, g, job.channels[0]);
}
constexpr Function kBatches = loop_function<&batch_step>("batches");

// `kGoroutines` of them share one channel that has room for all.
template <unsigned kGoroutines>
Action batches_main_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.header.resume == 0) {
    frame.header.resume = 1;
    job.channels[0] = channel(m, kBatch * kGoroutines);
    job.channels[1] = channel(m, 0);
    job.count = kGoroutines;
    begin(job);
    for (unsigned i = 0; i < kGoroutines; ++i) must_spawn(m, g, kBatches, &job);
    return Action::kNext;
  }
  if (frame.at++ == kGoroutines) end(job);
  return receive_value(m, g, job.channels[1]);
}
constexpr unsigned kContenders = 8;
constexpr Function kUncontended = loop_function<&batches_main_step<1>>("main");
constexpr Function kContended = loop_function<&batches_main_step<kContenders>>("main");

// --- select_N: one sends on N channels in turn and waits for an answer; the other selects --------

constexpr unsigned kAnswers = kJobChannelsMax - 1;

template <unsigned kCases>
Action selecting_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.header.resume == 0) {
    frame.header.resume = 1;
    const std::uint32_t slot = value_slot(g);
    call_select(m, g, kCases, false);
    for (unsigned i = 0; i < kCases; ++i) set_case(g, i, job.channels[i], false, slot);
    return Action::kNext;
  }
  frame.header.resume = 0;
  return send_value(m, g, job.channels[kAnswers]);
}
template <unsigned kCases>
constexpr Function kSelecting = loop_function<&selecting_step<kCases>>("selecting");

template <unsigned kCases>
Action asking_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  switch (frame.header.resume) {
    case 0:
      for (unsigned i = 0; i < kCases; ++i) job.channels[i] = channel(m, 0);
      job.channels[kAnswers] = channel(m, 0);
      frame.header.resume = 1;
      begin(job);
      must_spawn(m, g, kSelecting<kCases>, &job);
      return Action::kNext;
    case 1:
      if (frame.at == job.ops) end(job);
      frame.header.resume = 2;
      frame.value = frame.at++;
      return send_value(m, g, job.channels[frame.value % kCases]);
    case 2:
      frame.header.resume = 3;
      frame.value = 0;
      return receive_value(m, g, job.channels[kAnswers]);
    default:
      require(frame.value + 1 == frame.at, "benchmark", "an answer is not to the question");
      frame.header.resume = 1;
      return Action::kNext;
  }
}
constexpr Function kSelect2Main = loop_function<&asking_step<2>>("main");
constexpr Function kSelect8Main = loop_function<&asking_step<8>>("main");

// --- try_receive_empty: a receive that does not block, from an empty channel ---------------------

Action try_receive_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.header.resume == 0) {
    frame.header.resume = 1;
    job.channels[0] = channel(m, 0);
    begin(job);
  } else {
    require(!g.result.selected, "benchmark", "something came out of an empty channel");
  }
  if (frame.at++ == job.ops) end(job);
  call_receive(m, g, job.channels[0], value_slot(g), false);
  return Action::kNext;
}
constexpr Function kTryReceive = loop_function<&try_receive_step>("main");

constexpr Workload kWorkloads[] = {
    {.name = "ping_pong", .main = &kPing},
    {.name = "produce_consume_0", .main = &kConsume0},
    {.name = "produce_consume_100", .main = &kConsume100},
    {.name = "uncontended_buffered", .main = &kUncontended, .ops_min = kBatch},
    {.name = "contended_channel", .main = &kContended, .ops_min = kBatch * kContenders},
    {.name = "select_2", .main = &kSelect2Main},
    {.name = "select_8", .main = &kSelect8Main},
    {.name = "try_receive_empty", .main = &kTryReceive},
};

}  // namespace

std::span<const Workload> channel_workloads() { return kWorkloads; }

}  // namespace concertina::bench
