#include "oracle/fairness.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "trace/kinds.h"
#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kQueues = kGlobalQueue + 1;  // one for each processor, and the global one

constexpr Kinds kCompletes{EventKind::kDoneSend,   EventKind::kDoneReceive, EventKind::kDoneClose,
                           EventKind::kDoneSelect, EventKind::kLenSeen,     EventKind::kCapSeen};
constexpr Kinds kReadByFairness =
    kCompletes | Kinds{EventKind::kQueued, EventKind::kUnqueued, EventKind::kSettled,
                       EventKind::kPreempted, EventKind::kSyscallEntered};

constexpr unsigned operations_max(unsigned slice) { return 3 * slice + 2; }

constexpr unsigned turns_max(QueueId queue, unsigned ahead) {
  if (queue == kGlobalQueue) return kTurnsPerGlobalPoll * (ahead + 2);
  return ahead + 3 + (ahead + 3) / (kTurnsPerGlobalPoll - 1);
}

class Fairness {
 public:
  Verdict judge(const Trace& trace) {
    begin(trace);
    for (std::size_t i = 0; i < trace.events.size(); ++i) {
      const Event& e = trace.events[i];
      if (!kReadByFairness.has(e.kind) || apply(e)) continue;
      verdict_.detail += "; at event " + std::to_string(i) + ": " + describe(e);
      return verdict_;
    }
    return {};
  }

 private:
  struct Processor {
    std::uint32_t turns = 0;
    std::uint32_t completed = 0;  // operations in this turn
    bool is_slice_over = false;
  };

  struct Waiting {
    GoroutineId goroutine = kNoGoroutine;
    bool runs_next = false;
    std::uint32_t ahead = 0;                              // in the queue, at its arrival
    std::array<std::uint32_t, kProcessorsLimit> turns{};  // of each processor, at its arrival
  };

  struct Thread {
    unsigned server = 0;                   // its processor's number plus 1; 0: none
    GoroutineId taken = kNoGoroutine;      // by this thread, last, and not run yet
    unsigned taken_as_next_of = kQueues;   // whose run-next it was
    GoroutineId preempted = kNoGoroutine;  // and on its way to a queue
  };

  // Buffers stay: this is called for every input.
  void begin(const Trace& trace) {
    verdict_ = {};
    slice_ = trace.slice;
    processors_ = {};
    threads_ = {};
    for (auto& queue : queues_) queue.clear();
  }

  bool fail(std::string_view kind, std::string detail) {
    CHECK(!kind.empty(), "a violation has a kind, or it has no signature");
    verdict_ = {"fairness", std::string(kind), std::move(detail)};
    return false;
  }

  bool apply(const Event& e) {
    Thread& thread = threads_[e.thread];
    switch (e.kind) {
      case EventKind::kQueued:
        return queued(thread, as<event::Queued>(e));
      case EventKind::kUnqueued:
        unqueued(thread, as<event::Unqueued>(e));
        return true;
      case EventKind::kSettled:
        return settled(thread, as<event::Settled>(e));
      case EventKind::kPreempted:
        preempted(thread, as<event::Preempted>(e));
        return true;
      case EventKind::kSyscallEntered:
        thread.server = 0;
        return true;
      default:
        return completed(thread);
    }
  }

  bool queued(Thread& thread, const event::Queued& e) {
    if (e.queue >= kQueues) return true;  // the oracle `work` says so
    const bool was_preempted = thread.preempted != kNoGoroutine && thread.preempted == e.goroutine;
    thread.preempted = kNoGoroutine;
    if (was_preempted && e.queue != kGlobalQueue) {
      return fail("preempted goroutine does not go behind all others",
                  "g" + std::to_string(e.goroutine) +
                      " has used up its time slice, and stays in "
                      "its processor's queue");
    }
    std::vector<Waiting>& queue = queues_[e.queue];
    Waiting waiting{.goroutine = e.goroutine,
                    .runs_next = e.runs_next,
                    .ahead = static_cast<std::uint32_t>(queue.size())};
    for (unsigned p = 0; p < kProcessorsLimit; ++p) waiting.turns[p] = processors_[p].turns;
    queue.push_back(waiting);
    return true;
  }

  void unqueued(Thread& thread, const event::Unqueued& e) {
    if (e.queue >= kQueues) return;
    std::vector<Waiting>& queue = queues_[e.queue];
    const auto found = std::ranges::find(queue, e.goroutine, &Waiting::goroutine);
    if (found == queue.end()) return;
    thread.taken = e.goroutine;
    thread.taken_as_next_of = found->runs_next ? e.queue : kQueues;
    queue.erase(found);
  }

  // The thread has taken up a goroutine, or is done with something else.
  bool settled(Thread& thread, const event::Settled& e) {
    if (e.server == 0) return true;
    if (e.server > kProcessorsLimit) return fail("malformed event", "no such processor");
    const unsigned p = e.server - 1U;
    const bool is_next = thread.taken == e.goroutine && thread.taken_as_next_of == p;
    const bool is_from_syscall = thread.taken == kNoGoroutine;
    const bool inherits = (is_next || is_from_syscall) && !processors_[p].is_slice_over;
    thread.server = e.server;
    thread.taken = kNoGoroutine;
    return inherits || turn_begins(p);
  }

  bool turn_begins(unsigned p) {
    Processor& processor = processors_[p];
    ++processor.turns;
    processor.completed = 0;
    processor.is_slice_over = false;
    return is_served(p, static_cast<QueueId>(p)) && is_served(p, kGlobalQueue);
  }

  bool is_served(unsigned p, QueueId id) {
    for (const Waiting& waiting : queues_[id]) {
      const std::uint32_t passed = processors_[p].turns - waiting.turns[p];
      if (passed <= turns_max(id, waiting.ahead)) continue;
      return fail(id == kGlobalQueue ? "goroutine starves in the global queue"
                                     : "goroutine starves in its processor's queue",
                  "g" + std::to_string(waiting.goroutine) + " had " +
                      std::to_string(waiting.ahead) + " ahead of it, and processor " +
                      std::to_string(p) + " has taken up others " + std::to_string(passed) +
                      " times since");
    }
    return true;
  }

  void preempted(Thread& thread, const event::Preempted& e) {
    if (thread.server == 0) return;
    Processor& processor = processors_[thread.server - 1];
    processor.completed = 0;
    if (e.for_scanner) return;
    processor.is_slice_over = true;
    thread.preempted = e.goroutine;
  }

  bool completed(const Thread& thread) {
    if (thread.server == 0) return true;
    Processor& processor = processors_[thread.server - 1];
    if (++processor.completed <= operations_max(slice_)) return true;
    return fail("time slice does not end",
                std::to_string(processor.completed) + " operations were completed on processor " +
                    std::to_string(thread.server - 1) + " in one time slice of " +
                    std::to_string(slice_) + " safe points");
  }

  Verdict verdict_;
  unsigned slice_ = 0;
  std::array<Processor, kProcessorsLimit> processors_{};
  std::array<Thread, kThreadIds> threads_{};
  std::array<std::vector<Waiting>, kQueues> queues_;
};

}  // namespace

Verdict judge_fairness(const Program&, const Trace& trace) {
  thread_local Fairness fairness;
  return fairness.judge(trace);
}

}  // namespace concertina::fuzzers
