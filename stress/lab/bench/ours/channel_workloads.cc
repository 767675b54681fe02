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
  if (frame.header.resume == 2) {
    frame.header.resume = 1;
    return receive_value(m, g, job.channels[1]);
  }
  if (frame.at++ == job.ops) {
    require(frame.value == job.ops, "benchmark", "a round trip is missing");
    end(job);
  }
  frame.header.resume = 2;
  return send_value(m, g, job.channels[0]);
}
constexpr Function kPing = main_function<&ping_step>();

// --- produce_consume: one sends, one receives; an operation is one value -------------------------

Action produce_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.at == job.ops) return leave(g);
  frame.value = frame.at++;
  return send_value(m, g, job.channels[0]);
}
constexpr Function kProduce = loop_function<&produce_step>("produce");

Action consume_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.at == job.ops) {
    require(frame.value + 1 == job.ops, "benchmark", "a value is missing");
    end(job);
  }
  ++frame.at;
  return receive_value(m, g, job.channels[0]);
}
constexpr Function kConsume = main_function<&consume_step>();

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

// They share one channel that has room for all.
Action batches_main_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  if (frame.at++ == job.count) end(job);
  return receive_value(m, g, job.channels[1]);
}
constexpr unsigned kContenders = 8;
constexpr Function kBatchesMain = main_function<&batches_main_step>();

// --- select_N: one sends on N channels in turn and waits for an answer; the other selects --------

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
  return send_value(m, g, job.channels[kCases]);
}
template <unsigned kCases>
constexpr Function kSelecting = loop_function<&selecting_step<kCases>>("selecting");

template <unsigned kCases>
Action asking_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  switch (frame.header.resume++) {
    case 1:
      if (frame.at == job.ops) end(job);
      frame.value = frame.at++;
      return send_value(m, g, job.channels[frame.value % kCases]);
    case 2:
      frame.value = 0;
      return receive_value(m, g, job.channels[kCases]);
    default:
      require(frame.value + 1 == frame.at, "benchmark", "an answer is not to the question");
      frame.header.resume = 1;
      return Action::kNext;
  }
}
template <unsigned kCases>
constexpr Function kAsking = main_function<&asking_step<kCases>>();

// --- try_receive_empty: a receive that does not block, from an empty channel ---------------------

Action try_receive_step(Machine& m, Goroutine& g, Job& job, LoopFrame& frame) {
  require(frame.at == 0 || !g.result.selected, "benchmark",
          "something came out of an empty channel");
  if (frame.at++ == job.ops) end(job);
  call_receive(m, g, job.channels[0], value_slot(g), false);
  return Action::kNext;
}
constexpr Function kTryReceive = main_function<&try_receive_step>();

constexpr Workload kWorkloads[] = {
    {.name = "ping_pong", .main = &kPing, .channels = 2, .peer = &kPong},
    {.name = "produce_consume_0", .main = &kConsume, .channels = 1, .peer = &kProduce},
    {.name = "produce_consume_100",
     .main = &kConsume,
     .channels = 1,
     .capacity = 100,
     .peer = &kProduce},
    {.name = "uncontended_buffered",
     .main = &kBatchesMain,
     .ops_min = kBatch,
     .channels = 2,
     .capacity = kBatch,
     .peer = &kBatches},
    {.name = "contended_channel",
     .main = &kBatchesMain,
     .ops_min = kBatch * kContenders,
     .channels = 2,
     .capacity = kBatch * kContenders,
     .peer = &kBatches,
     .peers = kContenders},
    {.name = "select_2", .main = &kAsking<2>, .channels = 3, .peer = &kSelecting<2>},
    {.name = "select_8", .main = &kAsking<8>, .channels = 9, .peer = &kSelecting<8>},
    {.name = "try_receive_empty", .main = &kTryReceive, .channels = 1},
};

}  // namespace

std::span<const Workload> channel_workloads() { return kWorkloads; }

}  // namespace concertina::bench
