// leaks: a run that ends leaves nothing but what its blocked goroutines need.
//
//   kExit      no sudog, stack or goroutine is left; every stack that was allocated has been freed;
//              no channel has a waiter.
//   kDeadlock  what is left is what the blocked goroutines hold: a sudog for each case that waits
//              and a stack each, and the channels' queues are as long as the model says.
// Interpretation: kEndCounts is announced once, whenever a run ends in one of these two ways.
#include <string_view>

#include "oracle/channel_model.h"
#include "oracle/channels.h"
#include "trace/kinds.h"

namespace concertina::fuzzers {
namespace {

constexpr Kinds kKinds{EventKind::kStackAllocated, EventKind::kStackFreed, EventKind::kEndGoroutine,
                       EventKind::kEndChannel, EventKind::kEndCounts};

Verdict failure(std::string_view kind, std::string_view what, std::uint64_t is,
                std::uint64_t must) {
  return {"leaks", std::string(kind),
          std::string(what) + ": " + std::to_string(is) + ", must be " + std::to_string(must)};
}

/// What the events say is left; -1 for counts that were not announced.
struct Left {
  std::int64_t sudogs = -1;
  std::int64_t stacks_in_use = -1;
  std::int64_t goroutines = -1;
  std::int64_t stacks_live = 0;  // allocated less freed
  std::int64_t goroutines_listed = 0;

  void count(const event::EndCounts& end) {
    sudogs = end.sudogs;
    stacks_in_use = end.stacks;
    goroutines = end.goroutines;
  }
};

Verdict judge_queue(const event::EndChannel& e, const ChannelModel& model) {
  const std::string where = " on c" + std::to_string(e.channel);
  if (const unsigned receivers = model.waiting_receivers(e.channel); e.receivers != receivers) {
    return failure("stale waiter", "receivers" + where, e.receivers, receivers);
  }
  if (const unsigned senders = model.waiting_senders(e.channel); e.senders != senders) {
    return failure("stale waiter", "senders" + where, e.senders, senders);
  }
  return {};
}

}  // namespace

Verdict judge_leaks(const Trace& trace, const ChannelModel& model) {
  if (trace.outcome != Outcome::kExit && trace.outcome != Outcome::kDeadlock) return {};
  Left left;
  for (const Event& e : trace.events) {
    if (!kKinds.has(e.kind)) continue;
    switch (e.kind) {
      case EventKind::kStackAllocated:
        ++left.stacks_live;
        break;
      case EventKind::kStackFreed:
        if (!as<event::StackFreed>(e).overwritten) --left.stacks_live;
        break;
      case EventKind::kEndGoroutine:
        ++left.goroutines_listed;
        break;
      case EventKind::kEndChannel:
        if (Verdict verdict = judge_queue(as<event::EndChannel>(e), model); verdict.failed()) {
          return verdict;
        }
        break;
      case EventKind::kEndCounts:
        left.count(as<event::EndCounts>(e));
        break;
      default:
        break;
    }
  }
  if (left.goroutines < 0) return {"leaks", "end not announced", "there is no kEndCounts"};

  const bool is_exit = trace.outcome == Outcome::kExit;
  const std::int64_t goroutines = is_exit ? 0 : left.goroutines_listed;
  const struct {
    std::string_view kind, what;
    std::int64_t is, must;
  } counts[] = {
      {"goroutine leak", "goroutines left", left.goroutines, goroutines},
      {"sudog leak", "sudogs in use", left.sudogs, is_exit ? 0 : model.waiting_cases()},
      {"stack leak", "stacks in use", left.stacks_in_use, goroutines},
      {"stack leak", "stacks allocated and not freed", left.stacks_live, goroutines},
  };
  for (const auto& [kind, what, is, must] : counts) {
    if (is != must) {
      return failure(kind, what, static_cast<std::uint64_t>(is), static_cast<std::uint64_t>(must));
    }
  }
  return {};
}

}  // namespace concertina::fuzzers
