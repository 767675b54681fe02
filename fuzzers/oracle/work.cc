#include "oracle/work.h"

#include <array>
#include <bitset>
#include <string_view>

#include "base/check.h"
#include "trace/kinds.h"
#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kQueues = kGlobalQueue + 1;  // which is the last one

class Work {
 public:
  Verdict judge(const Trace& trace) {
    *this = Work{};
    for (std::size_t i = 0; i < trace.events.size(); ++i) {
      const Event& e = trace.events[i];
      if (!kReadByWork.has(e.kind)) continue;
      if (apply(e) && is_conserved(trace.machines_max)) continue;
      verdict_.detail += "; at event " + std::to_string(i) + ": " + describe(e);
      return verdict_;
    }
    return {};
  }

 private:
  struct Queue {
    int size = 0;
    std::uint32_t filled_at = 0;  // step of the last change from empty to not empty
  };

  bool fail(std::string_view kind, std::string detail) {
    CHECK(!kind.empty(), "a violation has a kind, or it has no signature");
    verdict_ = {"work", std::string(kind), std::move(detail)};
    return false;
  }

  bool apply(const Event& e) {
    switch (e.kind) {
      case EventKind::kQueued:
        set_active(e.thread, true);
        return queued(as<event::Queued>(e).queue, e.step);
      case EventKind::kUnqueued:
        set_active(e.thread, true);
        return unqueued(as<event::Unqueued>(e).queue);
      case EventKind::kQueueSeenEmpty:
        return seen_empty(as<event::QueueSeenEmpty>(e));
      case EventKind::kProcessorIdle:
        ++idle_processors_;
        return true;
      case EventKind::kProcessorTaken:
        if (--idle_processors_ >= 0) return true;
        return fail("malformed event", "no processor is idle");
      case EventKind::kMachineCalled:
        ++called_;
        ++(as<event::MachineCalled>(e).is_new ? machines_ : woken_);
        return true;
      case EventKind::kMachineBegins:
        set_active(e.thread, true);
        if (--called_ >= 0) return true;
        return fail("malformed event", "nobody called it");
      case EventKind::kMachineSleeps:
        ++slept_;
        set_active(e.thread, false);
        return true;
      case EventKind::kSettled:
        set_active(e.thread, false);
        return true;
      default:  // its goroutine stopped running
        set_active(e.thread, true);
        return true;
    }
  }

  void set_active(ThreadId thread, bool active) {
    if (is_active_[thread] == active) return;
    is_active_[thread] = active;
    active_ += active ? 1 : -1;
    CHECK(active_ >= 0 && active_ <= static_cast<int>(kThreadIds),
          "as many threads are active as there can be");
  }

  bool queued(QueueId id, std::uint32_t step) {
    if (id >= kQueues) return fail("malformed event", "no such queue");
    Queue& queue = queues_[id];
    if (queue.size++ == 0) queue.filled_at = step;
    ++waiting_;
    return true;
  }

  bool unqueued(QueueId id) {
    if (id >= kQueues || queues_[id].size == 0) {
      return fail("malformed event", "no such queue, or it is empty");
    }
    CHECK(waiting_ > 0, "who waits in one queue waits in all of them together");
    --queues_[id].size;
    --waiting_;
    return true;
  }

  bool seen_empty(const event::QueueSeenEmpty& e) {
    if (e.queue >= kQueues) return fail("malformed event", "no such queue");
    const Queue& queue = queues_[e.queue];
    if (queue.size == 0 || queue.filled_at > e.begin_step) return true;
    return fail("queue found empty that never was",
                std::to_string(queue.size) +
                    " goroutines are in it, and it was last empty before " + "step " +
                    std::to_string(queue.filled_at) + "; the look began in step " +
                    std::to_string(e.begin_step));
  }

  bool is_conserved(unsigned machines_max) {
    CHECK(waiting_ >= 0 && idle_processors_ >= 0 && called_ >= 0, "counts are not negative");
    if (waiting_ == 0 || idle_processors_ == 0 || active_ != 0 || called_ != 0) return true;
    if (slept_ <= woken_ && machines_ >= static_cast<int>(machines_max)) return true;
    return fail("idle processor beside a runnable goroutine",
                std::to_string(waiting_) + " goroutines wait in run queues, " +
                    std::to_string(idle_processors_) + " processors are idle, nobody is looking");
  }

  Verdict verdict_;
  std::array<Queue, kQueues> queues_{};
  std::bitset<kThreadIds> is_active_;
  int active_ = 0;    // threads that are about to notice
  int called_ = 0;    // machines that were called and have not begun
  int machines_ = 1;  // ever made
  int slept_ = 0;     // times that a machine went to sleep
  int woken_ = 0;     // times that one was called out of its sleep
  int waiting_ = 0;   // goroutines in run queues
  int idle_processors_ = 0;
};

}  // namespace

Verdict judge_work(const Program&, const Trace& trace) {
  thread_local Work work;
  return work.judge(trace);
}

}  // namespace concertina::fuzzers
