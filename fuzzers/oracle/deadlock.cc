// deadlock: a run ends when no goroutine can run, never earlier and never in silence.
//
//   kDeadlock  every goroutine that is left waits for something that cannot happen: its open
//              operation is enqueued and no case of it is ready. Otherwise a wake-up was lost, or
//              the report is false.
//   kExit      every goroutine that was spawned or started has returned.
//   kHung      always a failure: the runtime stopped without a word. The report says which thread
//              waits for which lock.
// Interpretation: kEndGoroutine is announced for each goroutine that is not dead, by the thread
// that reports the end; bit kScan of a status says that the scanner holds it, and is ignored.
#include <array>
#include <string_view>

#include "oracle/channel_model.h"
#include "oracle/channels.h"
#include "trace/kinds.h"

namespace concertina::fuzzers {
namespace {

constexpr Kinds kKinds{EventKind::kSpawned, EventKind::kStarted, EventKind::kExited,
                       EventKind::kEndGoroutine};

Verdict failure(std::string_view kind, std::string detail) {
  return {"deadlock", std::string(kind), std::move(detail)};
}

std::string text_of(GoroutineId g) { return "g" + std::to_string(g); }

/// Which goroutines exist, which have returned, and which the end of the run announces.
struct Census {
  struct One {
    bool known = false;
    bool exited = false;
    bool listed = false;
    Status status = kIdle;
  };
  std::array<One, ChannelModel::kGoroutines> of{};
  bool malformed = false;

  explicit Census(const Trace& trace) {
    for (const Event& e : trace.events) {
      if (!kKinds.has(e.kind)) continue;
      switch (e.kind) {
        case EventKind::kSpawned:
          at(as<event::Spawned>(e).child).known = true;
          break;
        case EventKind::kStarted:
          at(e.goroutine).known = true;
          break;
        case EventKind::kExited:
          at(e.goroutine).exited = true;
          break;
        case EventKind::kEndGoroutine:
          at(e.goroutine).listed = true;
          at(e.goroutine).status = as<event::EndGoroutine>(e).status & ~kScan;
          break;
        default:
          break;
      }
    }
  }

  One& at(GoroutineId g) {
    if (g != 0 && g < of.size()) return of[g];
    malformed = true;
    return of[0];
  }
};

/// A goroutine that waits at the end: is it really blocked?
Verdict judge_waiting(GoroutineId g, const ChannelModel& model) {
  using Kind = ChannelModel::Kind;
  using Phase = ChannelModel::Phase;
  const auto what = [&] { return text_of(g) + " waits in " + model.describe_operation(g); };
  const Kind kind = model.kind(g);
  if (kind == Kind::kNone || kind == Kind::kClose) {
    return failure("blocked outside a channel operation", what());
  }
  if (model.phase(g) == Phase::kDone) {
    return failure("lost wake-up", what() + ", which a partner has taken");
  }
  if (const ChannelId ready = model.ready_channel(g); ready != kNilChannel) {
    return failure("lost wake-up", what() + ", and c" + std::to_string(ready) + " is ready for it");
  }
  if (!model.is_enqueued(g)) {
    return failure("blocked without enqueuing", what() + ", and is in no queue");
  }
  return {};
}

Verdict judge_deadlock_report(const Census& census, const ChannelModel& model) {
  unsigned blocked = 0;
  for (GoroutineId g = 1; g < census.of.size(); ++g) {
    const Census::One& one = census.of[g];
    if (!one.listed) {
      if (!one.known || one.exited) continue;
      return failure("goroutine forgotten", text_of(g) + " has not returned, and nobody counts it");
    }
    if (one.exited) return failure("returned goroutine listed", text_of(g) + " has returned");
    if (one.status != kWaiting) {
      return failure("false deadlock report",
                     text_of(g) + " is not asleep: status " + std::to_string(one.status));
    }
    ++blocked;
    if (Verdict verdict = judge_waiting(g, model); verdict.failed()) return verdict;
  }
  if (blocked == 0) return failure("false deadlock report", "no goroutine is blocked");
  return {};
}

Verdict judge_exit(const Census& census) {
  for (GoroutineId g = 1; g < census.of.size(); ++g) {
    const Census::One& one = census.of[g];
    if (one.listed && one.status != kDead) {
      return failure("exit with a live goroutine",
                     text_of(g) + " has status " + std::to_string(one.status));
    }
    if (one.known && !one.exited) {
      return failure("goroutine forgotten", text_of(g) + " never returned");
    }
  }
  return {};
}

std::string describe_threads(const Trace& trace) {
  std::string text;
  for (const ThreadAtEnd& thread : trace.threads) {
    if (!text.empty()) text += "; ";
    text +=
        "thread " + std::to_string(thread.thread) + " at " + std::string(site_name(thread.site));
    if (thread.lock_holder >= 0)
      text += " wants a lock of thread " + std::to_string(thread.lock_holder);
  }
  return text;
}

/// Follows the locks: a thread waits for the thread that holds the lock it wants.
Verdict judge_hung(const Trace& trace) {
  std::array<int, kThreadIds> waits_for;
  waits_for.fill(-1);
  bool is_lock_stuck = false;
  for (const ThreadAtEnd& thread : trace.threads) {
    if (thread.lock_holder < 0 || thread.lock_holder >= static_cast<int>(kThreadIds)) continue;
    waits_for[thread.thread] = thread.lock_holder;
    is_lock_stuck = true;
  }
  for (const ThreadAtEnd& start : trace.threads) {
    // Each thread waits for one other at most: after kThreadIds hops it has met a cycle or its end.
    std::string cycle = "thread " + std::to_string(start.thread);
    int next = waits_for[start.thread];
    for (unsigned hops = 0; hops < kThreadIds && next >= 0; ++hops) {
      cycle += " waits for a lock of thread " + std::to_string(next);
      if (next == start.thread) return failure("lock deadlock", cycle);
      next = waits_for[static_cast<unsigned>(next)];
    }
  }
  return failure(is_lock_stuck ? "lock never released" : "hung without report",
                 describe_threads(trace));
}

}  // namespace

Verdict judge_deadlock(const Trace& trace, const ChannelModel& model) {
  if (trace.outcome == Outcome::kHung) return judge_hung(trace);
  if (trace.outcome != Outcome::kDeadlock && trace.outcome != Outcome::kExit) return {};
  const Census census(trace);
  if (census.malformed) return failure("malformed event", "a goroutine's id is out of range");
  if (trace.outcome == Outcome::kExit) return judge_exit(census);
  return judge_deadlock_report(census, model);
}

}  // namespace concertina::fuzzers
